from __future__ import annotations

import gc
import inspect
import json
import pickle
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import httpx
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.client.openapi import OpenAPI, OpenAPIClient
from tests.client.openapi.papers import echoing, of_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

PETS: dict[str, Any] = {
    "/pets": {
        "get": {
            "operationId": "listPets",
            "tags": ["pets"],
            "summary": "All the pets.",
            "description": "In the order of their names.",
            "deprecated": True,
            "parameters": [
                {
                    "name": "limit",
                    "in": "query",
                    "description": "How many.",
                    "schema": {"type": "integer", "default": 10},
                },
                {"name": "old", "in": "query", "deprecated": True, "schema": {}},
                {"name": "kind", "in": "query", "schema": {"enum": ["cat", "dog"]}},
            ],
            "security": [{"key": []}],
        }
    },
    "/pets/{petId}": {"get": {"operationId": "getPet", "tags": ["pets"]}},
}
SCHEMES = {"key": {"type": "apiKey", "in": "query", "name": "api_key"}}
PAPER = of_paths(
    PETS,
    servers=[{"url": "https://pets.example/v1"}],
    tags=[{"name": "pets", "description": "Animals."}],
    components={"securitySchemes": SCHEMES},
)


@pytest.fixture
def client() -> Iterator[Any]:
    """A client of a few pets, which sends nothing."""
    made = nk.Client.from_openapi(PAPER)
    yield made
    made.close()


def test_it_is_a_client_with_the_resources_of_the_document(client: Any) -> None:
    """Of the class it was asked of, at the server that the document names."""
    assert isinstance(client, OpenAPIClient)
    assert client.base_url == "https://pets.example/v1"
    assert repr(client).startswith("<Client https://pets.example/v1: open")
    assert client.pets.get.url(7) == "https://pets.example/v1/pets/7"
    assert type(client.pets).__doc__ == "Animals."
    assert {"get", "list"} == {it for it in dir(client.pets) if it in ("get", "list", "create")}


def test_a_class_of_ones_own_keeps_what_it_has() -> None:
    """Its methods, its name, and its credentials."""

    class Pets(nk.Client):
        """Pets of our own."""

        needs = ("x-team",)

        def shout(self) -> str:
            return "!"

    client: Any = Pets.from_openapi(PAPER, params={"api_key": nk.Secret("sk-0123456789")})
    assert Pets in type(client).__mro__
    assert type(client).__name__ == "Pets"
    assert client.shout() == "!"
    with pytest.raises(nk.MissingCredential, match="x-team"):
        client.pets.get(7)
    client.close()


def test_the_docstring_tells_all(client: Any) -> None:
    """Summary, description, parameters, defaults, what is deprecated, what is needed."""
    doc = client.pets.list.__doc__
    assert doc == (
        "Deprecated.\n\nAll the pets.\n\nIn the order of their names.\n\n"
        "Args:\n    limit: How many. Default: 10.\n    old: Deprecated.\n    kind: 'cat' | 'dog'\n"
        "\n"
        "Needs, given to the client:\n"
        "    the query 'api_key' (params={'api_key': nk.Secret('...')})\n\nGET /pets"
    )


def test_the_signature_shows_defaults_that_are_not_sent(client: Any) -> None:
    """And the values that may be chosen."""
    assert str(client.pets.list.__signature__) == (
        "(*, limit: int = 10, old: Any = None, kind: Literal['cat', 'dog'] = None) -> Any"
    )
    assert client.pets.list.url() == "https://pets.example/v1/pets"
    assert client.pets.list.url(limit=10) == "https://pets.example/v1/pets?limit=10"


def test_a_missing_credential_is_named_and_nothing_is_sent(client: Any) -> None:
    """With it, the request goes out as ever."""
    with pytest.raises(nk.MissingCredential, match=r"'api_key'.*params=\{'api_key'"):
        client.pets.list()
    assert client.stats.requests == 0
    with echoing() as origin:
        key = nk.Secret("sk-0123456789")
        other: Any = nk.Client.from_openapi(PAPER, base_url=origin.url, params={"api_key": key})
        with pytest.warns(DeprecationWarning, match=r"client\.pets\.list"):
            assert other.pets.list().result() == {}
        assert origin.requests[0].target == "/pets?api_key=sk-0123456789"
        other.close()


def test_wrong_arguments_are_named_as_in_python(client: Any) -> None:
    """With what it is called and what it takes."""
    with pytest.raises(TypeError, match=r"client\.pets\.get\(\): missing .* 'pet_id'"):
        client.pets.get()


COMPLETE = """
import json
import notebook_kit as nk
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from tests.client.openapi.test_build import PAPER

shell = InteractiveShell.instance()
client = nk.Client.from_openapi(PAPER)
shell.user_ns |= {"client": client, "api": client.sync}
found = {}
for text in ("client.pe", "client.pets.l", "client.pets.list(lim", "api.pets.l"):
    with provisionalcompleter():
        found[text] = [it.text for it in shell.Completer.completions(text, len(text))]
print(json.dumps([found, shell.object_inspect_text("client.pets.list")]))
"""


def test_completion_in_a_notebook() -> None:
    """IPython offers resources, methods and parameters, and `?` shows what the document says."""
    done = subprocess.run(
        [sys.executable, "-c", COMPLETE], capture_output=True, text=True, timeout=110, check=True
    )
    found, seen = json.loads(done.stdout.splitlines()[-1])
    assert {text: [it.strip(".") for it in names] for text, names in found.items()} == {
        "client.pe": ["pets"],
        "client.pets.l": ["list"],
        "client.pets.list(lim": ["limit="],
        "api.pets.l": ["list"],
    }
    assert "limit: int = 10" in seen
    assert "All the pets." in seen


BROKEN: dict[str, Any] = {
    "/ok": {"get": {"operationId": "ok"}},
    "/bad-parameter": {"get": {"parameters": [{"$ref": "#/components/parameters/none"}]}},
    "/bad-body": {"post": {"requestBody": {"$ref": "other.yaml#/body"}}},
    "/bad-list": {"get": {"parameters": {"name": "x"}}},
    "/bad-{brace": {"get": {}},
    "no-slash": {"get": {}},
    "/fragment#x": {"get": {}},
    "/{}": {"get": {}},
    "/server": {"get": {"servers": [{"url": "ftp://x"}]}},
    "/bad-item": [],
    "/bad-operation": {"get": 7},
    "x-extension": {"get": {}},
}


def test_what_is_broken_is_left_out_and_the_rest_works() -> None:
    """With one warning, which names the first place; the others are in the list of problems."""
    with echoing() as origin:
        with pytest.warns(
            UserWarning, match=r"10 operations are left out; the first: #/paths/~1bad"
        ):
            client: Any = nk.Client.from_openapi(of_paths(BROKEN), base_url=origin.url)
        assert len(client.openapi.problems) == 10
        assert all(it.startswith("#/") for it in client.openapi.problems)
        assert client.openapi.operations["path"].tolist() == ["/ok"]
        assert client.ok().result() == {}
        assert "10 left out" in repr(client.openapi)
        client.close()


@pytest.mark.parametrize(
    ("paper", "said"),
    [
        (of_paths({}), "base_url="),
        (of_paths({}, servers=[{"url": "/v1"}]), "#/servers/0"),
        (of_paths({}, servers=[{"url": "ftp://x"}]), "#/servers"),
        (of_paths({}, servers=7), "base_url="),
    ],
)
def test_a_document_that_does_not_say_where_the_api_is(paper: Any, said: str) -> None:
    """Says so, and takes it from who knows."""
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.Client.from_openapi(paper)
    nk.Client.from_openapi(paper, base_url="https://a.example").close()


def test_a_document_without_servers_is_where_it_came_from(demo: nk.demo.DemoServer) -> None:
    """At the root of that server, whatever the path of the document."""
    client = nk.Client.from_openapi(f"{demo.url}/openapi.json")
    assert client.base_url == f"{demo.url}/"
    client.close()


def test_options_are_those_of_a_client() -> None:
    """A wrong one is refused with what is close to it; a lent client holds."""
    with pytest.raises(nk.ConfigurationError, match="max_connections"):
        nk.Client.from_openapi(PAPER, max_conections=3)
    client = nk.Client.from_openapi(PAPER, rate="5/s", max_connections=3)
    assert client.max_connections == 3
    client.close()
    lent = httpx.AsyncClient(base_url="https://lent.example")
    client = nk.Client.from_openapi(PAPER, http_client=lent)
    assert client.pets.get.url(7) == "https://lent.example/pets/7"
    client.close()


@pytest.mark.parametrize(
    "name", ["get", "map", "base_url", "openapi", "needs", "stats", "class", "_x"]
)
def test_names_of_the_clients_own_are_not_hidden(name: str) -> None:
    """A resource of such a name can be reached under another."""
    paper = of_paths({f"/{name}/{{id}}": {"get": {}}}, servers=[{"url": "https://a.example"}])
    client = nk.Client.from_openapi(paper)
    (call,) = client.openapi.operations["call"]
    endpoint = eval(call.partition("(")[0])  # noqa: S307 - what the table says to write
    assert endpoint.url(1) == f"https://a.example/{name}/1"
    assert client.base_url == "https://a.example"
    assert isinstance(client.openapi, OpenAPI)
    client.close()


def test_the_overview(client: Any) -> None:
    """A line for each operation, and a line for the whole."""
    table = client.openapi.operations
    assert isinstance(table, pd.DataFrame)
    assert table.to_dict("records")[0] == {
        "call": "client.pets.list()",
        "summary": "All the pets.",
        "method": "GET",
        "path": "/pets",
        "deprecated": True,
    }
    assert repr(client.openapi) == "<OpenAPI Test 1: 2 operations in pets>"
    assert len(client.openapi) == 2


def test_a_dropped_client_is_collected_at_once() -> None:
    """Its resources do not keep it, nor does the document."""
    client: Any = nk.Client.from_openapi(PAPER)
    assert inspect.signature(client.pets.get).parameters
    watched = weakref.ref(client)
    gc.disable()
    try:
        del client
        assert watched() is None
    finally:
        gc.enable()


def test_from_openapi_does_not_change_the_document() -> None:
    """A dict that was given is the user's."""
    before = pickle.dumps(PAPER)
    nk.Client.from_openapi(PAPER).close()
    assert pickle.dumps(PAPER) == before
