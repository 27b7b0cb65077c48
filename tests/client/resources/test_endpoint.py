"""Endpoints and their calls: nothing is sent before it is asked for, and both faces agree."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import warnings
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.execution import on_io_loop, submit
from tests.client.resources.demo_api import Api, Dataset, Datasets, User
from tests.loops import in_loop

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer

# mypy: disable-error-code="empty-body"


def test_making_a_call_sends_nothing(api: Api, demo: DemoServer) -> None:
    """A call is a value: it says what to type, and each time it is asked for it is sent again."""
    call = api.datasets.get("ds-001")
    assert (call.method, call.url) == ("GET", f"{demo.url}/datasets/ds-001")
    assert repr(call).startswith(f"<EndpointCall GET {demo.url}/datasets/ds-001: not sent yet;")
    assert "<code" in call._repr_html_()
    assert demo.stats().requests == 0
    assert call.result() == call.result(timeout="5 s")
    assert demo.stats().requests == 2


def test_asked_for_what_its_answer_has_a_call_says_what_to_write(api: Api) -> None:
    """A forgotten `await` is named, whatever field of the answer was asked for."""
    call: Any = api.datasets.get("ds-001")
    with pytest.raises(AttributeError, match=r"not sent yet, so there is no \.name: write \(await"):
        _ = call.name
    assert not hasattr(call, "_ipython_canary_method_should_not_exist_")


def test_a_call_that_was_never_sent_warns_once_per_line(api: Api, demo: DemoServer) -> None:
    """Thrown away unsent, a call warns at the line that made it, once however often that runs."""

    def forget() -> None:
        for _ in range(3):
            api.datasets.get("ds-001")
            gc.collect()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        forget()
        api.datasets.get("ds-001").result()
        assert list(api.datasets.list())
        api.datasets.list().to_frame().result()
        gc.collect()
    assert [it.category for it in caught] == [nk.UnsentCallWarning]
    assert caught[0].filename == __file__
    assert "/datasets/ds-001 was never sent" in str(caught[0].message)


def test_the_response_itself(api: Api) -> None:
    """`raw` is the call of the same request that gives the response."""
    response = api.datasets.get("ds-001").raw.result()
    assert isinstance(response, nk.Response)
    assert response.json()["id"] == "ds-001"


@in_loop
async def test_calls_in_groups() -> None:
    """Calls can be gathered, and sent by tasks of a group; errors are raised as they are."""
    with nk.demo.serve(latency=0) as server:
        async with Api(server.url, retry=0) as client:
            user, dataset = await asyncio.gather(client.user.me(), client.datasets.get("ds-001"))
            assert (user.id, dataset.id) == (1, "ds-001")
            async with asyncio.TaskGroup() as group:
                one = group.create_task(client.user.one(2).send())
            assert one.result().id == 2
            with pytest.raises(nk.NotFound):
                await client.datasets.get("nothing")


def test_the_outer_object_refuses_inside_with(api: Api) -> None:
    """In a `with` block the outer object names the inner one, for endpoints, maps and composed."""
    with api:
        for refused in (
            lambda: api.datasets.get("ds-001"),
            lambda: api.datasets.get.map(["ds-001"]),
            lambda: api.meeting.details(1),
        ):
            with pytest.raises(nk.ConfigurationError, match=r"write api\.(datasets|meeting)\."):
                refused()


def test_a_closed_client_says_so(api: Api) -> None:
    """An endpoint of a closed client raises when it is called, on both faces and in maps."""
    endpoint, face = api.datasets.get, api.sync.datasets.get
    api.close()
    for refused in (
        lambda: endpoint("ds-001"),
        lambda: face("ds-001"),
        lambda: endpoint.map(["ds-001"]),
        lambda: api.meeting.details(1),
    ):
        with pytest.raises(nk.ClosedError, match="make a new one"):
            refused()


def test_waiting_for_oneself_is_refused(api: Api) -> None:
    """result() and the synchronous face on the kit's own thread raise at once."""

    async def on_the_loop() -> User:
        assert on_io_loop()
        with pytest.raises(nk.WouldDeadlock):
            api.user.me().result()
        with pytest.raises(nk.WouldDeadlock):
            api.sync.user.me()
        with pytest.raises(nk.WouldDeadlock):
            api.sync.user.one.map([1])
        with pytest.raises(nk.WouldDeadlock):
            api.meeting.details(1).result()
        return await api.user.me()

    assert submit(on_the_loop()).result(10).id == 1


def test_endpoints_of_the_client_itself(api: Api) -> None:
    """An endpoint may stand on the client, beside its verbs."""
    assert api.airport("ZRH").result()["city"] == "Zurich"
    assert api.sync.airport("ZRH")["city"] == "Zurich"
    assert api.sync.echo("a")["query"] == "word=a"
    assert api.get("/airports/ZRH").result().json()["city"] == "Zurich"


def test_a_deprecated_endpoint_warns_where_it_is_called(demo: DemoServer) -> None:
    """An endpoint that its API will drop warns at the line of the caller."""

    class Old(nk.Client):
        @nk.endpoint("GET /airports/{iata}", deprecated=True)
        def airport(self, iata: str) -> dict[str, Any]: ...

    with Old(demo.url) as client, pytest.warns(DeprecationWarning, match="Old.airport") as caught:
        assert client.airport("ZRH")["city"] == "Zurich"
    assert caught[0].filename == __file__


def test_resources_can_be_found_by_name(api: Api) -> None:
    """dir() and repr tell what there is, on both faces."""
    assert {"datasets", "meeting", "airport"} <= set(dir(api))
    assert {"datasets", "meeting", "airport", "get", "close"} <= set(dir(api.sync))
    assert {"get", "list"} <= set(dir(api.sync.datasets))
    assert repr(api.datasets) == "<resource Datasets: get, list>"
    assert repr(api.sync.datasets) == "<synchronous face of <resource Datasets: get, list>>"
    assert "GET /datasets/{dataset_id}" in repr(api.datasets.get)
    assert "details(meeting_id: 'int')" in repr(api.meeting.details)
    with pytest.raises(AttributeError, match="no attribute 'dataset'"):
        _ = api.sync.dataset
    with pytest.raises(AttributeError, match="no attribute 'lst'"):
        _ = api.sync.datasets.lst


COMPLETE = """
import json, sys
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from tests.client.resources.demo_api import Api

shell = InteractiveShell.instance()
client = Api("http://127.0.0.1:9")
shell.user_ns |= {"client": client, "api": client.sync}
found = {}
for text in ("client.data", "client.datasets.l", "api.data", "api.datasets.l"):
    with provisionalcompleter():
        found[text] = [it.text for it in shell.Completer.completions(text, len(text))]
seen = map(shell.object_inspect_text, ("client.datasets.get", "api.datasets.get"))
print(json.dumps([found, *seen]))
"""


def test_completion_in_a_notebook() -> None:
    """IPython completes resources and endpoints on both faces, and `?` tells what they are."""
    done = subprocess.run(
        [sys.executable, "-c", COMPLETE], capture_output=True, text=True, timeout=110, check=True
    )
    found, *seen = json.loads(done.stdout.splitlines()[-1])
    assert {text: [it.strip(".") for it in names] for text, names in found.items()} == {
        "client.data": ["datasets"],
        "client.datasets.l": ["list"],
        "api.data": ["datasets"],
        "api.datasets.l": ["list"],
    }
    for text in seen:
        assert "datasets.get(dataset_id: str) -> " in text
        assert "Return one dataset." in text


def test_a_dropped_client_goes_with_its_resources(demo: DemoServer) -> None:
    """A resource keeps its client; dropped together they are collected at once, without the gc."""
    gc.disable()
    try:
        client = Api(demo.url)
        resource = client.datasets
        alive = weakref.ref(client)
        del client
        assert resource.get("ds-001").result().id == "ds-001"
        assert len(nk.open_resources()) == 1
        page = resource.list(limit=2).result()
        del resource
        # A page asks its client for the next one.
        assert alive() is not None
        assert len(page.next().result()) == 2
        del page
        assert alive() is None
        assert nk.open_resources() == []
    finally:
        gc.enable()


def test_plain_methods_choose_between_endpoints(api: Api) -> None:
    """A method that returns a call gives the value on the synchronous face, in the block too."""
    assert api.user.details(2).result().id == 2
    with api as client:
        assert client.user.details(2).id == 2
        assert isinstance(client.user.details(), User)


def test_elsewhere_a_class_of_resources_is_a_class() -> None:
    """As an attribute of anything but a client or a resource, the class is itself."""

    class Catalogue:
        stock = Datasets

    found: list[Any] = [Catalogue().stock, Catalogue.stock, Api.datasets]
    assert found == [Datasets] * 3


def test_one_class_several_clients(demo: DemoServer) -> None:
    """Resources know their own client, and a class of resources may stand in several clients."""

    class Other(nk.Client):
        stock: Datasets

    with Api(demo.url) as one, Other(demo.url) as two:
        found = two.stock.get("ds-002")
        assert isinstance(found, Dataset)
        assert one.datasets.get("ds-002") == found
