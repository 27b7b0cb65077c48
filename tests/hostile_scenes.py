"""Whatever the package shows, with given texts in every place that takes one from outside."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from dataclasses import dataclass, field, make_dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import httpx
import pandas as pd

import notebook_kit as nk
from notebook_kit.client.logs.stats import ClientStats
from notebook_kit.client.resources.table import table_of
from notebook_kit.decorators.stats_table import stats_html
from notebook_kit.decorators.tally import Stats
from notebook_kit.execution.asked import CalledFunction, SentRequest
from notebook_kit.integrations.ipython import Overview
from notebook_kit.lifetime import Origin
from notebook_kit.scheduling import ErrorGroup, Snapshot
from notebook_kit.scheduling.attempts import Attempt, Came
from notebook_kit.widgets import render_face, render_text
from notebook_kit.widgets.dashboard.page import render_page
from notebook_kit.widgets.inspector import inspection_text, inspector_face
from tests.hostile import as_header, as_name
from tests.widgets.dashboard.things import made
from tests.widgets.inspector.pictures import FakeResponse, outcome, picture
from tests.widgets.states import DONE_WITH_ERRORS, OUTAGE, PILOT_DONE, RUNNING, STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from notebook_kit.execution import Run
    from notebook_kit.execution.item_picture import ItemPicture

__all__ = ["ROOMS", "Scene", "hostile_client", "of_runs", "scenes", "started_run"]


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that is shown.

    Attributes:
        name: what it is.
        html: how a notebook shows it; nothing where it has no form of its own there.
        text: how a terminal shows it.
        foreign: whether pandas or Python writes it, as the user has set them up.
    """

    name: str
    html: str = ""
    text: str = ""
    foreign: bool = field(default=False)


def scenes(texts: Sequence[str], folder: Path) -> list[Scene]:
    """Return all that is shown, with each of the texts in every place."""
    return [*(it for room in ROOMS.values() for it in room(texts)), *of_runs(texts, folder)]


def _of(name: str, thing: object, *, foreign: bool = False) -> Scene:
    html = getattr(thing, "_repr_html_", str)
    return Scene(name, str(html()) if html is not str else "", repr(thing), foreign)


# Panels


def panels(texts: Sequence[str]) -> Iterator[Scene]:
    """Yield the panel live, at its pilot, ended and failed, in every part of which is a text."""
    likes = list(STATES.values())
    for place, text in enumerate(texts):
        for like in (RUNNING, DONE_WITH_ERRORS, likes[place % len(likes)]):
            yield _panel(_taken(like, text))
        yield _panel(_taken((OUTAGE, PILOT_DONE)[place % 2], text))
        yield _panel(_taken((DONE_WITH_ERRORS, RUNNING)[place % 2], text), static=True)


def _panel(snapshot: Snapshot, *, static: bool = False) -> Scene:
    text = render_text(snapshot, static=static)
    return Scene(f"panel, {snapshot.state.value}", render_face(snapshot, static=static), text)


def _taken(snapshot: Snapshot, text: str) -> Snapshot:
    groups = tuple(ErrorGroup(f"{text}{at}", 3, f"{at} {text}", at) for at in range(3))
    return replace(
        snapshot,
        name=text,
        server=text,
        rate=text,
        errors=groups,
        trying=groups,
        notices=(text, f"lost: {text}"),
        warnings=(f"lost: {text}",),
        # It is a name of Python's; nothing else is ever put there.
        called="run",
    )


# The inspector


def inspectors(texts: Sequence[str]) -> Iterator[Scene]:
    """Yield the inspector of items, requests, answers and errors that hold a text."""
    for text in texts:
        for name, item in _pictures(text).items():
            static = name == "a problem"
            yield Scene(
                f"inspector of {name}",
                inspector_face(item, note=text, static=static),
                inspection_text(item, note=text, static=static),
            )


def _pictures(text: str) -> dict[str, ItemPicture]:
    headers = {"Content-Type": text, text or "empty": text, "X-Text": text}
    answer = FakeResponse(503, text.encode("utf-8", "surrogatepass"), headers)
    answer.reason_phrase = text
    error = _error(text)
    error.__cause__ = _error(text)
    error.add_note(text)
    asked = SentRequest(
        text, f"https://example.com/{text}", ((text, text),), ((text, text),), body={text: [text]}
    )
    tries = (Attempt(1, Came.FAILED, 1.0, 2.0, 0.1, 0.0, text, text, 503),)
    failed = outcome(status="failed", status_code=503, item={text: text}, error=error)
    return {
        "a failure": picture(
            failed, name=text, label=text, asked=asked, attempts=tries, response=answer
        ),
        "an answer": picture(
            outcome(value=_record(text), item=text), name=text, label=(text, 1), asked=asked
        ),
        "a text": picture(
            outcome(value=text), asked=CalledFunction(as_name(text), ((text, text),))
        ),
        "a page": picture(outcome(value=text.encode("utf-8", "surrogatepass"))),
        "a problem": picture(failed, asked=None, problem=_error(text)),
    }


def _record(text: str) -> dict[str, Any]:
    """Return a text in every place of a value: as key, member, field, name of a class."""
    name = as_name(text)
    fields = [name] if name.isidentifier() else ["plain"]
    kind = make_dataclass(name, fields) if name else make_dataclass("Empty", ["plain"])
    return {text: text, "list": [text, {text: (text,)}], "set": {text}, "record": kind(text)}


def _error(text: str) -> Exception:
    kind: type[Exception] = type(as_name(text), (Exception,), {})
    return kind(text)


# What is open


def dashboards(texts: Sequence[str]) -> Iterator[Scene]:
    """Yield the list of what is open, in which a text is a name, a place, a count."""
    for text in texts:
        origin = Origin(text, 7, cell=3)
        thing = made(text, text, holds=text, made_at=origin, meter=(1, 2, 9), sockets=3)
        kept = made("cache", text, kept=True)
        for static in (False, True):
            page = render_page([thing], [kept], label=lambda _: "7", static=static, notices=[text])
            yield Scene("what is open", page, repr(thing))


# Single calls


def answering(texts: Sequence[str]) -> Callable[[httpx.Request], httpx.Response]:
    """Return a server that answers the request with the header ``x-at`` by the text at that place.

    Every fourth is an error, every fourth is no JSON though it says so, others are JSON and pages.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        text = texts[int(request.headers.get("x-at", "0")) % len(texts)]
        form = request.headers.get("x-form", "json")
        word = as_header(text)[:200].encode("latin-1")
        plain = word.decode("latin-1").encode("ascii", "ignore")
        headers = [(b"x-text", word), (b"set-cookie", b"a=" + plain)]
        extensions = {"reason_phrase": plain[:100]}
        raw = text.encode("utf-8", "surrogatepass")
        if form == "error":
            body = json.dumps({"error": {"message": text, "code": text}}).encode()
            headers.append((b"content-type", b"application/json"))
            return httpx.Response(404, headers=headers, content=body, extensions=extensions)
        if form == "json":
            body = json.dumps({text: text, "list": [text]}).encode()
            headers.append((b"content-type", b"application/json"))
            return httpx.Response(200, headers=headers, content=body, extensions=extensions)
        kinds = {"page": b"text/html", "broken": b"application/json", "odd": word}
        headers.append((b"content-type", kinds[form]))
        return httpx.Response(200, headers=headers, content=raw, extensions=extensions)

    return answer


def hostile_client(texts: Sequence[str]) -> nk.Client:
    """Return a client whose server answers with the texts; it needs no network."""
    return nk.Client("https://api.example.com", transport=httpx.MockTransport(answering(texts)))


def answers(texts: Sequence[str]) -> Iterator[Scene]:
    """Yield calls, answers and errors, of a client that is shown as well."""
    with hostile_client(texts) as session:
        for at in range(len(texts)):
            for form in ("json", "page", "odd"):
                headers = {"x-at": str(at), "x-form": form}
                yield _of(f"answer, {form}", session.get("/x", headers=headers))
            yield from _failures(session, at)
    client = hostile_client(texts)
    for text in texts:
        call = client.get("/x", params={as_name(text): as_name(text)})
        yield _of("call", call)
        yield from _refused(client, text)
    yield _of("client", client)
    yield _of("numbers of a client", client.stats)
    client.close().wait()


def _failures(session: Any, at: int) -> Iterator[Scene]:
    for form in ("error", "broken"):
        try:
            session.get("/x", headers={"x-at": str(at), "x-form": form}).json()
        except nk.RequestError as error:
            yield Scene(f"error, {form}", "", str(error))


def _refused(client: Any, text: str) -> Iterator[Scene]:
    rate: Any = nk.Rate
    tries: list[Callable[[], object]] = [
        lambda: nk.Client(text),
        lambda: client.get(text),
        lambda: client.map("/{" + text + "}", [1], progress=False),
        lambda: client.get("/x", headers={"x-text": text}),
        lambda: client.map("/x/{id}", [1], **{text: 1}),
        lambda: rate(text),
    ]
    for ask in tries:
        try:
            yield _of("what was made", ask())
        except nk.NotebookKitError as error:
            yield Scene("refusal", "", str(error))


def streams(texts: Sequence[str]) -> Iterator[Scene]:
    """Yield streams before and while they are read."""
    with hostile_client(texts) as session:
        for at, text in enumerate(texts):
            headers = {"x-at": str(at), "x-form": "odd"}
            stream = session.stream("/x", params={as_name(text): as_name(text)}, headers=headers)
            yield _of("stream", stream)
            yield _of("lines of a stream", stream.lines())
            with stream as opened:
                yield _of("open stream", opened)


def pages(texts: Sequence[str]) -> Iterator[Scene]:
    """Yield lists of an API, in which a text is a field, a value and a heading."""
    for text in texts:
        items = [{text: text, "plain": text}, {text: None}]
        yield Scene("page of a list", str(table_of(items, text)))
    response = nk.Response.adopt(httpx.Response(200, request=httpx.Request("GET", "https://x.y")))
    yield _of("page", nk.Page([{it: it} for it in texts], response=response))


# Numbers


def counts(texts: Sequence[str]) -> Iterator[Scene]:
    """Yield the numbers of clients, monitors and models, whose names are the texts."""
    errors = dict.fromkeys(texts, 3)
    for text in texts:
        monitor = nk.monitor(name=text)
        yield _of("monitor", monitor)
        yield Scene("numbers of a monitor", stats_html(Stats(errors=errors), text))
        yield _of("what %nk says", Overview(text, (text, text), text))
        key = as_header(text).encode("ascii", "ignore").decode()
        yield _of("secret", nk.Secret(f"key-{key}-key"))
    since = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    yield _of("numbers of a client", ClientStats(since, errors=errors))


# Runs, and their frames


def started_run(texts: Sequence[str], turn: int = 0, **options: Any) -> Run:
    """Return a run in which each text is an item and in an answer, or in an error every third."""
    labels: Any = pd.Index([*texts], name=texts[1], dtype=object)
    table = pd.DataFrame({"text": texts, texts[0]: texts}, index=labels, dtype=object)
    given = {"name": texts[2], "retry": 0, **options}
    return nk.map(_worker(turn, texts), table, **given)


async def _ended(run: Run) -> Run:
    await run
    return run


def _worker(turn: int, texts: Sequence[str]) -> Callable[[Any], Any]:
    async def work(row: Any) -> Any:
        text = row["text"]
        at = texts.index(text)
        if at % 3 == turn:
            raise _error(text)
        usage = {"prompt_tokens": 5, "completion_tokens": 7}
        return {"model": text, "usage": usage, text: turn, "same": text}

    # Also the name of what is done comes from outside.
    work.__name__ = work.__qualname__ = as_name(texts[3])
    return work


def of_runs(texts: Sequence[str], folder: Path) -> Iterator[Scene]:
    """Yield what is shown of runs that have ended, of their frames, and of their file."""
    where = folder / f"{as_name(texts[2]).replace('/', ' ')[:60]}.db"
    one, other = (
        asyncio.run(_ended(started_run(texts, turn, progress=False, **options)))
        for turn, options in enumerate([{"checkpoint": where}, {}])
    )
    for run in (one, other):
        yield _of("run", run)
        yield _of("what is open, as a list", nk.open_resources())
        for at in range(len(texts)):
            seen = run.inspect(at)
            yield _of("inspection", seen)
            yield _of("outcome", seen.outcome, foreign=True)
            yield Scene("inspection, as text", "", seen.text())
    yield from _of_frame(one.frame)
    yield _of("comparison", nk.compare(one.frame, other.frame))
    yield _of("runs of a file", nk.runs(where), foreign=True)


def _of_frame(frame: pd.DataFrame) -> Iterator[Scene]:
    calls = frame.calls
    yield _of("accessor", calls)
    yield _of("summary", calls.summary())
    yield _of("kinds of failure", calls.errors(), foreign=True)
    yield _of("usage", calls.usage())
    yield _of("frame", frame, foreign=True)
    yield _of("failed", calls.failed(), foreign=True)
    for draw in (calls.timeline, calls.latency, calls.throughput, calls.failures):
        chart = draw()
        yield _of("chart", chart)
        yield Scene("chart, alone", chart.svg())


#: Rooms of the package, and what each of them shows.
ROOMS: Final[dict[str, Callable[[Sequence[str]], Iterator[Scene]]]] = {
    "panels": panels,
    "inspectors": inspectors,
    "dashboards": dashboards,
    "answers": answers,
    "streams": streams,
    "pages": pages,
    "counts": counts,
}
