"""Made-up data around the real airports: datasets, runs, people, meetings, things to do."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from notebook_kit.demo.chance import chance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_kit.demo.data import Airport, Airports

__all__ = ["Record", "Records", "make_records"]

#: One thing as plain data.
Record: TypeAlias = dict[str, Any]

_DATASETS: Final = 24
_ASSETS_PER_DATASET: Final = 60
_RUNS: Final = 57
_USERS: Final = 60
_MEETINGS: Final = 12
_TODOS: Final = 36
_FIRST_NAMES: Final = (
    "Ada",
    "Ben",
    "Chiara",
    "Daniel",
    "Elif",
    "Farid",
    "Grace",
    "Hana",
    "Ivan",
    "John",
    "Kofi",
    "Lena",
)
_LAST_NAMES: Final = ("Abiola", "Bianchi", "Costa", "Dubois", "Eriksen")
_ROLES: Final = ("analyst", "engineer", "manager", "researcher")
_TOPICS: Final = ("Runway", "Terminal", "Weather", "Fuel", "Baggage", "Noise")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_TASKS: Final = ("Review", "Measure", "Write up", "Plan", "Repair", "Check")
_LABELS: Final = ("runway", "terminal", "apron", "tower")
_STATES: Final = ("succeeded", "succeeded", "succeeded", "failed", "running")


def _pick(options: Sequence[Any], *question: object) -> Any:
    return options[int(chance(*question) * len(options))]


class Records:
    """All of the made-up data, the same in every process."""

    def __init__(self, airports: Airports) -> None:
        self.datasets = _datasets(airports)
        self.assets = {
            dataset["id"]: _assets(dataset, airports.by_country[dataset["country"]])
            for dataset in self.datasets
        }
        self.annotations = {
            key: [mark for asset in assets for mark in _annotations(asset)]
            for key, assets in self.assets.items()
        }
        self.runs = [_run(index, self.datasets) for index in range(1, _RUNS + 1)]
        self.users = [_user(index, airports) for index in range(1, _USERS + 1)]
        self.meetings = [_meeting(index) for index in range(1, _MEETINGS + 1)]
        self.issues = [issue for meeting in self.meetings for issue in _issues(meeting)]
        self.metrics = [metric for meeting in self.meetings for metric in _metrics(meeting)]
        self.todos = [_todo(index) for index in range(1, _TODOS + 1)]


@functools.cache
def make_records(airports: Airports) -> Records:
    """Make the data once for the whole process."""
    return Records(airports)


def _datasets(airports: Airports) -> list[Record]:
    largest = sorted(airports.by_country, key=lambda code: (-len(airports.by_country[code]), code))
    return [
        {
            "id": f"ds-{index:03}",
            "name": f"Airports of {airports.by_country[code][0]['country_name']}",
            "country": code,
            "asset_count": min(_ASSETS_PER_DATASET, len(airports.by_country[code])),
        }
        for index, code in enumerate(largest[:_DATASETS], start=1)
    ]


def _assets(dataset: Record, airports: list[Airport]) -> list[Record]:
    return [
        {
            "id": f"{dataset['id']}-{airport['iata'].lower()}",
            "dataset_id": dataset["id"],
            "filename": f"{airport['iata'].lower()}.png",
            "iata": airport["iata"],
            "width": 128,
            "height": 128,
            "url": f"/image/{airport['iata']}",
        }
        for airport in airports[:_ASSETS_PER_DATASET]
    ]


def _annotations(asset: Record) -> list[Record]:
    key = asset["id"]
    return [
        {
            "id": f"{key}-{index}",
            "asset_id": key,
            "label": _pick(_LABELS, key, index, "label"),
            "box": [int(chance(key, index, side) * 64) for side in "xywh"],
            "confidence": round(0.5 + chance(key, index, "sure") / 2, 3),
        }
        for index in range(1, 2 + int(chance(key, "how many") * 3))
    ]


def _run(index: int, datasets: list[Record]) -> Record:
    return {
        "id": f"run-{index:03}",
        "dataset_id": _pick(datasets, "run", index)["id"],
        "status": _pick(_STATES, "state", index),
        "started": f"2026-{1 + index % 12:02}-{1 + index % 28:02}T08:00:00Z",
        "duration_s": round(30 + 600 * chance("duration", index), 1),
        "score": round(chance("score", index), 4),
    }


def _user(index: int, airports: Airports) -> Record:
    first = _FIRST_NAMES[(index - 1) % len(_FIRST_NAMES)]
    last = _LAST_NAMES[(index - 1) // len(_FIRST_NAMES)]
    return {
        "id": index,
        "name": f"{first} {last}",
        "email": f"{first}.{last}@example.com".lower(),
        "role": _pick(_ROLES, "role", index),
        "home_airport": _pick(airports.all, "home", index)["iata"],
    }


def _meeting(index: int) -> Record:
    attendees = {1 + int(chance("attendee", index, seat) * _USERS) for seat in range(5)}
    return {
        "id": index,
        "name": f"{_TOPICS[index % len(_TOPICS)]} meeting {index}",
        "day": _DAYS[index % len(_DAYS)],
        "attendee_ids": sorted(attendees),
    }


def _issues(meeting: Record) -> list[Record]:
    key = meeting["id"]
    return [
        {
            "id": 100 * key + index,
            "meeting_id": key,
            "title": f"{_pick(_TOPICS, 'issue', key, index)} is late",
            "open": chance("open", key, index) < 0.5,  # noqa: PLR2004 - one half
        }
        for index in range(1, 4)
    ]


def _metrics(meeting: Record) -> list[Record]:
    key = meeting["id"]
    return [
        {
            "id": 100 * key + index,
            "meeting_id": key,
            "name": name,
            "value": round(100 * chance("metric", key, index), 1),
            "unit": "%",
        }
        for index, name in enumerate(("punctuality", "load", "satisfaction"), start=1)
    ]


def _todo(index: int) -> Record:
    return {
        "id": index,
        "title": f"{_TASKS[index % len(_TASKS)]} the {_pick(_LABELS, 'todo', index)}",
        "meeting_id": 1 + (index - 1) % _MEETINGS,
        "due_date": f"2026-12-{1 + index % 28:02}",
        "done": chance("done", index) < 0.3,  # noqa: PLR2004 - three in ten
    }
