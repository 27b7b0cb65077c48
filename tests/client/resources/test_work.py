"""Maps of endpoints: items as arguments, typed results, errors as rows, checkpoints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.origins import Origin
from tests.client.resources.demo_api import Api, Dataset, RunState, Todo

if TYPE_CHECKING:
    from pathlib import Path

    from notebook_kit.demo import DemoServer

# ruff: noqa: A002 - parameters are called what an API calls them
# mypy: disable-error-code="empty-body"


@dataclass
class Note:
    text: str
    size: int = 1


class Notes(nk.Client):
    @nk.endpoint("POST /notes")
    def create(self, note: Note) -> Any: ...

    @nk.endpoint("GET /notes/{kind}/{id}")
    def one(self, kind: str, id: int, lang: str | None = None) -> Any: ...

    @nk.endpoint("GET /all")
    def all(self) -> Any: ...


def quiet(endpoint: Any, items: Any, **options: Any) -> pd.DataFrame:
    frame: pd.DataFrame = endpoint.map(items, progress=False, **options).result()
    return frame


def test_a_list_gives_the_first_parameter(api: Api) -> None:
    """Each item is the first argument, each result what the endpoint says, each error a row."""
    frame = quiet(api.datasets.get, ["ds-001", "nothing", "..", "ds-002"])
    assert frame["status"].tolist() == ["ok", "failed", "failed", "ok"]
    assert [type(it) for it in frame["result"]] == [Dataset, type(None), type(None), Dataset]
    assert frame["error_type"].tolist()[1:3] == ["NotFound", "ConfigurationError"]
    assert frame["status_code"].tolist()[0] == 200
    assert frame["result"][3].id == "ds-002"


def test_columns_are_parameters(api: Api) -> None:
    """Rows of a frame give parameters by their names; other columns are left alone."""
    rows = pd.DataFrame(
        {"asset_id": ["ds-001-atl", "x"], "dataset_id": ["ds-001"] * 2, "note": ["a", "b"]},
        index=["p", "q"],
    )
    first = api.assets.list("ds-001").result()[0]
    rows.loc["p", "asset_id"] = first["id"]
    frame = quiet(api.assets.get, rows)
    assert frame.index.tolist() == ["p", "q"]
    assert frame["result"]["p"] == first
    assert frame["status"].tolist() == ["ok", "failed"]
    assert quiet(api.assets.get, rows.to_dict("records"))["status"].tolist() == ["ok", "failed"]


def test_missing_values_of_a_table_leave_a_parameter_out() -> None:
    """NaN and None in a column of an optional parameter are no value; in others they are errors."""
    with Origin() as server:
        client = Notes(server.url, retry=0)
        rows = pd.DataFrame(
            {"kind": ["a", "b", None], "id": [1.0, 2.0, 3.0], "lang": ["de", None, "fr"]}
        )
        frame = quiet(client.one, rows)
        assert frame["status"].tolist() == ["ok", "ok", "failed"]
        targets = sorted(request.target for request in server.requests)
        assert targets == ["/notes/a/1?lang=de", "/notes/b/2"]
        client.close().wait()


def test_rows_as_bodies() -> None:
    """Dictionaries are the body where the endpoint takes one, rows of a frame too."""
    with Origin() as server:
        client = Notes(server.url, retry=0)
        quiet(client.create, [{"text": "a", "size": 2}, Note("b")])
        quiet(client.create, pd.DataFrame({"text": ["c"]}))
        quiet(client.create, pd.DataFrame({"note": [Note("d")]}))
        bodies = [json.loads(request.body) for request in server.requests]
        assert sorted(bodies, key=str) == sorted(
            [
                {"text": "a", "size": 2},
                {"text": "b", "size": 1},
                {"text": "c"},
                {"text": "d", "size": 1},
            ],
            key=str,
        )
        client.close().wait()


def test_what_cannot_work_is_said_before_anything_is_sent() -> None:
    """A column that is missing, a wrong option or a wrong type is an error of the map itself."""
    with Origin() as server:
        client = Notes(server.url)
        with pytest.raises(
            nk.ConfigurationError, match=r"one\(\) needs 'id', and there is no such"
        ):
            client.one.map(pd.DataFrame({"kind": ["a"]}))
        with pytest.raises(nk.ConfigurationError, match="no option 'params'"):
            client.one.map([1], params={})  # type: ignore[call-arg]
        with pytest.raises(nk.ConfigurationError, match="hedge= sends late calls twice"):
            client.create.map([Note("a")], hedge=True)
        assert server.count == 0
        frame = quiet(client.one, [1, {"kind": "a"}], fail_fast=False)
        assert "needs kind, id, and an item of this kind gives only the first" in frame["error"][0]
        assert "needs id, and the row has kind" in frame["error"][1]
        assert server.count == 0
        run = client.all.map([1, 2], progress=False)
        run.result()
        assert any("takes nothing" in notice for notice in run.snapshot().notices)
        client.close().wait()


def test_pages_of_many_lists(api: Api) -> None:
    """A list in pages gives the first page of each row, which goes on by itself."""
    frame = quiet(api.assets.list, ["ds-001", "ds-002"])
    assert [len(page) for page in frame["result"]] == [25, 25]
    assert frame["result"][0].next().result().total == 60


def test_results_of_other_kinds(api: Api) -> None:
    """Bytes are bytes, and an answer that does not fit is its row's error."""
    frame = quiet(api.image.generate, ["a", "b"])
    assert all(it.startswith(b"\x89PNG") for it in frame["result"])
    with Origin(
        lambda number, _: answer(b"[]", headers=[("content-type", "application/json")])
    ) as it:
        client = Api(it.url, retry=0)
        frame = quiet(client.datasets.get, ["a"])
        assert frame["error_type"].tolist() == ["DecodeError"]
        assert "the answer is not as declared" in frame["error"][0]
        client.close().wait()


def test_options_of_the_run_and_of_the_requests(api: Api, demo: DemoServer) -> None:
    """Retry, rate, limits and keys work as in any map; requests have what with_options gave."""
    demo.switches.drop_after_processing = True
    demo.switches.flaky_rate = 0.5
    create = api.todo.create.with_options(idempotency_key=True)
    frame = quiet(
        create, [f"todo {n}" for n in range(20)], retry=nk.Retry(max_attempts=20, base_delay=0.001)
    )
    demo.switches.flaky_rate = 0
    assert frame["status"].eq("ok").all()
    assert all(isinstance(it, Todo) for it in frame["result"])
    assert demo.stats().todos_created == 20
    echo = api.echo.with_options(headers={"x-more": "2"}, params={"page": 3})
    said = quiet(echo, ["a"], max_concurrency=1)["result"][0]
    assert said["query"] == "word=a&page=3"
    assert ["x-more", "2"] in said["headers"]
    demo.switches.flaky_rate = 1.0
    frame = quiet(
        api.datasets.get.with_options(retry=nk.Retry(max_attempts=2, base_delay=0)), ["a"]
    )
    assert frame["attempts"].tolist() == [2]
    frame = quiet(api.datasets.get.with_options(retry=5), ["a"], retry=0)
    assert frame["attempts"].tolist() == [1]


def test_answers_that_are_kept(api: Api, demo: DemoServer) -> None:
    """With cache= a later map and a later call are answered without a request, as objects."""
    first = quiet(api.datasets.get, ["ds-001"], cache="5 min")
    again = quiet(api.datasets.get.with_options(cache="5 min"), ["ds-001", "ds-001"])
    assert demo.stats().requests == 1
    assert again["source"].tolist() == ["cache", "cache"]
    assert again["result"].tolist() == [first["result"][0]] * 2
    assert api.datasets.get.with_options(cache="5 min")("ds-001").result() == first["result"][0]
    assert demo.stats().requests == 1


def test_credentials_of_auth_and_redirects() -> None:
    """auth= of the requests is sent, and a redirect is an error unless it is to be followed."""

    def rule(_: int, request: Any) -> Any:
        if request.path == "/notes/a/1":
            return answer(status=302, headers=[("location", "/notes/a/2")])
        return None

    with Origin(rule) as server:
        client = Notes(server.url, retry=0)
        one = client.one.with_options(auth=("ada", "secret-secret"))
        frame = quiet(one, [{"kind": "a", "id": 1}, {"kind": "a", "id": 3}])
        assert frame["status_code"].tolist() == [302, 200]
        assert all(it.header("authorization") for it in server.requests)
        frame = quiet(one.with_options(follow_redirects=True), [{"kind": "a", "id": 1}])
        assert frame["status"].tolist() == ["ok"]
        client.close().wait()


def test_what_is_given_where_no_answer_comes() -> None:
    """A fallback's plain value becomes what the endpoint gives, in calls and in maps."""
    plain = {"id": "x", "name": "none", "country": "", "asset_count": 0}
    client = Api("http://127.0.0.1:9", retry=0, fallback=nk.Fallback(value=plain))
    wanted = Dataset(**plain)  # type: ignore[arg-type]
    assert client.datasets.get("ds-001").result() == wanted
    frame = quiet(client.datasets.get, ["ds-001"])
    assert frame["source"].tolist() == ["fallback"]
    assert frame["result"].tolist() == [wanted]
    other = Dataset("y", "", "", 0)
    frame = quiet(client.datasets.get, ["ds-001"], fallback=nk.Fallback(value=other))
    assert frame["result"].tolist() == [other]
    client.close().wait()


def test_a_checkpoint_gives_back_objects(api: Api, demo: DemoServer, tmp_path: Path) -> None:
    """What was done is not sent again, and comes back as the objects that it was."""
    path = tmp_path / "datasets.db"
    first = quiet(api.datasets.get, ["ds-001", "ds-002"], checkpoint=path)
    demo.reset()
    again = quiet(api.datasets.get, ["ds-001", "ds-002", "ds-003"], checkpoint=path)
    assert demo.stats().requests == 1
    assert again["source"].tolist() == ["checkpoint", "checkpoint", "network"]
    assert again["result"].tolist()[:2] == first["result"].tolist()
    assert isinstance(again["result"][0], Dataset)
    assert quiet(api.airport, ["ZRH"], checkpoint=tmp_path / "a.db")["status"].tolist() == ["ok"]
    assert (
        quiet(api.airport, ["ZRH"], checkpoint=tmp_path / "a.db")["result"][0]["city"] == "Zurich"
    )


def test_a_checkpoint_looks_at_what_is_sent(api: Api, demo: DemoServer, tmp_path: Path) -> None:
    """A column that is no parameter may change, and its rows are not sent again."""
    rows = pd.DataFrame({"dataset_id": ["ds-001"], "note": ["a"]})
    quiet(api.datasets.get, rows, checkpoint=tmp_path / "work.db")
    again = quiet(api.datasets.get, rows.assign(note="b"), checkpoint=tmp_path / "work.db")
    assert again["source"].tolist() == ["checkpoint"]
    assert demo.stats().requests == 1


def test_a_checkpoint_knows_another_endpoint(api: Api, tmp_path: Path) -> None:
    """Answers of one endpoint are not taken for those of another under the same name."""
    path = tmp_path / "work.db"
    quiet(api.datasets.get, ["ds-001"], checkpoint=path, name="work")
    with pytest.raises(nk.CheckpointMismatch, match="path was"):
        quiet(api.user.one, [1], checkpoint=path, name="work")
    more = api.datasets.get.with_options(params={"lang": "de"})
    with pytest.raises(nk.CheckpointMismatch, match="the parameter 'lang' is new"):
        quiet(more, ["ds-001"], checkpoint=path, name="work")


def test_enums_and_retry_failed(api: Api) -> None:
    """Items of any kind are written as in a call, and what failed can be tried once more."""
    assert quiet(api.runs.list, [RunState.FAILED])["result"][0].items[0].status is RunState.FAILED
    run = api.datasets.get.map(["ds-001", "nothing"], progress=False)
    run.result()
    again = run.retry_failed()
    assert again.result()["status"].tolist() == ["failed"]


def test_the_run_is_named_by_the_endpoint(api: Api) -> None:
    """In the panel a run is called by its endpoint."""
    run = api.datasets.get.map(["ds-001"], progress=False)
    run.result()
    assert "Datasets.get (GET /datasets/{dataset_id})" in repr(run)


def test_a_map_on_the_synchronous_face(api: Api) -> None:
    """On the synchronous face a map gives the frame."""
    with api as client:
        frame = client.datasets.get.map(["ds-001"], progress=False)
        assert frame["result"][0].id == "ds-001"
        assert client.datasets.get.with_options(timeout=5)("ds-001").id == "ds-001"
        assert client.datasets.get.spec.method == "GET"
