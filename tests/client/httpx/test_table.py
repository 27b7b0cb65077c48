"""docs/httpx.md names everything that httpx's client has, truly, and a test for each."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.keywords import RequestKeywords
from tests.client.httpx.alike import answers_of

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer
    from tests.client.httpx.alike import Alike

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
_PROOF = re.compile(r"`(test_\w+\.py)(?:::(test_\w+))?`")


class _Row(NamedTuple):
    name: str
    fate: str
    how: str
    proof: str


def _tables() -> dict[str, list[_Row]]:
    """Return the rows of each table of the page, by the heading above it."""
    tables: dict[str, list[_Row]] = {}
    heading = ""
    for line in (_ROOT / "docs" / "httpx.md").read_text().splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("| `"):
            name, fate, how, proof = (cell.strip() for cell in line.strip("|").split("|"))
            tables.setdefault(heading, []).append(_Row(name.strip("`"), fate, how, proof))
    return tables


_TABLES = _tables()
_ROWS = [row for rows in _TABLES.values() for row in rows]


def _options(function: object, *without: str) -> set[str]:
    assert callable(function)
    return set(inspect.signature(function).parameters) - {"self", *without}


def _of_a_client() -> set[str]:
    client = httpx.AsyncClient()
    names = {name for name in dir(client) if not name.startswith("_")}
    asyncio.run(client.aclose())
    return names


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("Options of a client", _options(httpx.AsyncClient.__init__)),
        ("Options of a call", _options(httpx.AsyncClient.request, "method", "url")),
        ("Methods and attributes of a client", _of_a_client()),
    ],
)
def test_the_tables_are_whole(heading: str, wanted: set[str]) -> None:
    """Each table has a row for everything that the installed httpx has, and no other."""
    names = [row.name for row in _TABLES[heading]]
    assert sorted(names) == sorted(wanted)


def test_all_ways_to_send_are_covered() -> None:
    """What the other methods of httpx take is named among the options of a call."""
    known = {row.name for row in _TABLES["Options of a call"]}
    verbs = ("get", "options", "head", "post", "put", "patch", "delete", "stream", "build_request")
    for verb in verbs:
        assert _options(getattr(httpx.AsyncClient, verb), "method", "url") <= known
    assert _options(httpx.AsyncClient.send, "request", "stream") <= known


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row.name)
def test_rows_are_true(row: _Row) -> None:
    """What is said to be there is there, and what is said not to be is not."""
    assert row.fate in {"same", "differs", "not there"}
    assert row.how or row.fate == "same"
    if row in _TABLES["Options of a client"]:
        there = row.name in inspect.signature(nk.Client).parameters
    elif row in _TABLES["Options of a call"]:
        there = row.name in RequestKeywords.__annotations__
    else:
        client = nk.Client()
        there = hasattr(client, row.name)
        client.close()
    assert there is (row.fate != "not there")


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row.name)
def test_rows_are_proven(row: _Row) -> None:
    """The test that a row names exists."""
    assert _PROOF.fullmatch(row.proof)


def test_every_test_that_the_page_names_exists() -> None:
    """Each file and each test that the page names is there."""
    for file, name in _PROOF.findall((_ROOT / "docs" / "httpx.md").read_text()):
        tree = ast.parse((_HERE / file).read_text())
        assert not name or name in {it.name for it in tree.body if isinstance(it, ast.FunctionDef)}


def test_the_version_is_the_one_that_was_read() -> None:
    """The page speaks of the version of httpx that is installed."""
    assert f"`httpx.AsyncClient` {httpx.__version__}" in (_ROOT / "docs" / "httpx.md").read_text()


def test_every_verb(alike: Alike) -> None:
    """Each verb sends what httpx's sends."""
    verbs = ("get", "options", "head", "post", "put", "patch", "delete")
    calls = [lambda client, verb=verb: getattr(client, verb)("/x") for verb in verbs]
    both = alike(
        answers_of(
            *calls,
            lambda client: client.request("GET", "/x"),
            lambda client: client.request("PROPFIND", "/x", content=b"body"),
        )
    )
    assert [seen.line.split()[0].decode() for seen in both.seen[0]] == [
        *(verb.upper() for verb in verbs),
        "GET",
        "PROPFIND",
    ]
    client = alike.kit()
    assert client.delete("/x", json={"ids": [1]}).result().text == "fine"
    client.close()


def test_a_stream(alike: Alike, server: FaultServer) -> None:
    """A stream reads the body as it comes."""
    client = alike.kit()
    assert b"".join(client.stream("/x", method="POST", content=b"body").bytes()) == b"fine"
    client.close()
    assert server.requests[0].line == b"POST /x HTTP/1.1"
    assert server.requests[0].body == b"body"


def test_closing(alike: Alike) -> None:
    """aclose() closes as in httpx, as does close(); is_closed tells."""

    async def main() -> None:
        client = alike.kit()
        await client.get("/x")
        assert not client.is_closed
        await client.aclose()
        assert client.is_closed
        await client.close()

    asyncio.run(main())


def test_the_base_url_is_text(alike: Alike) -> None:
    """base_url is the text that was given, without credentials."""
    client = alike.kit(base_url="http://user:hunter2@host/api")
    client.close()
    assert client.base_url.endswith("@host/api")
    assert "hunter2" not in client.base_url


_ABSENT = [row.name for row in _ROWS if row.fate == "not there"]


@pytest.mark.parametrize("name", _ABSENT)
def test_what_is_not_there_says_what_to_do(name: str) -> None:
    """An attribute that httpx's client has and ours has not explains itself."""
    client = nk.Client("http://host")
    with pytest.raises(AttributeError, match=r"as httpx has: .*(nk\.Client|client\.)"):
        getattr(client, name)
    with pytest.raises(AttributeError, match=f"{name} cannot be set: "):
        setattr(client, name, None)
    assert name not in dir(client)
    client.close()


def test_other_attributes_are_missing_as_ever() -> None:
    """An unknown name is an AttributeError like any other."""
    client = nk.Client("http://host")
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        client.nonsense  # type: ignore[attr-defined]  # noqa: B018
    client.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_conections": 5}, "Did you mean 'max_connections'"),
        ({"proxies": {}}, "give proxy="),
        ({"app": None}, r"httpx\.ASGITransport"),
        ({"retries": 3}, "give retry="),
        ({"nonsense": 1}, "nk.Client has no option 'nonsense'"),
    ],
)
def test_unknown_options_of_a_client(options: dict[str, object], said: str) -> None:
    """An option that does not exist says what does."""
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.Client("http://host", **options)  # type: ignore[arg-type]


def test_unknown_options_of_a_call() -> None:
    """So does one of a call."""
    client = nk.Client("http://host")
    with pytest.raises(nk.ConfigurationError, match="Did you mean 'params'"):
        client.get("/x", parms={})  # type: ignore[call-arg]
    client.close()


def test_the_signature_stays() -> None:
    """An editor is shown all options of a client, by their names."""
    parameters = inspect.signature(nk.Client).parameters
    assert next(iter(parameters)) == "base_url"
    assert all(it.kind is not it.VAR_KEYWORD for it in parameters.values())
