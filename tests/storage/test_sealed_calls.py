"""Calls with what may be a credential by its name: which are the same, in files of any age."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.storage.fingerprints.fingerprint import Fingerprint, Part
from tests.storage.helpers import run_cell, select

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from notebook_kit.demo import DemoServer

#: What becomes of the parts of a work.
Parts = dict[str, list[Any]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


@pytest.fixture
def client(demo: DemoServer) -> Iterator[nk.Client]:
    client = nk.Client(demo.url, retry=0)
    yield client
    client.close()


def sources(client: nk.Client, path: Path, **options: Any) -> list[str]:
    items = options.pop("items", ["ZRH", "GVA"])
    frame = client.map(
        "/airports/{iata}", items, checkpoint=path, progress=False, **options
    ).result()
    found: list[str] = frame["source"].tolist()
    return found


def make_older(path: Path, change: Callable[[Parts], None]) -> None:
    """Turn a file into one of the format before, where nothing was sealed."""
    with closing(sqlite3.connect(path)) as connection:
        for number, text in connection.execute("SELECT id, parts FROM works").fetchall():
            kept = json.loads(text)
            del kept["sealed"]
            change(kept["parts"])
            parts = {name: Part(*part) for name, part in kept["parts"].items()}
            connection.execute(
                "UPDATE works SET parts = ?, fingerprint = ? WHERE id = ?",
                (json.dumps(kept), Fingerprint(parts).digest, number),
            )
        connection.execute("DROP TABLE facts")
        connection.execute("PRAGMA user_version = 2")
        connection.commit()


OPTIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "parameter": lambda value: {"params": {"page_token": value}},
    "key": lambda value: {"params": {"key": value}},
    "body": lambda value: {"json": {"key": value, "page_token": value}},
    "form": lambda value: {"data": {"token": value}},
}


@pytest.mark.parametrize("given", OPTIONS.values(), ids=OPTIONS)
def test_another_token_is_another_call(
    client: nk.Client, demo: DemoServer, path: Path, given: Callable[[str], dict[str, Any]]
) -> None:
    """It is refused by name before anything is sent, and the same one is taken over."""
    assert sources(client, path, **given("page-two")) == ["network"] * 2
    assert sources(client, path, **given("page-two")) == ["checkpoint"] * 2
    with pytest.raises(nk.CheckpointMismatch, match=r"'\w+'\]? was \*{4} and is another") as caught:
        sources(client, path, **given("page-three"))
    assert "page-t" not in str(caught.value)
    assert demo.stats().requests == 2
    assert sources(client, path, on_change="new", **given("page-three")) == ["network"] * 2
    for value in ("page-two", "page-three"):
        assert sources(client, path, **given(value)) == ["checkpoint"] * 2
    files = b"".join(each.read_bytes() for each in path.parent.iterdir())
    for text in ("page-two", "'page-two'", "text:'page-two'", "s8:page-two"):
        assert text.encode() not in files
        assert hashlib.sha256(text.encode()).hexdigest().encode() not in files


@pytest.mark.parametrize("where", ["params", "json"])
def test_real_credentials_rotate(client: nk.Client, path: Path, where: str) -> None:
    """Wrapped in a Secret, or under a name that is beyond doubt, another one sends nothing."""
    assert (
        sources(client, path, **{where: {"key": nk.Secret("k-rotated-01"), "api_key": "one"}})
        == ["network"] * 2
    )
    assert (
        sources(client, path, **{where: {"key": nk.Secret("k-rotated-02"), "api_key": "two"}})
        == ["checkpoint"] * 2
    )


def test_a_token_of_the_item_makes_another_item(client: nk.Client, path: Path) -> None:
    """Where a column gives it, a row with another one is sent, and the others are not."""
    options: dict[str, Any] = {"params": {"page_token": nk.col("page_token")}}
    rows = [{"iata": "ZRH", "page_token": "a"}, {"iata": "GVA", "page_token": "b"}]
    assert sources(client, path, items=rows, **options) == ["network"] * 2
    rows[1]["page_token"] = "c"
    assert sources(client, path, items=rows, **options) == ["checkpoint", "network"]


CELL = """
api = nk.Client({url!r}, auth=("me", "pw"), retry=0)
async def ask(iata): return (await api.get("/airports/" + iata)).status_code
"""


def _function(url: str, *, auth: bool) -> Any:
    source = CELL.format(url=url)
    return run_cell(source if auth else source.replace('auth=("me", "pw"), ', ""), nk=nk)


@pytest.mark.parametrize("older", [False, True], ids=["now", "before"])
def test_the_auth_of_a_client_of_a_function(demo: DemoServer, path: Path, *, older: bool) -> None:
    """With it and without it is the same work, also where a file says that it was there."""
    scope = _function(demo.url, auth=True)
    nk.map(scope["ask"], ["ZRH"], checkpoint=path, progress=False).result()
    scope["api"].close().wait()
    if older:
        auth = ["text:'BasicAuth'", "ask()"]
        make_older(path, lambda parts: parts.update({"value api.auth_kind": auth}))
    for name in ("ask", "another name"):
        scope = _function(demo.url, auth=False)
        run = nk.map(scope["ask"], ["ZRH"], checkpoint=path, name=name, progress=False)
        assert run.result()["source"].tolist() == ["checkpoint"]
        scope["api"].close().wait()
    assert len(select(path, "SELECT id FROM works")) == 1
    assert "auth_kind" not in select(path, "SELECT parts FROM works")[0][0]


def _hide(key: str) -> Callable[[Parts], None]:
    return lambda parts: parts.update({key: ["text:****", None]})


def test_an_older_file_without_such_names_goes_on(client: nk.Client, path: Path) -> None:
    """Its answers are taken over, and it has a salt from then on."""
    options: dict[str, Any] = {"params": {"limit": 5, "api_key": "one"}}
    sources(client, path, **options)
    make_older(path, lambda _parts: None)
    assert len(nk.runs(path)) == 1
    assert sources(client, path, **options) == ["checkpoint"] * 2
    assert select(path, "PRAGMA user_version") == [(3,)]


def test_an_older_file_says_what_it_does_not_know(
    client: nk.Client, demo: DemoServer, path: Path
) -> None:
    """What it has hidden cannot be compared: that is said, and the answers can be kept."""
    options: dict[str, Any] = {"params": {"page_token": "page-two"}}
    sources(client, path, **options)
    make_older(path, _hide("given params['page_token']"))
    with pytest.raises(
        nk.CheckpointMismatch,
        match=r"the parameter 'page_token' is \*{4} and cannot be compared.*on_change='keep'",
    ):
        sources(client, path, **options)
    with pytest.warns(RuntimeWarning, match="are kept as they are: the parameter 'page_token'"):
        assert sources(client, path, on_change="keep", **options) == ["checkpoint"] * 2
    assert sources(client, path, **options) == ["checkpoint"] * 2
    assert demo.stats().requests == 2


def test_an_older_file_that_shows_a_key_goes_on(client: nk.Client, path: Path) -> None:
    """A key of a body was to be seen: the same one is taken over, and seen no more."""
    sources(client, path, json={"key": "population"})
    shown = ["text:'population'", None]
    make_older(path, lambda parts: parts.update({"given json['key']": shown}))
    with pytest.raises(nk.CheckpointMismatch, match=r"json\['key'\] was \*{4} and is another"):
        sources(client, path, json={"key": "area"})
    for _ in range(2):
        assert sources(client, path, json={"key": "population"}) == ["checkpoint"] * 2
    assert "population" not in select(path, "SELECT group_concat(parts) FROM works")[0][0]


def test_an_older_file_with_a_column_goes_on(client: nk.Client, path: Path) -> None:
    """Which column it was stands in its items."""
    options: dict[str, Any] = {"json": {"token": nk.col("iata")}, "items": [{"iata": "ZRH"}]}
    sources(client, path, **options)
    make_older(path, _hide("given json['token']"))
    assert sources(client, path, **options) == ["checkpoint"]


def test_a_file_that_has_lost_its_salt_is_damaged(client: nk.Client, path: Path) -> None:
    """Nothing in it could be compared, so it is refused and nothing is sent."""
    sources(client, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM facts")
        connection.commit()
    with pytest.raises(nk.CheckpointCorrupt, match="it has no salt"):
        sources(client, path)
