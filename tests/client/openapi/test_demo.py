from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def api(demo: nk.demo.DemoServer) -> Iterator[Any]:
    """The synchronous face of a client of the demo API, made of its own document."""
    token = nk.Secret(demo.token).bearer()
    with nk.Client.from_openapi(
        f"{demo.url}/openapi.json", headers={"authorization": token}, retry=4
    ) as client:
        yield client


#: Calls for which the names of the parameters are not enough to know what to give.
GIVEN: dict[str, dict[str, Any]] = {
    "iata": {"iata": "ZRH"},
    "prompt": {"prompt": "a/b c"},
    "dataset_id": {"dataset_id": "ds-001"},
    "asset_id": {"asset_id": "ds-001-aaf"},
    "run_id": {"run_id": "run-001"},
    "messages": {"messages": [{"role": "user", "content": "Where is OSL?"}]},
    "input": {"input": "text"},
    "title": {"title": "write"},
    "text": {"text": "la"},
    "q": {"q": "ada"},
    "rest": {"rest": "x/y"},
    "code": {"code": 200},
    "count": {"count": 0},
    "id": {"id": 1},
}


def test_every_operation_answers(api: Any, demo: nk.demo.DemoServer) -> None:
    """Called by the names that the list of operations shows."""
    for row in api._client.openapi.operations.itertuples():
        names, _, needed = row.call.removesuffix(")").partition("(")
        call = functools.reduce(getattr, names.split(".")[1:], api)
        given: dict[str, Any] = {}
        for name in filter(None, needed.split(", ")):
            model = "demo-embed" if "embed" in names else "demo-chat"
            given |= {"model": model} if name == "model" else GIVEN[name]
        if row.path == "/auth/basic":
            call = call.with_options(auth=("demo", demo.token))
        if row.path == "/slow":
            given["seconds"] = 0
        call(**given)


def test_lists_in_pages(api: Any) -> None:
    """The document says that they go on by links."""
    page = api.airports.list(country="CH", per_page=4)
    assert page.total == len(list(page)) == 15
    assert len(page.to_frame()) == 15


def test_bytes_and_text(api: Any) -> None:
    """As the document says."""
    assert api.media.image("sea", width=8, height=8).startswith(b"\x89PNG")
    assert isinstance(api.media.text("sea"), str)
    assert api.media.image.url("sea").endswith("/image/sea")


def test_a_map_of_an_operation(demo: nk.demo.DemoServer) -> None:
    """One call for each row."""
    client = nk.Client.from_openapi(f"{demo.url}/openapi.json")
    frame = client.airports.get.map(["ZRH", "XXX", "GVA"], progress=False).result()
    assert frame["status"].tolist() == ["ok", "failed", "ok"]
    assert frame["result"].str["city"].tolist()[::2] == ["Zurich", "Geneva"]
    client.close()
