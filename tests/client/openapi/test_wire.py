from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from tests.client.openapi.papers import echoing, of_paths
from tests.client.origins import Origin

if TYPE_CHECKING:
    from notebook_kit.testing import ReceivedRequest


def sent(operation: Any, *args: Any, path: str = "/x", method: str = "get", **keywords: Any) -> Any:
    """Call the one operation of a document and return what the server got."""
    described = {"operationId": "call", "tags": ["t"], **operation}
    paper = of_paths({path: {method: described}})
    with echoing() as origin:
        with nk.Client.from_openapi(paper, base_url=origin.url) as api:
            api.t.call(*args, **keywords)
        (request,) = origin.requests
    return request


def parameter(name: str, where: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "schema": schema or {}, **more}


LIST = {"type": "array", "items": {}}
OBJECT = {"type": "object"}


@pytest.mark.parametrize(
    ("said", "value", "query"),
    [
        ({}, ["a", "b c"], "x=a&x=b%20c"),
        ({"explode": False}, ["a", "b"], "x=a,b"),
        ({"style": "pipeDelimited"}, ["a", "b"], "x=a|b"),
        ({"style": "spaceDelimited"}, ["a", "b"], "x=a%20b"),
        ({"style": "spaceDelimited", "explode": True}, ["a", "b"], "x=a&x=b"),
        ({"style": "deepObject"}, {"a": 1, "b": {"c": 2}}, "x[a]=1&x[b][c]=2"),
        ({}, {"a": 1, "b": 2}, "a=1&b=2"),
        ({"explode": False}, {"a": 1}, "x=a,1"),
        ({"style": "nonsense"}, 7.0, "x=7"),
        ({}, True, "x=true"),
        ({}, date(2026, 1, 31), "x=2026-01-31"),
        ({"schema": None, "content": {"application/json": {}}}, {"a": [1]}, 'x={"a": [1]}'),
    ],
)
def test_styles_of_a_query(said: Any, value: Any, query: str) -> None:
    """As the document says them."""
    request = sent({"parameters": [{**parameter("x", "query"), **said}]}, x=value)
    plain = request.target.replace("+", "%20")
    for escaped, character in (("%2C", ","), ("%7C", "|"), ("%5B", "["), ("%5D", "]")):
        plain = plain.replace(escaped, character)
    if '"' in query:
        plain = (
            plain.replace("%7B", "{").replace("%22", '"').replace("%3A", ":").replace("%20", " ")
        )
        plain = plain.replace("%7D", "}")
    assert plain == f"/x?{query}"


@pytest.mark.parametrize(
    ("said", "value", "path"),
    [
        ({}, "a/b", "/x/a%2Fb"),
        ({}, [1, 2], "/x/1,2"),
        ({"style": "label"}, 5, "/x/.5"),
        ({"style": "label", "explode": True}, [1, 2], "/x/.1.2"),
        ({"style": "matrix"}, 5, "/x/;id=5"),
        ({"style": "matrix", "explode": True}, [1, 2], "/x/;id=1;id=2"),
    ],
)
def test_styles_of_a_path(said: Any, value: Any, path: str) -> None:
    """No value changes its shape."""
    request = sent({"parameters": [{**parameter("id", "path"), **said}]}, value, path="/x/{id}")
    assert request.target == path


@pytest.mark.parametrize(
    ("said", "value", "query"),
    [
        ({}, "a/b?c=d,e:f@g", "a=a/b?c=d,e:f@g"),
        ({}, "x&y=z#w+v [u]", "a=x%26y=z%23w%2Bv%20%5Bu%5D"),
        ({}, "100%/ü", "a=100%25/%C3%BC"),
        ({}, ["a/b", "c,d"], "a=a/b&a=c,d"),
        ({"explode": False}, ["a/b", "c"], "a=a/b,c"),
        ({"style": "deepObject"}, {"x": "a/b"}, "a%5Bx%5D=a/b"),
        ({"allowReserved": False}, "a/b", "a=a%2Fb"),
    ],
)
def test_reserved_characters_that_a_document_allows(said: Any, value: Any, query: str) -> None:
    """They stay as they are, but for those that would end the value or mean something else."""
    given = {**parameter("a", "query", schema={}), "allowReserved": True, **said}
    request = sent({"parameters": [given, parameter("b", "query")]}, a=value, b="1/2")
    assert request.target == f"/x?{query}&b=1%2F2"


@pytest.mark.parametrize("where", ["call", "map", "url", "with_options"])
def test_reserved_characters_in_all_that_an_endpoint_does(where: str) -> None:
    """A call, a map, its URL, and what options of sending put in the place of an argument."""
    given = {**parameter("a", "query", required=True), "allowReserved": True}
    paper = of_paths({"/x": {"get": {"operationId": "call", "tags": ["t"], "parameters": [given]}}})
    with Origin() as origin:
        client = nk.Client.from_openapi(paper, base_url=origin.url)
        if where == "url":
            assert client.t.call.url("a/b") == f"{origin.url}/x?a=a/b"
            # One that is secret is neither shown nor written into anything but the request.
            assert client.t.call.url(nk.Secret("abc/def/ghi")) == f"{origin.url}/x?a=****"
        elif where == "map":
            client.t.call.map(["a/b"], progress=False).result()
        elif where == "call":
            client.t.call("a/b").result()
        else:
            client.t.call.with_options(params={"a": "a/b", "c": "c/d"})("gone").result()
        client.close()
        targets = [it.target for it in origin.requests]
    expected = {"url": [], "with_options": ["/x?a=a/b&c=c%2Fd"]}
    assert targets == expected.get(where, ["/x?a=a/b"])


def test_headers_and_cookies() -> None:
    """By names of Python; those that say what the client says itself are no parameters."""
    said = [
        parameter("X-Request-ID", "header"),
        parameter("session", "cookie"),
        *(parameter(name, "header", required=True) for name in ("Accept", "Authorization")),
    ]
    request = sent({"parameters": said}, x_request_id=["a", "b"], session="s1")
    assert request.header("x-request-id") == b"a,b"
    assert request.header("cookie") == b"session=s1"


def test_parameters_of_one_name_are_told_apart() -> None:
    """The one in the path has the plain name."""
    said = [parameter(name, "query") for name in ("id", "ID")] + [parameter("id", "header")]
    request = sent({"parameters": said}, 1, path="/x/{id}", id_query_2=2, id_query_3=3, id_header=4)
    assert request.target == "/x/1?id=2&ID=3"
    assert request.header("id") == b"4"


def test_those_of_the_path_item_give_way_to_the_operations_own() -> None:
    """By name and place."""
    operation = {"operationId": "call", "tags": ["t"], "parameters": [parameter("a", "query")]}
    item = {
        "parameters": [parameter("a", "query", required=True), parameter("b", "query")],
        "get": operation,
    }
    paper = of_paths({"/x": item})
    with echoing() as origin:
        with nk.Client.from_openapi(paper, base_url=origin.url) as api:
            api.t.call()
            api.t.call(a=1, b=2)
        assert [it.target for it in origin.requests] == ["/x", "/x?a=1&b=2"]


@pytest.mark.parametrize("name", ["id:int", "id!", " id", "größe", "a.b-c", "class"])
def test_placeholders_of_any_name(name: str) -> None:
    """Described or not."""
    assert sent({}, "v", path=f"/x/{{{name}}}/y").target == "/x/v/y"
    said = {"parameters": [parameter(name, "path", required=True)]}
    assert sent(said, "v", path=f"/x/{{{name}}}/y").target == "/x/v/y"


def body(schema: Any, media_type: str = "application/json", **more: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {media_type: {"schema": schema}}, **more}}


PET = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "photoUrls": {"type": "array", "items": {"type": "string"}},
        "alive": {"type": "boolean", "default": True},
    },
}


def test_fields_of_json_are_parameters() -> None:
    """What is not given is not sent, neither a default nor a null."""
    request = sent(body(PET, required=True), "Rex", method="post", photo_urls=["u"])
    assert json.loads(request.body) == {"name": "Rex", "photoUrls": ["u"]}
    assert request.header("content-type") == b"application/json"


def test_fields_that_only_come_are_none_to_send() -> None:
    """What is read-only is no parameter."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'id'"):
        sent(body(PET, required=True), "Rex", method="post", id=1)


def test_the_whole_body_takes_the_place_of_its_fields() -> None:
    """Also of those that must be given."""
    request = sent(body(PET, required=True), method="post", body={"id": 1, "x": None})
    assert json.loads(request.body) == {"id": 1, "x": None}


def test_a_field_called_body_keeps_its_name() -> None:
    """The whole has another then."""
    issue: dict[str, Any] = {"properties": {"title": {}, "body": {}}}
    request = sent(body(issue), method="post", body="text")
    assert json.loads(request.body) == {"body": "text"}
    request = sent(body(issue), method="post", json_body=[1])
    assert json.loads(request.body) == [1]


def test_a_body_that_need_not_be_there() -> None:
    """Without a field there is none; one that must be there is an empty object."""
    fields: dict[str, Any] = {"properties": {"a": {}}}
    assert sent(body(fields), method="post").body == b""
    assert sent(body(fields, required=True), method="post").body == b"{}"


def test_json_under_another_name() -> None:
    """As the document names it, for fields and for the whole."""
    for keywords in ({"name": "Rex"}, {"body": {"name": "Rex"}}):
        request = sent(
            body(PET, "application/merge-patch+json", required=True), method="patch", **keywords
        )
        assert json.loads(request.body) == {"name": "Rex"}
        assert request.header("content-type") == b"application/merge-patch+json"


def test_what_is_no_object_is_given_whole() -> None:
    """A list, and one of several objects."""
    request = sent(
        body({"type": "array", "items": PET}, required=True), [{"name": "Rex"}], method="post"
    )
    assert json.loads(request.body) == [{"name": "Rex"}]
    several = {"oneOf": [PET, {"type": "string"}]}
    assert json.loads(sent(body(several), method="post", body="x").body) == "x"


def test_a_form() -> None:
    """Lists repeat their name unless the document says otherwise."""
    schema = {"properties": {"a": LIST, "b": LIST, "c": OBJECT}}
    said = body(schema, "application/x-www-form-urlencoded")
    said["requestBody"]["content"]["application/x-www-form-urlencoded"]["encoding"] = {
        "b": {"style": "form", "explode": False},
        "c": {"style": "deepObject", "explode": True},
    }
    request = sent(said, method="post", a=[1, 2], b=[1, 2], c={"d": 3})
    assert request.header("content-type") == b"application/x-www-form-urlencoded"
    assert request.body == b"a=1&a=2&b=1%2C2&c%5Bd%5D=3"


def parts(request: ReceivedRequest) -> list[bytes]:
    kind = request.header("content-type") or b""
    boundary = kind.partition(b"boundary=")[2]
    assert kind.startswith(b"multipart/form-data")
    return [it.strip(b"\r\n") for it in request.body.split(b"--" + boundary)[1:-1]]


def test_parts_and_files() -> None:
    """Bytes are files, objects are JSON, and without a file they are parts all the same."""
    schema = {
        "properties": {
            "note": {"type": "string"},
            "meta": {"type": "object"},
            "file": {"type": "string", "format": "binary"},
        }
    }
    said = body(schema, "multipart/form-data")
    request = sent(said, method="post", note="n", meta={"a": 1}, file=("a.txt", b"\x00\x01"))
    note, meta, file = parts(request)
    assert note.endswith(b'name="note"\r\n\r\nn')
    assert meta.endswith(b'name="meta"\r\n\r\n{"a": 1}')
    assert b'filename="a.txt"' in file
    assert file.endswith(b"\r\n\r\n\x00\x01")
    assert len(parts(sent(said, method="post", note="n"))) == 1


@pytest.mark.parametrize(
    ("media_type", "content", "sent_as"),
    [
        ("text/plain", "héllo", b"text/plain"),
        ("application/pdf", b"%PDF", b"application/pdf"),
        ("application/xml", "<a/>", b"application/xml"),
        ("*/*", b"\x00", b"application/octet-stream"),
        ("image/*", b"\x00", b"application/octet-stream"),
        ("text/*", "a", b"text/plain"),
        ("not a type\n", b"a", b"application/octet-stream"),
    ],
)
def test_any_other_content(media_type: str, content: Any, sent_as: bytes) -> None:
    """As it is, under the name of its type."""
    request = sent(body({}, media_type, required=True), content, method="post")
    assert request.body == (content.encode() if isinstance(content, str) else content)
    assert request.header("content-type") == sent_as


def test_json_is_preferred_to_what_is_harder_to_write() -> None:
    """Of several types of content."""
    content = {it: {"schema": PET} for it in ("application/xml", "multipart/form-data")}
    said = {
        "requestBody": {"content": {**content, "application/json; charset=utf-8": {"schema": PET}}}
    }
    assert json.loads(sent(said, method="post", name="Rex").body) == {"name": "Rex"}


def test_credentials_for_another_server_are_given_to_the_endpoint() -> None:
    """Because those of the client stay at home; what is needed says so."""
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}
    with echoing() as other:
        there = {"servers": [{"url": other.url}], "security": [{"key": []}]}
        paper = of_paths({"/there": {"get": there}}, components={"securitySchemes": schemes})
        key = {"x-api-key": nk.Secret("sk-0123456789")}
        client = nk.Client.from_openapi(paper, base_url="https://a.example", headers=key)
        with pytest.raises(nk.MissingCredential):
            client.there()
        assert "with_options" in client.there.__doc__
        client.there.with_options(headers=key)().result()
        assert other.requests[0].header("x-api-key") == b"sk-0123456789"
        client.close()


def test_an_operation_with_a_server_of_its_own() -> None:
    """It is asked there, and credentials of the client stay at home."""
    with echoing() as home, echoing() as other:
        paper = of_paths(
            {
                "/here": {"get": {}},
                "/there": {"servers": [{"url": f"{other.url}/up/"}], "get": {}},
                "/again": {"get": {"servers": [{"url": "https://api.example.com"}]}},
                "/v3": {"get": {"servers": [{"url": "/v3/"}]}},
            },
            servers=[{"url": "https://api.example.com"}],
        )
        key = nk.Secret("sk-0123456789")
        options = {"headers": {"x-api-key": key}}
        with nk.Client.from_openapi(paper, base_url=f"{home.url}/v2", **options) as api:
            for call in (api.here, api.there, api.again, api.v3):
                call()
        assert [it.target for it in home.requests] == ["/v2/here", "/v2/again", "/v3/v3"]
        assert all(it.header("x-api-key") for it in home.requests)
        (request,) = other.requests
        assert request.target == "/up/there"
        assert request.header("x-api-key") is None
