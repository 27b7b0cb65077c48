from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.openapi import source
from notebook_kit.client.openapi.document import Broken
from notebook_kit.client.openapi.source import load
from notebook_kit.testing import answer
from tests.client.openapi.papers import of_paths
from tests.client.origins import Origin

if TYPE_CHECKING:
    from pathlib import Path

PAPER = of_paths({"/x": {"get": {}}})


def serving(body: bytes | str, *headers: tuple[str, str], status: int = 200) -> Origin:
    return Origin(lambda _number, _request: answer(body, status=status, headers=list(headers)))


def test_a_url_is_fetched_and_nothing_is_left_open() -> None:
    """The connection it took is closed again, and no client is."""
    with serving(json.dumps(PAPER)) as origin:
        found = load(f"{origin.url}/v1/openapi.json?key=sk-0123456789", {})
        assert found.document.root == PAPER
        assert found.url == f"{origin.url}/v1/openapi.json"
        assert "0123456789" not in found.name
    assert not nk.open_resources()


def test_yaml_comes_over_the_wire_too() -> None:
    """Whatever content type the server names."""
    with serving("openapi: 3.0.0\npaths: {}\n", ("content-type", "text/plain")) as origin:
        assert load(httpx.URL(origin.url), {}).document.root["openapi"] == "3.0.0"


def test_credentials_of_the_api_are_not_sent_for_the_document() -> None:
    """Neither headers nor cookies nor parameters nor auth."""
    with serving(json.dumps(PAPER)) as origin:
        options = {
            "headers": {"x-api-key": "sk-0123456789"},
            "params": {"key": "sk-0123456789"},
            "cookies": {"session": "sk-0123456789"},
            "auth": ("user", "sk-0123456789"),
            "timeout": 5,
        }
        load(origin.url, options)
        (request,) = origin.requests
    assert b"0123456789" not in request.head
    assert request.header("authorization") is None


def test_a_document_behind_a_lock_says_how_to_get_it() -> None:
    """Because credentials are not sent for it."""
    with (
        serving("no", status=401) as origin,
        pytest.raises(nk.ConfigurationError, match="fetch it yourself"),
    ):
        load(origin.url, {})


def test_a_document_that_is_not_there_is_an_error_of_its_kind() -> None:
    """With a note that says what was asked for."""
    with serving("no", status=404) as origin, pytest.raises(nk.NotFound) as caught:
        load(origin.url, {})
    assert "could not be fetched" in caught.value.__notes__[-1]


def test_redirects_are_followed_and_the_last_url_counts() -> None:
    """What is relative in it is relative to where it came from."""

    def react(_number: int, request: Any) -> Any:
        if request.path == "/latest":
            return answer(status=302, headers=[("location", "/v2/openapi.json")])
        return answer(json.dumps(PAPER))

    with Origin(react) as origin:
        assert load(f"{origin.url}/latest", {}).url == f"{origin.url}/v2/openapi.json"


def test_a_document_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither from a server nor from a file."""
    monkeypatch.setattr(source, "_LARGEST", 1024)
    with (
        serving(b"[" + b"0," * 10_000) as origin,
        pytest.raises(nk.ConfigurationError, match="larger than"),
    ):
        load(origin.url, {})


def test_a_path_may_be_text_or_a_path(tmp_path: Path) -> None:
    """JSON or YAML."""
    file = tmp_path / "api.yaml"
    file.write_text("openapi: '3.1.0'\npaths: {}\n")
    for given in (file, str(file)):
        assert load(given, {}).document.root == {"openapi": "3.1.0", "paths": {}}


def test_files_beside_a_document_are_read_and_no_others(tmp_path: Path) -> None:
    """Also from one to the other; never above the document's own folder, nor from the web."""
    (tmp_path / "secret.json").write_text('{"a": 1}')
    folder = tmp_path / "api"
    (folder / "parts").mkdir(parents=True)
    (folder / "parts" / "pet.json").write_text('{"Pet": {"$ref": "more/tag.yaml#/Tag"}, "n": 1}')
    (folder / "parts" / "more").mkdir()
    (folder / "parts" / "more" / "tag.yaml").write_text("Tag: {$ref: '../pet.json#/n'}")
    (folder / "out.json").symlink_to(tmp_path / "secret.json")
    references = {
        "good": "parts/pet.json#/Pet",
        "self": "api.json#/info",
        "above": "../secret.json#/a",
        "link": "out.json#/a",
        "web": "https://example.com/pet.json",
        "gone": "parts/none.json",
    }
    paper = {**of_paths({}), **{name: {"$ref": it} for name, it in references.items()}}
    (folder / "api.json").write_text(json.dumps(paper))
    top = load(folder / "api.json", {}).document.top
    assert top.child("good").value == 1
    assert top.child("self").value == paper["info"]
    for name, said in {
        "above": "outside",
        "link": "outside",
        "web": "not fetched",
        "gone": "cannot be read",
    }.items():
        with pytest.raises(Broken, match=said):
            top.child(name)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"swagger": "2.0"}, "Swagger 2.0"),
        ({"asyncapi": "2.6.0"}, "AsyncAPI"),
        ({"openapi": "2.0"}, "openapi: '2.0'"),
        ({}, "no field 'openapi'"),
        ({"openapi": "3.0.0", "paths": []}, "#/paths: there is a list"),
        (7, "not a int"),
        ('{"openapi": "3.0.0"}', "json.loads"),
        ("openapi: 3.0.0\npaths: {}", "json.loads"),
        ("ftp://example.com/api", "https://"),
        ("/no/such/file.json", "cannot be read"),
    ],
)
def test_what_is_no_document_says_what_to_write(given: object, said: str) -> None:
    """Before anything is made."""
    with pytest.raises(nk.ConfigurationError, match=re.escape(said)):
        load(given, {})
