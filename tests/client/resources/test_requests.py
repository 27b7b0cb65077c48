"""What arguments become in a request, as the server sees it."""

from __future__ import annotations

import datetime as dt
import enum
import io
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, TypedDict
from urllib.parse import quote
from uuid import UUID

import httpx
import pydantic
import pytest

import notebook_kit as nk
from notebook_kit.client.resources import Cookie
from tests.client.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from notebook_kit.testing import ReceivedRequest

# ruff: noqa: A002 - parameters are called what an API calls them
# mypy: disable-error-code="empty-body"


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Note:
    text: str
    due: dt.date | None = None
    colour: Colour = Colour.RED


class Patch(TypedDict, total=False):
    text: str


class Model(pydantic.BaseModel):
    text: str = pydantic.Field(alias="theText")
    due: dt.date


class Api(nk.Client):
    @nk.endpoint("GET /items/{id}")
    def item(self, id: Any) -> Any: ...

    @nk.endpoint("GET /latest/{kind}")
    def latest(self, kind: str = "note") -> Any: ...

    @nk.endpoint("GET /files/{file:path}/raw")
    def file(self, file: str) -> Any: ...

    @nk.endpoint("GET /{{x}}/{id}")
    def braces(self, id: str) -> Any: ...

    @nk.endpoint("GET /find")
    def find(
        self,
        q: Any,
        limit: int | None = None,
        trace_id: Annotated[str | None, nk.Header()] = None,
        theme: Annotated[str | None, Cookie()] = None,
    ) -> Any: ...

    @nk.endpoint("POST /todos")
    def create(self, title: Any, due: dt.date | None = None) -> Any: ...

    @nk.endpoint("POST /notes")
    def note(self, note: Note) -> Any: ...

    @nk.endpoint("PATCH /notes")
    def change(self, note: Patch) -> Any: ...

    @nk.endpoint("PUT /models")
    def model(self, model: Model) -> Any: ...

    @nk.endpoint("POST /raw")
    def raw(self, body: Annotated[Any, nk.Body()]) -> Any: ...

    @nk.endpoint("POST /csv")
    def csv(self, body: Annotated[str, nk.Body(style="text/csv")]) -> Any: ...

    @nk.endpoint("POST /login")
    def login(
        self, user: Annotated[str, nk.Form()], roles: Annotated[list[str], nk.Form()]
    ) -> Any: ...

    @nk.endpoint("POST /upload")
    def upload(self, picture: Annotated[Any, nk.File()], title: str | None = None) -> Any: ...


@pytest.fixture
def server() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture
def api(server: Origin) -> Iterator[Any]:
    with Api(server.url) as api:
        yield api


def last(server: Origin) -> ReceivedRequest:
    return server.requests[-1]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (7, "7"),
        (7.0, "7"),
        ("a/b c", "a%2Fb%20c"),
        ("{x}", "%7Bx%7D"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (Colour.RED, "red"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (["a", "b/c"], "a,b%2Fc"),
    ],
)
def test_a_field_of_the_path_is_one_segment(
    api: Any, server: Origin, value: Any, written: str
) -> None:
    """Whatever a value holds, it stays within its segment of the path."""
    api.item(value)
    assert last(server).target == f"/items/{written}"


@pytest.mark.parametrize("value", ["", ".", "..", None, float("nan"), object(), [], [".."]])
def test_what_would_ask_for_another_resource_is_refused(
    api: Any, server: Origin, value: Any
) -> None:
    """Values that are no segment raise before anything is sent."""
    with pytest.raises(nk.ConfigurationError):
        api.item(value)
    assert server.requests == ()


def test_slashes_and_braces_of_a_path(api: Any, server: Origin) -> None:
    """`{file:path}` lets slashes through, but not the way out; `{{` is a brace."""
    api.file("a b/c.txt")
    assert last(server).target == "/files/a%20b/c.txt/raw"
    api.braces("{id}")
    assert last(server).target == "/%7Bx%7D/%7Bid%7D"
    with pytest.raises(nk.ConfigurationError):
        api.file("a/../b")


def test_a_field_of_the_path_may_have_a_default(api: Any, server: Origin) -> None:
    """A placeholder whose parameter has a default is filled with that."""
    api.latest()
    assert last(server).target == "/latest/note"


def test_the_query(api: Any, server: Origin) -> None:
    """Lists repeat, dates are ISO, enums their value, booleans words; None is left out."""
    api.find(["a", Colour.RED, dt.date(2026, 1, 31), True, 7.0])
    assert last(server).target == "/find?q=a&q=red&q=2026-01-31&q=true&q=7"
    api.find("a b&c", limit=3)
    assert last(server).target == "/find?q=a+b%26c&limit=3"
    api.find([])
    assert last(server).target == "/find"
    api.find({"lat": 1.5, "lon": None})
    assert last(server).target == "/find?lat=1.5"
    with pytest.raises(nk.ConfigurationError, match="q is None"):
        api.find(None)


def test_headers_and_cookies(api: Any, server: Origin) -> None:
    """A header and a cookie carry their parameters; None leaves them out."""
    api.find("x", trace_id="abc", theme="dark")
    assert last(server).header("trace-id") == b"abc"
    assert last(server).header("cookie") == b"theme=dark"
    api.find("x")
    assert last(server).header("trace-id") is None
    assert last(server).header("cookie") is None
    with pytest.raises(nk.ConfigurationError, match="another cookie would begin"):
        api.find("x", theme="dark; admin=1")
    with pytest.raises(nk.ConfigurationError, match="another cookie would begin") as caught:
        api.find("x", theme=nk.Secret("hush-hush; admin=1"))
    assert "hush" not in str(caught.value)


def test_a_secret_is_sent_and_not_shown(server: Origin) -> None:
    """A `Secret` as an argument goes out in clear text and appears in no repr."""
    client: Any = Api(server.url)
    secret = nk.Secret("sk-0123456789")
    call = client.find(secret, trace_id=secret)
    assert "sk-0123456789" not in repr(call) + call.url
    call.result()
    assert last(server).target == "/find?q=sk-0123456789"
    assert last(server).header("trace-id") == b"sk-0123456789"
    client.create(secret).result()
    assert json.loads(last(server).body) == {"title": "sk-0123456789"}
    client.close().wait()


def test_fields_of_a_body(api: Any, server: Origin) -> None:
    """Parameters of a POST are the fields of a JSON object; None is left out where it may be."""
    api.create("x", due=dt.date(2026, 1, 31))
    assert json.loads(last(server).body) == {"title": "x", "due": "2026-01-31"}
    api.create({"de": Decimal("1.50"), "n": {1}})
    assert json.loads(last(server).body) == {"title": {"de": "1.50", "n": [1]}}
    api.create(None)
    assert json.loads(last(server).body) == {"title": None}
    assert last(server).header("content-type") == b"application/json"


def test_whole_bodies(api: Any, server: Origin) -> None:
    """Dataclasses, typed dictionaries, models and plain data are written as the JSON body."""
    api.note(Note("x", dt.date(2026, 1, 31)))
    assert json.loads(last(server).body) == {"text": "x", "due": "2026-01-31", "colour": "red"}
    api.change({"text": "y"})
    assert json.loads(last(server).body) == {"text": "y"}
    api.model(Model(theText="z", due=dt.date(2026, 1, 31)))
    assert json.loads(last(server).body) == {"theText": "z", "due": "2026-01-31"}
    api.raw([1, 2])
    assert json.loads(last(server).body) == [1, 2]
    api.raw(None)
    assert last(server).body == b"null"


def test_bodies_that_are_no_json(api: Any, server: Origin) -> None:
    """Bytes and files are sent as they are, text under the media type that was declared."""
    api.raw(b"\x00\x01")
    assert last(server).body == b"\x00\x01"
    assert last(server).header("content-type") == b"application/octet-stream"
    api.csv("a,b")
    assert last(server).body == b"a,b"
    assert last(server).header("content-type") == b"text/csv"
    api.raw(io.BytesIO(b"from a file"))
    assert last(server).body == b"from a file"


def test_forms_and_files(api: Any, server: Origin, tmp_path: Path) -> None:
    """Form fields repeat for lists; files are uploaded beside their fields."""
    api.login("ada", ["a", "b"])
    assert last(server).body == b"user=ada&roles=a&roles=b"
    picture = tmp_path / "sea.png"
    picture.write_bytes(b"PNG")
    api.upload(picture, title="the sea")
    body = last(server).body
    assert b'name="picture"; filename="sea.png"' in body
    assert b"PNG" in body
    assert b'name="title"' in body
    api.upload([b"one", b"two"])
    assert last(server).body.count(b'name="picture"') == 2


def test_options_of_sending(server: Origin) -> None:
    """`with_options` adds to what the parameters say, and takes the place of the same header."""
    client = Api(server.url, headers={"x-client": "1"})
    find = client.find.with_options(headers={"x-more": "2"}, params={"page": 3}, timeout=5)
    find("x", trace_id="abc").result()
    assert last(server).target == "/find?q=x&page=3"
    assert last(server).header("x-client") == b"1"
    assert last(server).header("x-more") == b"2"
    find.with_options(headers={"TRACE-ID": "other"})("x", trace_id="abc").result()
    assert last(server).header("trace-id") == b"other"
    with pytest.raises(nk.ConfigurationError, match="no option 'jsn'"):
        client.find.with_options(jsn=1)  # type: ignore[call-arg]
    with pytest.raises(nk.ConfigurationError, match="no option 'json'"):
        client.find.with_options(json=1)
    client.close().wait()


@pytest.mark.parametrize(
    "params",
    [
        "a=1&a=2",
        b"a=1&a=2",
        {"a": [1, 2]},
        {"a": ("1", "2")},
        [("a", 1), ("a", 2)],
        httpx.QueryParams("a=1&a=2"),
    ],
)
def test_parameters_of_options_in_each_form_of_httpx(server: Origin, params: Any) -> None:
    """Text, dicts with lists, pairs and httpx's own class give each value once."""
    with Api(server.url) as api:
        api.find.with_options(params=params)("x")
        assert last(server).target == "/find?q=x&a=1&a=2"


def test_options_that_are_no_parameters_headers_or_cookies(server: Origin) -> None:
    """What cannot be read as pairs is refused in words; jars and names in bytes are taken."""
    jar = httpx.Cookies({"theme": "dark"}).jar
    with Api(server.url) as api:
        with pytest.raises(nk.ConfigurationError, match="params= is a list: give a dict"):
            api.find.with_options(params=["a", "b=1"])("x")
        with pytest.raises(nk.ConfigurationError, match="headers= is a str"):
            api.find.with_options(headers="a: b")("x")
        assert server.count == 0
        api.find.with_options(cookies=jar, headers=[(b"Trace-Id", b"2")])("x", trace_id="1")
        assert last(server).header("cookie") == b"theme=dark"
        assert last(server).head.lower().count(b"trace-id:") == 1


@pytest.mark.parametrize(
    ("args", "keywords", "says"),
    [
        ((), {}, r"Api.item\(\): missing a required argument: 'id'; it takes \(id: Any\)"),
        ((1, 2), {}, "too many positional arguments"),
        ((1,), {"id": 2}, "multiple values for argument 'id'"),
        ((1,), {"ids": 2}, "unexpected keyword argument 'ids'"),
    ],
)
def test_wrong_arguments_are_a_type_error(
    api: Any, server: Origin, args: Any, keywords: Any, says: str
) -> None:
    """Arguments that do not fit raise TypeError, as for any function, and nothing is sent."""
    for call in (api.item, api.item.url):
        with pytest.raises(TypeError, match=says):
            call(*args, **keywords)
    assert server.requests == ()


def test_a_url_leaves_out_what_the_client_adds_in_secret(server: Origin) -> None:
    """The URL of an endpoint has the client's ordinary parameters and none of its credentials."""
    key = nk.Secret("sk-0123456789")
    client = Api(server.url, params={"api_key": key, "lang": "de"})
    assert client.find.url("x") == f"{server.url}/find?lang=de&q=x"
    client.close()
    assert client.find.url("x", limit=1) == f"{server.url}/find?lang=de&q=x&limit=1"


@pytest.mark.parametrize("value", ["sk-0123456789/+", "q7!x"], ids=["long", "short"])
def test_a_url_hides_a_secret_that_it_is_given(server: Origin, value: str) -> None:
    """An argument, or an option of sending; who wants it written says so."""
    client = Api(server.url)
    secret = nk.Secret(value)
    assert client.find.url(secret, limit=1) == f"{server.url}/find?q=****&limit=1"
    more = client.find.with_options(params={"lane": secret})
    assert more.url("x") == f"{server.url}/find?lane=****&q=x"
    assert client.find.url(secret.reveal()) == f"{server.url}/find?q={quote(value, safe='')}"
    client.close()
