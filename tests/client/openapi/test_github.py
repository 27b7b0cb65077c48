from __future__ import annotations

import functools
import inspect
import json
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.openapi.papers import saved
from tests.client.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.testing import Behaviour, ReceivedRequest


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """GitHub's description of its API."""
    return saved("github.json.gz")


@pytest.fixture(scope="module")
def unconnected(document: dict[str, Any]) -> Iterator[Any]:
    """A client of it that sends nothing."""
    client = nk.Client.from_openapi(document)
    yield client
    client.close()


def reached(client: Any, call: str) -> Any:
    """Return the endpoint that a line of the list names."""
    names = call.partition("(")[0].split(".")[1:]
    return functools.reduce(getattr, names, client)


def test_nothing_is_made_before_it_is_asked_for(document: dict[str, Any]) -> None:
    """Making a client of a large document makes no endpoint."""
    client = nk.Client.from_openapi(document)
    issues = vars(type(client))["issues"]
    made = [it for it in vars(issues).values() if getattr(it, "_compiled", None) is not None]
    assert len(vars(issues)) > 50
    assert made == []
    assert client.issues.get.spec.path == "/repos/{owner}/{repo}/issues/{issue_number}"
    client.close()


def test_every_operation_can_be_reached_and_made(
    document: dict[str, Any], unconnected: Any
) -> None:
    """Once, with a signature and a docstring, at the path that the document says."""
    table = unconnected.openapi.operations
    methods = ("get", "put", "post", "patch", "delete", "head")
    described = {
        (m.upper(), path) for path, it in document["paths"].items() for m in it if m in methods
    }
    assert len(table) == len(described) > 1_200
    assert unconnected.openapi.problems == ()
    seen = set()
    for row in table.itertuples():
        endpoint = reached(unconnected, row.call)
        needed = [
            name
            for name, it in endpoint.__signature__.parameters.items()
            if it.default is inspect.Parameter.empty
        ]
        assert row.call.endswith(f"({', '.join(needed)})")
        assert endpoint.__doc__.startswith(("Deprecated.", row.summary[:20]))
        seen.add((endpoint.spec.method, row.path))
        assert endpoint.spec.path.endswith(row.path)
    assert seen == described


def test_the_names_are_those_one_would_guess(unconnected: Any) -> None:
    """As GitHub calls them itself, less the name of the group."""
    assert str(unconnected.issues.list_for_repo.__signature__).startswith(
        "(owner: str, repo: str, *"
    )
    assert "state: Literal['open', 'closed', 'all'] = 'open'" in str(
        unconnected.issues.list_for_repo.__signature__
    )
    assert {"issues", "repos", "pulls", "users", "openapi"} <= set(dir(unconnected))
    assert {"get", "list_for_repo", "create"} <= set(dir(unconnected.issues))
    assert {"get", "list_for_repo", "create"} <= set(dir(unconnected.sync.issues))


def echo(_number: int, request: ReceivedRequest) -> Behaviour:
    said = {"target": request.target, "body": request.body.decode()}
    return answer(
        json.dumps({**said, "total_count": 0, "items": []}),
        headers=[("content-type", "application/json")],
    )


def test_what_goes_over_the_wire(document: dict[str, Any]) -> None:
    """Path, query and body are as the document says, and defaults are not sent."""
    with Origin(echo) as origin:
        with nk.Client.from_openapi(document, base_url=origin.url) as api:
            made = api.issues.create("a b", "c/d", title="It broke", body="Help", labels=["bug"])
            got = api.repos.get_branch("octo", "kit", "feature/x")
            found = api.search.code("addClass in:file", per_page=5)
            raw = api.markdown.render_raw(content="*hi*")
        assert made["target"] == "/repos/a%20b/c%2Fd/issues"
        assert json.loads(made["body"]) == {"title": "It broke", "body": "Help", "labels": ["bug"]}
        assert got["target"] == "/repos/octo/kit/branches/feature%2Fx"
        assert list(found) == []
        assert origin.requests[2].target == "/search/code?q=addClass+in%3Afile&per_page=5"
        assert json.loads(raw)["body"] == "*hi*"
        assert origin.requests[-1].header("content-type") == b"text/plain"


def test_lists_go_on_by_their_links(document: dict[str, Any]) -> None:
    """Because the document describes the header; over all pages in a loop."""

    def pages(_number: int, request: ReceivedRequest) -> Behaviour:
        page = 2 if "page=2" in request.target else 1
        link = f'<{origin.url}/repos/o/r/issues?page=2>; rel="next"' if page == 1 else ""
        headers = [("content-type", "application/json"), ("link", link)]
        return answer(json.dumps([{"number": page * 10 + n} for n in range(2)]), headers=headers)

    with Origin(pages) as origin:
        with nk.Client.from_openapi(document, base_url=origin.url) as api:
            numbers = [it["number"] for it in api.issues.list_for_repo("o", "r", state="all")]
        assert numbers == [10, 11, 20, 21]
        assert origin.requests[0].target == "/repos/o/r/issues?state=all"


def test_uploads_go_to_their_own_server(unconnected: Any) -> None:
    """The document says so for this operation alone."""
    upload = unconnected.repos.upload_release_asset
    url = upload.url("o", "r", 1, "kit.zip", content=b"x")
    assert url == "https://uploads.github.com/repos/o/r/releases/1/assets?name=kit.zip"
