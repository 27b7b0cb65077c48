"""A client against datasette, and its answers against SQLite's own."""

from __future__ import annotations

import asyncio
import csv
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from tests.third_party.tables import AIRPORTS, FLIGHTS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    Make = Callable[..., nk.Client]


@pytest.fixture
def ask(database: Path) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Ask the database itself."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        yield lambda sql, *values: db.execute(sql, values).fetchall()


async def _pages(client: nk.Client, path: str, **params: Any) -> AsyncIterator[dict[str, Any]]:
    """Follow the ``next`` token of each page to the next one."""
    token = None
    while True:
        page = (await client.get(path, params={**params, "_next": token or ""})).json()
        yield page
        token = page["next"]
        if token is None:
            return


def test_pages_by_token(datasette: str, client_of: Make, ask: Any) -> None:
    """A table read page by page, async, is the table, and takes one connection."""

    async def main() -> tuple[list[dict[str, Any]], int, nk.Client]:
        rows, pages = [], 0
        async with client_of(datasette) as client:
            async for page in _pages(client, "/air/flights.json", _size="max", _shape="objects"):
                rows += page["rows"]
                pages += 1
        return rows, pages, client

    rows, pages, client = asyncio.run(main())
    assert pages == FLIGHTS // 1_000
    expected = ask("SELECT id, origin, destination, minutes, note FROM flights ORDER BY id")
    assert [tuple(row.values()) for row in rows] == expected
    assert client.stats.requests == pages
    assert client.stats.connections_opened in {None, 1}


def test_pages_by_url(datasette: str, client_of: Make, ask: Any) -> None:
    """The whole URL that a page names for the next one can be asked for as it is."""
    names = []
    with client_of(datasette) as client:
        url = "/air/airports.json?_size=500&_shape=objects&_sort=name"
        while url:
            page = client.get(url).json()
            names += [row["name"] for row in page["rows"]]
            url = page["next_url"]
    assert len(names) == AIRPORTS
    assert names == [name for (name,) in ask("SELECT name FROM airports ORDER BY name, iata")]


def test_a_filter_with_strange_characters(datasette: str, client_of: Make, ask: Any) -> None:
    """Values of parameters and of paths reach SQLite as they are."""
    with client_of(datasette) as client:
        for text in ("München", "100%", "a+b & c=d", "O'Hare", "東京", "{x}"):
            sql = "SELECT :text AS it, count(*) AS n FROM airports WHERE city = :text"
            params = {"sql": sql, "text": text, "_shape": "array"}
            (row,) = client.get("/air.json", params=params).json()
            ((_, expected),) = ask(sql.replace(":text", "?1"), text)
            assert row == {"it": text, "n": expected}


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/air.json?sql=select+nonsense", nk.APIError, "no such column: nonsense"),
        ("/air.json?sql=delete+from+flights", nk.APIError, "Statement must be a SELECT"),
        ("/air/airports/XXXX.json", nk.NotFound, "Record not found"),
        ("/nothing.json", nk.NotFound, "Database not found"),
    ],
)
def test_errors_say_what_datasette_says(
    datasette: str, client_of: Make, path: str, error: type[nk.APIError], words: str
) -> None:
    """The reason that the API gives stands in the error, and its whole answer beside it."""
    with client_of(datasette) as client, pytest.raises(error, match=words) as raised:
        client.get(path)
    answer = raised.value.response
    assert answer is not None
    assert answer.json()["ok"] is False


def _as_tuple(row: dict[str, str]) -> tuple[Any, ...]:
    note = row["note"] or None
    return int(row["id"]), row["origin"], row["destination"], int(row["minutes"]), note


def test_a_table_streamed_as_csv(datasette: str, client_of: Make, ask: Any) -> None:
    """Line by line as it comes, in sync and async code, and all of it."""

    async def main() -> list[str]:
        async with (
            client_of(datasette) as client,
            client.stream("/air/flights.csv", params={"_stream": "on"}) as stream,
        ):
            return [line async for line in stream.lines()]

    lines = asyncio.run(main())
    expected = ask("SELECT * FROM flights ORDER BY id")
    assert [_as_tuple(row) for row in csv.DictReader(lines)] == expected
    with (
        client_of(datasette) as client,
        client.stream("/air/flights.csv", params={"_stream": "on"}) as stream,
    ):
        assert list(stream.lines()) == lines


def test_leaving_a_streamed_table_early(datasette: str, client_of: Make) -> None:
    """After the first lines the rest is let go, and the client goes on as before."""
    with client_of(datasette) as client:
        with client.stream("/air/flights.csv", params={"_stream": "on"}) as stream:
            for number, line in enumerate(stream.lines()):
                if number == 3:
                    assert line.startswith("2,")
                    break
        assert client.get("/air/flights/7.json").status_code == 200
        assert client.stats.in_flight == 0


def test_a_map_of_queries_is_what_sqlite_answers(datasette: str, client_of: Make, ask: Any) -> None:
    """A query for each of 200 airports, 20 at once, into a frame: the same as one GROUP BY."""
    sql = (
        "SELECT count(*) AS flights, avg(minutes) AS mean, max(destination) AS last "
        "FROM flights WHERE origin = :origin"
    )
    origins = [code for (code,) in ask("SELECT iata FROM airports ORDER BY random() LIMIT 200")]
    with client_of(datasette) as client:
        frame = client.map(
            "/air.json",
            pd.DataFrame({"origin": origins}),
            params={"sql": sql, "origin": nk.col("origin"), "_shape": "array"},
            max_concurrency=20,
            progress=False,
        )
    assert (frame["status"] == "ok").all()
    answers: list[Any] = list(frame["result"].str[0])
    expected = [ask(sql.replace(":origin", "?"), code)[0] for code in origins]
    assert [tuple(answer.values()) for answer in answers] == expected


def test_a_map_over_rows_of_a_table(datasette: str, client_of: Make, ask: Any) -> None:
    """Rows found by their key in the path; those that do not exist are failed rows in place."""
    known = [code for (code,) in ask("SELECT iata FROM airports ORDER BY iata LIMIT 100")]
    wanted = [*known, "NOT1", "NOT2"]
    with client_of(datasette) as client:
        frame = client.map(
            "/air/airports/{iata}.json", wanted, params={"_shape": "objects"}, progress=False
        )
    assert frame["status"].tolist() == ["ok"] * 100 + ["failed"] * 2
    assert frame["status_code"].tolist() == [200] * 100 + [404] * 2
    names = [answer["rows"][0]["name"] for answer in frame["result"][:100]]
    assert names == [ask("SELECT name FROM airports WHERE iata = ?", code)[0][0] for code in known]
