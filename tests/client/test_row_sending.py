"""Maps that say, for all rows or for each, what a single call can say of one request."""

from __future__ import annotations

import io
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import httpx
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer, never_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from notebook_kit.testing import ReceivedRequest

ROWS = pd.DataFrame(
    {
        "name": ["anna", "bert"],
        "word": ["one", "two"],
        "n": [1.0, 2.0],
        "far": [True, False],
    }
)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as it:
        it.when("*", answer("ok"))
        yield it


def _mapped(server: FaultServer, **options: Any) -> pd.DataFrame:
    options = {"method": "POST", "retry": 0, "parse": "text", "progress": False, **options}
    with nk.Client(server.url) as api:
        return api.map("/x/{name}", ROWS, **options)


def _sent(server: FaultServer, read: Callable[[ReceivedRequest], Any]) -> list[Any]:
    """Return what was read of each request, in the order of the rows that they are for."""
    return [read(it) for it in sorted(server.requests, key=lambda it: it.target)]


# Files


FILES: list[tuple[Any, list[bytes]]] = [
    ({"file": ("a.txt", b"same")}, [b"same", b"same"]),
    ({"file": ("a.txt", nk.col("word"))}, [b"one", b"two"]),
    (lambda row: {"file": ("a.txt", row.word.encode())}, [b"one", b"two"]),
    (lambda row: [("file", io.BytesIO(row.word.encode()))], [b"one", b"two"]),
    ([("file", io.BytesIO(b"read once"))], [b"read once", b"read once"]),
]


@pytest.mark.parametrize(("files", "expected"), FILES)
def test_files(server: FaultServer, files: Any, expected: list[bytes]) -> None:
    """A file may be the same for all rows, also an open one, or each row's own."""
    assert _mapped(server, files=files)["status"].tolist() == ["ok", "ok"]
    for body, content in zip(_sent(server, lambda it: it.body), expected, strict=True):
        assert b'form-data; name="file"; filename=' in body
        assert content in body


def test_an_open_file_is_read_when_the_map_is_made(server: FaultServer, tmp_path: Path) -> None:
    """Whatever becomes of it then, each row and each further try sends all of it, by its name."""
    (tmp_path / "data.csv").write_bytes(b"a,b")
    server.when("/x/anna", answer(status=503), answer("ok"))
    client = nk.Client(server.url, retry=nk.Retry(max_attempts=2, base_delay=0, unsafe=True))
    with (tmp_path / "data.csv").open("rb") as file:
        file.seek(2)
        run = client.map("/x/{name}", ROWS, method="POST", files={"f": file}, progress=False)
    assert run.result()["status"].tolist() == ["ok", "ok"]
    client.close().wait()
    bodies = [it.body for it in server.requests]
    assert len(bodies) == 3
    assert all(b'filename="data.csv"' in it and b"a,b" in it for it in bodies)


def test_files_and_a_cache_that_was_asked_for(server: FaultServer) -> None:
    """A body of files is never the same twice: what is kept would never be given again."""
    with pytest.raises(nk.ConfigurationError, match=r"cache= and files= exclude each other"):
        _mapped(server, files={"f": b"x"}, cache="5 min")
    with nk.Client(server.url, cache="5 min") as api:
        options: dict[str, Any] = {"files": {"f": b"x"}, "parse": "text", "progress": False}
        for _ in range(2):
            api.map("/x/{name}", ROWS, **options)
    assert len(server.requests) == 4


def test_files_that_are_none(server: FaultServer) -> None:
    """It is said before anything is sent."""
    wrong: list[tuple[Any, str]] = [
        ("data.csv", "files= is a str"),
        ({"f": PurePath("data.csv")}, r"a Pure\w*Path, .* give its path\.read_bytes\(\)"),
        ({"f": ("data.csv", 7)}, r"a int, .* give bytes, text or a file"),
        ({"f": ("data.csv",)}, r"1 values in brackets: write \(name, data\)"),
    ]
    for files, said in wrong:
        with pytest.raises(nk.ConfigurationError, match=said):
            _mapped(server, files=files)
        frame = _mapped(server, files=lambda _, files=files: files)
        assert frame["error"].str.contains(said).all()
    assert not server.requests


# Cookies and credentials


@pytest.mark.parametrize(
    ("cookies", "expected"),
    [
        ({"a": "same"}, [b"a=same", b"a=same"]),
        ({"a": nk.col("n")}, [b"a=1", b"a=2"]),
        (lambda row: {"a": row.word}, [b"a=one", b"a=two"]),
    ],
)
def test_cookies(server: FaultServer, cookies: Any, expected: list[bytes]) -> None:
    """Those of a column are written as a path writes them."""
    _mapped(server, cookies=cookies)
    assert _sent(server, lambda it: it.header("cookie")) == expected


def _basic(user: str, password: str) -> bytes:
    request = next(httpx.BasicAuth(user, password).auth_flow(httpx.Request("GET", "http://x")))
    return request.headers["authorization"].encode()


class SpokenTo(httpx.BasicAuth):
    """Credentials that can be called, too."""

    def __call__(self, _item: Any) -> None:
        raise AssertionError


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (("me", nk.Secret("word-of-mine")), [_basic("me", "word-of-mine")] * 2),
        ((nk.col("name"), nk.col("n")), [_basic("anna", "1"), _basic("bert", "2")]),
        (lambda row: (row.name, row.word), [_basic("anna", "one"), _basic("bert", "two")]),
        (
            lambda row: httpx.BasicAuth(row.name, "x") if row.far else None,
            [_basic("anna", "x"), None],
        ),
        (SpokenTo("me", "x"), [_basic("me", "x")] * 2),
        (None, [None, None]),
    ],
    ids=["pair", "columns", "function", "object or none", "an object to be called", "none"],
)
@pytest.mark.parametrize("cache", [False, "5 min"])
def test_credentials(
    server: FaultServer, auth: Any, expected: list[bytes | None], cache: Any
) -> None:
    """They take the place of the client's, also those of a row, and also where answers are kept."""
    options: dict[str, Any] = {"parse": "text", "progress": False, "cache": cache}
    with nk.Client(server.url, auth=("client", "own")) as api:
        api.map("/x/{name}", ROWS, auth=auth, **options)
    assert _sent(server, lambda it: it.header("authorization")) == expected


def test_rows_that_differ_in_their_credentials_are_not_one(server: FaultServer) -> None:
    """Neither for the cache nor for dedupe=True."""
    rows = pd.DataFrame({"who": ["anna", "bert", "anna"]})
    options: dict[str, Any] = {"auth": (nk.col("who"), "x"), "parse": "text", "progress": False}
    with nk.Client(server.url) as api:
        api.map("/x", rows, dedupe=True, **options)
        assert len(server.requests) == 2
        api.map("/x", rows, cache="5 min", **options)
        assert len(server.requests) == 4


# How they are sent


@pytest.mark.parametrize("follow", [nk.col("far"), lambda row: row.far, True])
def test_redirects_that_some_rows_follow(server: FaultServer, follow: Any) -> None:
    """A row that does not has the redirect as its error."""
    for name in ROWS["name"]:
        server.when(f"/x/{name}", answer(status=302, headers=[("location", "/there")]))
    frame = _mapped(server, method="GET", follow_redirects=follow)
    followed = [True, True] if follow is True else [True, False]
    assert frame["status_code"].tolist() == [200 if it else 302 for it in followed]


@pytest.mark.parametrize("option", ["timeout", "attempt_timeout"])
@pytest.mark.parametrize("how", ["column", "function"])
def test_a_time_limit_for_each_row(server: FaultServer, option: str, how: str) -> None:
    """The row that may wait for 50 ms is late, and the one that may wait longer is answered."""
    server.when("/x/anna", never_answer())
    server.when("/x/bert", answer("ok", delay_s=0.2))
    limits: dict[str, Any] = {"anna": "50 ms", "bert": 30}
    rows = ROWS.assign(limit=pd.Series(limits.values(), dtype=object))
    limit = nk.col("limit") if how == "column" else lambda row: limits[row.name]
    given: dict[str, Any] = {option: limit}
    with nk.Client(server.url, retry=0, attempt_timeout=0.01) as api:
        if option == "timeout":
            given["attempt_timeout"] = None
        frame = api.map("/x/{name}", rows, parse="text", progress=False, **given)
    assert frame["status"].tolist() == ["timeout", "ok"]
    if option == "attempt_timeout":
        assert "attempt_timeout=0.05 s" in frame["error"].tolist()[0]


def test_extensions_of_each_row(server: FaultServer) -> None:
    """httpx gets them with the request."""
    told: list[Any] = []

    async def look(request: httpx.Request) -> None:
        told.append(request.extensions["of_mine"])

    with nk.Client(server.url, event_hooks={"request": [look]}) as api:
        for given in ({"of_mine": nk.col("word")}, lambda row: {"of_mine": row.word}):
            api.map("/x/{name}", ROWS, extensions=given, parse="text", progress=False)
    assert sorted(told) == ["one", "one", "two", "two"]


def test_extensions_that_the_transport_cannot_heed(server: FaultServer) -> None:
    """A map refuses them as a call does, before anything is sent."""
    with pytest.raises(nk.ConfigurationError, match="trace"):
        _mapped(server, extensions={"trace": print})
    assert not server.requests


# What goes wrong


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"auth": lambda row: row.nothing}, "cannot be made of this row"),
        ({"auth": (nk.col("gone"), "x")}, "there is no value"),
        ({"auth": nk.col("word")}, "auth= is a str"),
        ({"follow_redirects": nk.col("word")}, "must be True or False"),
        ({"cookies": {"a": nk.col("gone")}}, "there is no value"),
        ({"timeout": nk.col("word")}, "timeout='one'"),
        ({"attempt_timeout": lambda row: -1}, "attempt_timeout"),
        ({"files": lambda row: 7}, "files= is a int"),
        ({"extensions": nk.col("word")}, "extensions= is a str"),
    ],
)
def test_what_cannot_be_sent_is_its_rows_error(
    server: FaultServer, options: dict[str, Any], said: str
) -> None:
    """Nothing is sent for it, and the error names what is wrong."""
    rows = ROWS.assign(gone=pd.Series([None, None], dtype=object))
    with nk.Client(server.url) as api:
        frame = api.map("/x/{name}", rows, progress=False, fail_fast=False, **options)
    assert frame["error_type"].tolist() == ["ConfigurationError"] * 2
    assert said in frame["error"].tolist()[0]
    assert frame["attempts"].tolist() == [0, 0]
    assert not server.requests


@pytest.mark.parametrize(
    "option", ["files", "auth", "cookies", "follow_redirects", "extensions", "attempt_timeout"]
)
def test_a_column_that_is_not_there(server: FaultServer, option: str) -> None:
    """It is said when the map is made, with the name of the option."""
    given: Any = nk.col("nope") if option != "files" else {"f": nk.col("nope")}
    with pytest.raises(nk.ConfigurationError, match=f"{option}= needs the column 'nope'"):
        _mapped(server, **{option: given})


def test_a_run_that_is_continued_with_other_credentials(
    server: FaultServer, tmp_path: Path
) -> None:
    """A checkpoint knows none, so that a renewed one is no other work; other files are."""
    options: dict[str, Any] = {"checkpoint": tmp_path / "x.db", "files": {"f": b"1"}}
    for password in ("old-password", "new-password"):
        frame = _mapped(server, auth=("me", password), cookies={"token": password}, **options)
        assert frame["status"].tolist() == ["ok", "ok"]
    assert len(server.requests) == 2
    assert b"password" not in (tmp_path / "x.db").read_bytes()
    with pytest.raises(nk.CheckpointMismatch, match="content of the file 'f' has changed"):
        _mapped(server, **{**options, "files": {"f": b"2"}})


def test_the_fast_way_is_left_where_it_cannot_do_it(server: FaultServer) -> None:
    """With each of these, httpx makes the requests."""
    client = nk.Client(server.url)
    for option, value in {
        "files": {"f": b"1"},
        "cookies": {"a": "1"},
        "auth": None,
        "follow_redirects": True,
        "extensions": {"x": 1},
        "attempt_timeout": lambda row: 5,
        "timeout": nk.col("n"),
    }.items():
        run = client.map("/x/{name}", ROWS, progress=False, parse="bytes", **{option: value})  # type: ignore[arg-type]
        assert run.result()["result"].tolist() == [b"ok", b"ok"], option
    client.map("/x/{name}", ROWS, progress=False, parse="bytes", auth=("me", "x")).result()
    client.close().wait()
    assert server.requests[-1].header("authorization") == _basic("me", "x")
