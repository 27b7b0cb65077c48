"""Methods read as endpoints: where parameters go, and what cannot work."""

from __future__ import annotations

import gc
import inspect
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import msgspec
import pydantic
import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from notebook_kit.client.resources import EndpointSpec
    from notebook_kit.demo import DemoServer

# Parameters are called what an API may call them, and endpoints need a body of `...`.
# ruff: noqa: A002, FBT001, FBT002, PIE790
# mypy: disable-error-code="empty-body"


def spec(method: Any) -> EndpointSpec:
    """Return the endpoint that a method declares, put into a class."""
    made: EndpointSpec = method.compiled.spec
    return made


def places(method: Any) -> dict[str, tuple[str, str]]:
    return {it.name: (it.where, it.wire_name) for it in spec(method).parameters}


@dataclass
class NewTodo:
    title: str


class Patch(TypedDict):
    title: str


class Model(pydantic.BaseModel):
    title: str


class Struct(msgspec.Struct):
    title: str


def test_where_parameters_go() -> None:
    """Placeholders go to the path, others to the query of a GET and the JSON body of a POST."""

    class Things(nk.Resource):
        @nk.endpoint("GET /a/{id}/{file:path}")
        def get(self, id: int, file: str, limit: int = 5) -> dict[str, int]: ...

        @nk.endpoint("post /a/{id}")
        def post(self, id: int, title: str, done: bool = False) -> None: ...

        @nk.endpoint("DELETE /a/{id}")
        def delete(self, id: int, force: bool = False) -> None: ...

    assert places(Things.get) == {
        "id": ("path", "id"),
        "file": ("path", "file"),
        "limit": ("query", "limit"),
    }
    assert places(Things.post) == {
        "id": ("path", "id"),
        "title": ("body", "title"),
        "done": ("body", "done"),
    }
    assert spec(Things.post).method == "POST"
    assert places(Things.delete)["force"] == ("query", "force")


def test_markers_say_otherwise() -> None:
    """A marker in `Annotated` puts a parameter elsewhere, under a name of its own if it has one."""

    class Things(nk.Resource):
        @nk.endpoint("POST /a")
        def post(
            self,
            trace_id: Annotated[str, nk.Header()],
            page: Annotated[int, nk.Query("pageNumber")],
            due: Annotated[str, nk.Body("dueDate")],
        ) -> None: ...

        @nk.endpoint("POST /b")
        def upload(self, picture: Annotated[bytes, nk.File], title: str) -> None: ...

        @nk.endpoint("POST /c")
        def form(self, user: Annotated[str, nk.Form("login")]) -> None: ...

    assert places(Things.post) == {
        "trace_id": ("header", "trace-id"),
        "page": ("query", "pageNumber"),
        "due": ("body", "dueDate"),
    }
    assert places(Things.upload) == {"picture": ("file", "picture"), "title": ("form", "title")}
    assert places(Things.form) == {"user": ("form", "login")}


@pytest.mark.parametrize("kind", [NewTodo, Patch, Model, Struct, NewTodo | None])
def test_an_object_is_the_whole_body(kind: Any) -> None:
    """One parameter of a type with fields is the body itself; marked with a name it is a field."""

    class Things(nk.Resource):
        @nk.endpoint("POST /a/{id}")
        def whole(self, id: int, todo: kind) -> None: ...

        @nk.endpoint("POST /a")
        def part(self, todo: Annotated[kind, nk.Body("todo")]) -> None: ...

        @nk.endpoint("POST /a")
        def two(self, todo: kind, note: str) -> None: ...

        @nk.endpoint("POST /a")
        def marked(self, todo: Annotated[Any, nk.Body]) -> None: ...

    assert spec(Things.whole).body is not None
    assert [it.name for it in spec(Things.whole).all_parameters] == ["id", "todo"]
    assert places(Things.part) == {"todo": ("body", "todo")}
    assert places(Things.two) == {"todo": ("body", "todo"), "note": ("body", "note")}
    assert spec(Things.marked).body is not None


def test_the_signature_is_the_methods(demo: DemoServer) -> None:
    """Completion and `?` find name, parameters, types and docstring; markers are not among them."""

    class Things(nk.Resource):
        @nk.endpoint("GET /a/{id}")
        def get(
            self, id: int, *, trace: Annotated[str, nk.Header(doc="For the log.")] = ""
        ) -> bytes:
            """Return a thing."""
            ...

    class Api(nk.Client):
        things = Things

    with Api(demo.url) as api:
        faces: list[Any] = [Api(demo.url).things.get, api.things.get]
        for endpoint in faces:
            assert str(inspect.signature(endpoint)) == "(id: int, *, trace: str = '') -> bytes"
            assert (endpoint.__name__, endpoint.__qualname__) == ("get", "Things.get")
            assert inspect.getdoc(endpoint) == (
                "Return a thing.\n\nArgs:\n    trace: For the log.\n\nGET /a/{id}"
            )


def test_types_may_stand_further_down(demo: DemoServer) -> None:
    """A type that is declared after the endpoint is looked up when the endpoint is first used."""

    class Things(nk.Resource):
        @nk.endpoint("GET /airports/ZRH")
        def get(self) -> Later: ...  # type: ignore[name-defined]  # noqa: F821 - it comes later

    class Api(nk.Client):
        things = Things

    with pytest.raises(nk.ConfigurationError, match=r"type 'Later' cannot be found.*TYPE_CHECKING"):
        _ = Api(demo.url).things.get
    globals()["Later"] = dict
    try:
        with Api(demo.url) as api:
            assert api.things.get()["city"] == "Zurich"
    finally:
        del globals()["Later"]


def test_a_method_called_list_hides_no_type() -> None:
    """Below a method called `list`, `list[...]` in a type still is Python's."""

    class Things(nk.Resource):
        @nk.endpoint("GET /a")
        def list(self) -> Any: ...

        @nk.endpoint("GET /b")
        def names(self) -> list[str]: ...  # type: ignore[valid-type]  # what it is when it runs

    assert spec(Things.names).answer == list[str]


def a_placeholder_without_a_parameter() -> None:
    class Api(nk.Resource):
        @nk.endpoint("GET /a/{id}")
        def get(self, key: int) -> None: ...


def an_unknown_method() -> None:
    class Api(nk.Resource):
        @nk.endpoint("FETCH /a")
        def get(self) -> None: ...


def no_route() -> None:
    class Api(nk.Resource):
        @nk.endpoint("/a")
        def get(self) -> None: ...


def an_unclosed_brace() -> None:
    class Api(nk.Resource):
        @nk.endpoint("GET /a/{id")
        def get(self, id: int) -> None: ...


def two_bodies() -> None:
    class Api(nk.Resource):
        @nk.endpoint("POST /a")
        def post(self, a: Annotated[Any, nk.Body()], b: Annotated[Any, nk.Body()]) -> None: ...


def a_body_and_a_field() -> None:
    class Api(nk.Resource):
        @nk.endpoint("POST /a")
        def post(self, a: Annotated[Any, nk.Body()], b: Annotated[Any, nk.Form()]) -> None: ...


def json_and_a_form() -> None:
    class Api(nk.Resource):
        @nk.endpoint("POST /a")
        def post(self, a: Annotated[Any, nk.Body("a")], b: Annotated[Any, nk.Form()]) -> None: ...


def two_places() -> None:
    class Api(nk.Resource):
        @nk.endpoint("GET /a")
        def get(self, a: Annotated[str, nk.Query(), nk.Header()]) -> None: ...


def any_number_of_parameters() -> None:
    class Api(nk.Resource):
        @nk.endpoint("GET /a")  # type: ignore[arg-type]
        def get(self, **more: Any) -> None: ...


def an_async_method() -> None:
    class Api(nk.Resource):
        @nk.endpoint("GET /a")
        async def get(self) -> None: ...


def no_method() -> None:
    nk.endpoint("GET /a")(7)  # type: ignore[arg-type]


def a_page_without_paging() -> None:
    class Api(nk.Resource):
        @nk.endpoint("GET /a")
        def get(self) -> nk.Page[int]: ...


def paging_without_a_page() -> None:
    class Api(nk.Resource):
        @nk.endpoint("GET /a", paging=nk.CursorPaging())  # type: ignore[arg-type]
        def get(self) -> list[int]: ...


def paging_by_name() -> None:
    nk.endpoint("GET /a", paging="cursor")  # type: ignore[call-overload]


def needs_as_text() -> None:
    nk.endpoint("GET /a", needs="x-api-key")


def needs_of_a_class() -> None:
    class Api(nk.Client):
        needs = "x-api-key"  # type: ignore[assignment]


def a_private_endpoint() -> None:
    class Api(nk.Resource):
        @nk.endpoint("GET /a")
        def _get(self) -> None: ...


def a_verb_of_the_client() -> None:
    class Api(nk.Client):
        @nk.endpoint("GET /a")
        def get(self) -> None: ...  # type: ignore[override]


def a_resource_over_the_client() -> None:
    class Things(nk.Resource):
        """Nothing."""

    class Api(nk.Client):
        sync = Things  # type: ignore[assignment]


def no_brackets() -> None:
    class Api(nk.Client):
        @nk.endpoint  # type: ignore[call-overload]
        def things(self) -> Any: ...


@pytest.mark.parametrize(
    ("declare", "says"),
    [
        (
            a_placeholder_without_a_parameter,
            r"has \{id\}, and there is no parameter.*def get\(self",
        ),
        (no_brackets, r"given method and path: write @nk.endpoint\('GET"),
        (an_unknown_method, "no method 'FETCH'; there are DELETE, GET"),
        (no_route, r"get: the route '/a' is no method and path: write @nk.endpoint\('GET"),
        (an_unclosed_brace, "without its partner"),
        (two_bodies, "one body, and a and b are it"),
        (a_body_and_a_field, "'a' is the whole body, so there is no room in it for b"),
        (json_and_a_form, "JSON or a form, not both"),
        (two_places, "'a' stands in one place"),
        (any_number_of_parameters, r"write each parameter by its name; \*\*more"),
        (an_async_method, "@nk.composed"),
        (no_method, "is put above a method"),
        (a_page_without_paging, "give paging=, such as nk.CursorPaging"),
        (paging_without_a_page, r"returns nk.Page\[...\]"),
        (paging_by_name, "paging='cursor' must be one of the ways"),
        (needs_as_text, r"needs='x-api-key' must be names.*needs=\('x-api-key',\)"),
        (needs_of_a_class, r"needs='x-api-key' must be names"),
        (a_private_endpoint, "'_get' begins with an underscore"),
        (a_verb_of_the_client, "'get' would hide what is there.*'get_'"),
        (a_resource_over_the_client, "'sync' would hide what is there"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_declared(declare: Any, says: str) -> None:
    """A mistake in a declaration is an error of the class statement, and says what to write."""
    with pytest.raises(nk.ConfigurationError, match=f"(?s){says}"):
        declare()


def test_a_class_in_a_function_keeps_nothing_of_it() -> None:
    """A client that is a local variable where a class is made is collected with its function."""

    def made() -> weakref.ref[nk.Client]:
        client = nk.Client("http://127.0.0.1:9")

        class Things(nk.Resource):
            @nk.endpoint("GET /things")
            def all(self) -> dict[str, int]: ...

        return weakref.ref(client)

    gc.disable()
    try:
        assert made()() is None
    finally:
        gc.enable()
