"""Event hooks: order, what they are given, what they may change, and what they raise."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.client.httpx.alike import Alike, answers_of

if TYPE_CHECKING:
    from notebook_kit.testing import FaultServer


def test_order_and_what_they_see(alike: Alike, server: FaultServer) -> None:
    """Hooks are called in order, for each hop, before the body of an answer is read."""
    server.when("/go", answer(status=302, headers=[("location", "/x")]))
    told: list[str] = []

    async def first(request: httpx.Request) -> None:
        told.append(f"1 {request.method} {request.url.path} {request.headers.get('x-added')}")
        request.headers["x-added"] = "yes"

    async def second(request: httpx.Request) -> None:
        told.append(f"2 {request.headers['x-added']}")

    async def answered(response: httpx.Response) -> None:
        told.append(f"3 {response.status_code} {response.request.url.path} {response.is_closed}")
        if response.status_code == 200:
            await response.aread()
            told.append(response.text)

    both = alike(
        answers_of(lambda client: client.get("/go")),
        follow_redirects=True,
        event_hooks={"request": [first, second], "response": [answered]},
    )
    half = len(told) // 2
    assert told[:half] == told[half:]
    assert told[:3] == ["1 GET /go None", "2 yes", "3 302 /go False"]
    assert dict(both.seen[0][0].headers)[b"x-added"] == b"yes"


def test_ordinary_functions(alike: Alike, server: FaultServer) -> None:
    """Beyond httpx, whose asynchronous client takes async functions only: all callables do."""
    told: list[Any] = []

    class Hook:
        def __call__(self, response: httpx.Response) -> None:
            told.append(response.status_code)

    hooks = {"request": (functools.partial(told.append),), "response": [Hook()]}
    client = alike.kit(event_hooks=hooks)
    client.get("/x").result()
    client.close()
    assert [type(told[0]).__mro__[1], told[1]] == [httpx.Request, 200]


@pytest.mark.parametrize("event", ["request", "response"])
def test_what_a_hook_raises(alike: Alike, server: FaultServer, event: str) -> None:
    """An error of a hook comes out of the call as it is, and the client goes on working."""
    broken = True

    async def hook(_subject: Any) -> None:
        if broken:
            raise LookupError(event)

    client = alike.kit(event_hooks={event: [hook]}, retry=3)
    with pytest.raises(LookupError, match=event):
        client.get("/x").result()
    broken = False
    assert client.get("/x").result().text == "fine"
    client.close()
    assert len(server.requests) == (1 if event == "request" else 2)


def test_raising_in_a_hook_for_statuses(alike: Alike, server: FaultServer) -> None:
    """httpx's recipe of calling raise_for_status in a hook works: its error is what is raised."""
    server.when("/no", answer(status=404))

    async def check(response: httpx.Response) -> None:
        response.raise_for_status()

    client = alike.kit(event_hooks={"response": [check]})
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        client.get("/no").result()
    client.close()


@pytest.mark.parametrize(
    ("hooks", "said"),
    [
        ({"x": []}, "has no option 'x'"),
        ({"respons": []}, "Did you mean 'response'"),
        ({"request": print}, "must be a list of functions"),
        ({"request": ["print"]}, "must be a list of functions"),
        ({"response": None}, "must be a list of functions"),
        ([print], "event_hooks= is a list"),
    ],
)
def test_what_is_no_hooks_is_refused(hooks: Any, said: str) -> None:
    """A difference to httpx, which overlooks them: wrong hooks are an error at once."""
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.Client("http://host", event_hooks=hooks)
