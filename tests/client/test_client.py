"""The client: awaited and synchronous calls, closing, errors, what it shows."""

from __future__ import annotations

import asyncio
import concurrent.futures
import copy
import gc
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_kit.demo import DemoServer

KEY = "sk-0123456789abcdef"


@pytest.fixture
def client(demo: DemoServer) -> Iterator[nk.Client]:
    client = nk.Client(demo.url, retry=0)
    yield client
    client.close()


def test_with_gives_values_and_closes(demo: DemoServer) -> None:
    """A1: inside `with` calls return answers; after it the client is closed."""
    client = nk.Client(demo.url)
    with client as api:
        assert api.get("/airports/ZRH").json()["city"] == "Zurich"
        assert demo.stats().connections_open == 1
        assert not client.is_closed
    assert client.is_closed
    assert api.is_closed


def test_async_with_gives_calls_and_closes(demo: DemoServer) -> None:
    """A2, A3: `async with` on the same class gives calls that are awaited, and closes."""

    async def main() -> nk.Client:
        async with nk.Client(demo.url) as client:
            assert (await client.get("/airports/ZRH")).json()["city"] == "Zurich"
        return client

    assert asyncio.run(main()).is_closed


def test_every_verb_in_both_faces(client: nk.Client) -> None:
    """E1: each verb sends its method, awaited, by result() and on the synchronous face."""

    async def awaited(verb: str) -> Any:
        return (await getattr(client, verb)("/echo")).json()["method"]

    for verb in ("get", "post", "put", "patch", "delete"):
        assert asyncio.run(awaited(verb)) == verb.upper()
        assert getattr(client, verb)("/echo").result().json()["method"] == verb.upper()
        assert getattr(client.sync, verb)("/echo").json()["method"] == verb.upper()
    assert client.sync.head("/airports/ZRH").status_code == 200
    assert client.head("/airports/ZRH").result().content == b""
    with pytest.raises(nk.APIError, match="405"):
        client.sync.options("/airports/ZRH")


def test_one_client_in_many_loops_and_threads(client: nk.Client) -> None:
    """One client works in repeated asyncio.run and in threads, all with the same connections."""

    async def city(code: str) -> str:
        return str((await client.get(f"/airports/{code}")).json()["city"])

    async def both() -> list[str]:
        return list(await asyncio.gather(city("ZRH"), city("GVA")))

    for _ in range(3):
        assert asyncio.run(both()) == ["Zurich", "Geneva"]
    cities: list[str] = []

    def work() -> None:
        cities.append(client.get("/airports/ZRH").result().json()["city"])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cities == ["Zurich"] * 8


def test_an_interrupted_await_leaves_nothing_in_flight(client: nk.Client, demo: DemoServer) -> None:
    """A cancelled await cuts its request: the server sees the connection go."""

    async def main() -> None:
        call = asyncio.ensure_future(_await(client.get("/slow?seconds=30")))
        while demo.stats().in_flight == 0:
            await asyncio.sleep(0.005)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        while demo.stats().in_flight:
            await asyncio.sleep(0.005)

    asyncio.run(asyncio.wait_for(main(), timeout=20))


def _settles(condition: Callable[[], bool]) -> bool:
    """Look for two seconds at most whether something that happens elsewhere comes true."""
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


async def _await(call: nk.Call) -> nk.Response:
    return await call


def test_result_with_a_timeout_cuts_the_call(client: nk.Client) -> None:
    """call.result(timeout) gives up after that time, and says what became of the call."""
    with pytest.raises(TimeoutError, match=r"/slow\S+: not done after 0\.05 s, so it was cut"):
        client.get("/slow?seconds=30").result(timeout=0.05)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, nk.AuthenticationError),
        (403, nk.PermissionDenied),
        (404, nk.NotFound),
        (409, nk.Conflict),
        (418, nk.APIError),
        (429, nk.RateLimited),
        (503, nk.ServerError),
    ],
)
def test_error_statuses_raise_their_class(
    client: nk.Client, status: int, kind: type[nk.APIError]
) -> None:
    """E5: 4xx and 5xx raise an APIError of the right kind, with status, call and answer."""
    with pytest.raises(kind) as caught:
        client.get(f"/status/{status}").result()
    assert caught.value.status_code == status
    assert caught.value.response.status_code == status
    assert caught.value.attempts == 1
    assert caught.value.call == f"GET {client.base_url}/status/{status}"


def test_a_refused_connection_is_surely_not_sent() -> None:
    """Nobody listening raises ConnectionFailed, which is a ConnectionError and safe to repeat."""
    with (
        nk.Client("http://127.0.0.1:9", retry=0) as api,
        pytest.raises(nk.ConnectionFailed) as caught,
    ):
        api.post("/x")
    assert isinstance(caught.value, ConnectionError)
    assert not caught.value.maybe_sent


def test_flaky_answers_are_tried_again(demo: DemoServer) -> None:
    """A single call is a run of one: a 503 that heals is repeated with the client's policy."""
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(503 if asked < 3 else 200, json={"asked": asked})

    retry = nk.Retry(max_attempts=3, base_delay=0.001)
    with nk.Client(demo.url, transport=httpx.MockTransport(answer), retry=retry) as api:
        assert api.get("/x").json() == {"asked": 3}


def test_a_post_that_may_have_been_processed_is_not_repeated() -> None:
    """A POST answered 503 without Retry-After goes out once, unless the user says otherwise."""
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(503)

    for retry, expected in ((nk.Retry(base_delay=0), 1), (nk.Retry(base_delay=0, unsafe=True), 3)):
        asked = 0
        transport = httpx.MockTransport(answer)
        client = nk.Client("http://host", transport=transport, retry=retry)
        with client as api, pytest.raises(nk.ServerError) as caught:
            api.post("/x")
        assert asked == expected == caught.value.attempts


def test_close_any_number_of_times(demo: DemoServer) -> None:
    """B1: close() is idempotent, awaitable or not, and is_closed tells."""
    client = nk.Client(demo.url)
    client.get("/airports/ZRH").result()
    assert not client.is_closed
    client.close()
    client.close()

    async def again() -> None:
        await client.close()

    asyncio.run(again())
    assert client.is_closed


def test_a_closed_client_says_what_to_do(demo: DemoServer) -> None:
    """B2: using or entering a closed client raises ClosedError, a RuntimeError; nothing is sent."""
    client = nk.Client(demo.url)
    client.close()

    async def enter() -> None:
        async with client:
            pass

    uses: list[Any] = [
        lambda: client.get("/airports/ZRH"),
        lambda: client.map("/airports/{iata}", ["ZRH"]),
        client.__enter__,
        lambda: asyncio.run(enter()),
    ]
    for use in uses:
        with pytest.raises(nk.ClosedError, match=r"make a new one: nk.Client\(...\)") as caught:
            use()
        assert isinstance(caught.value, RuntimeError)
    assert demo.stats().requests == 0


def test_an_error_inside_the_block_closes_and_is_not_masked(demo: DemoServer) -> None:
    """B3: the exception of the block leaves it as it is, and the client is closed."""
    client = nk.Client(demo.url)
    with pytest.raises(ZeroDivisionError), client:
        1 / 0  # noqa: B018 - raises
    assert client.is_closed


def test_a_bare_verb_inside_its_own_block_names_as(client: nk.Client) -> None:
    """Inside `with client as api` the outer object's verbs say to use api."""
    with client, pytest.raises(nk.ConfigurationError, match=r"write api.get\(...\)"):
        client.get("/airports/ZRH")


def test_a_dropped_client_closes_its_connections(demo: DemoServer) -> None:
    """F3: a client that is collected without close() leaves no connection and no warning."""

    def use() -> None:
        nk.Client(demo.url).get("/airports/ZRH").result()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(20):
            use()
        gc.collect()
    assert demo.stats().connections_opened == 20
    assert _settles(lambda: demo.stats().connections_open == 0)
    assert nk.open_resources() == []


def test_a_temporary_client_lives_as_long_as_its_call_and_its_run(demo: DemoServer) -> None:
    """nk.Client(url).get(...) and .map(...) work without a name for the client."""
    assert nk.Client(demo.url).get("/airports/ZRH").result().status_code == 200
    run = nk.Client(demo.url).map("/airports/{iata}", ["ZRH"] * 20, progress=False)
    gc.collect()
    assert run.result()["status"].eq("ok").all()
    del run
    nk.forget()


def test_open_resources_and_close_all(demo: DemoServer) -> None:
    """nk.open_resources() tells what is open and where it was made; nk.close_all() closes it."""
    client = nk.Client(demo.url)
    client.get("/airports/ZRH").result()
    (resource,) = nk.open_resources()
    assert (resource.kind, resource.name, resource.uses) == ("client", demo.url, 1)
    assert "test_client.py:" in str(resource)
    nk.close_all()
    assert client.is_closed
    assert nk.open_resources() == []


def test_an_unsent_call_warns_once_per_line(client: nk.Client) -> None:
    """A call that is thrown away unsent warns once for its line; one that was shown does not."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            client.get("/airports/ZRH")
        repr(client.get("/airports/ZRH"))
        gc.collect()
    assert [item.category for item in caught] == [nk.UnsentCallWarning]
    assert "was never sent: put `await` before it" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_an_unsent_call_says_what_to_type(client: nk.Client) -> None:
    """Shown in a cell, a call names its request and says await and result(), escaped."""
    call = client.get("/search", params={"q": "<b>", "api_key": KEY})
    assert "not sent yet; write `await call`" in repr(call)
    html = call._repr_html_()
    assert "<code>await</code>" in html
    assert KEY not in html + repr(call)


def test_keys_are_never_shown(demo: DemoServer) -> None:
    """A Secret in headers reaches the server and no repr, error or vars() of the client."""
    key = nk.Secret(KEY)
    client = nk.Client(demo.url, headers={"x-api-key": key, "Authorization": f"Bearer {KEY}"})
    answer = client.get("/echo", params={"token": key}).result()
    sent = {name.lower(): value for name, value in answer.json()["headers"]}
    assert sent["x-api-key"] == KEY
    shown = repr(client) + repr(answer) + repr(vars(client))
    with pytest.raises(nk.NotFound) as caught:
        client.get("/nowhere", params={"token": key}).result()
    shown += str(caught.value) + repr(caught.value) + str(caught.value.call)
    assert KEY not in shown
    client.close()


@pytest.mark.parametrize("value", [f"{KEY}\n", f" {KEY}", "a\r\nb: c"])
def test_keys_are_checked_when_they_are_set(value: str) -> None:
    """A trailing newline in a header is an error at once, and does not show the key."""
    with pytest.raises(nk.ConfigurationError, match=r"value.strip\(\)") as caught:
        nk.Client("http://host", headers={"x-api-key": value})
    assert KEY not in str(caught.value)


def test_bad_requests_are_refused_before_anything_is_sent(
    client: nk.Client, demo: DemoServer
) -> None:
    """A body that is no JSON, an unknown option or an unfilled placeholder never leaves."""
    with pytest.raises(nk.ConfigurationError, match="cannot be built"):
        client.post("/echo", json={"x": object()})
    with pytest.raises(nk.ConfigurationError, match="no option 'parms'"):
        client.get("/echo", parms={})  # type: ignore[call-arg]
    with pytest.raises(nk.ConfigurationError, match=r"client\.map"):
        client.get("/users/{id}")
    assert demo.stats().requests == 0


def test_an_answer_that_is_no_json_says_what_came(client: nk.Client) -> None:
    """response.json() of something else raises DecodeError with the beginning of the text."""
    with pytest.raises(nk.DecodeError, match="is not JSON"):
        client.get("/text/hello").result().json()


def test_credentials_in_several_fields(demo: DemoServer) -> None:
    """B6: a secret key and an organisation id go as headers, and show nowhere."""
    demo.switches.require_credentials = True
    key = nk.Secret(demo.token)
    headers = {"x-secret-key": key, "x-organization-id": demo.organization_id}
    with nk.Client(demo.url, headers=headers) as api:
        assert api.get("/datasets").json()["items"]
        assert demo.token not in repr(api) + repr(vars(api))
    with nk.Client(demo.url) as api, pytest.raises(nk.AuthenticationError):
        api.get("/datasets")


def test_clients_nest(demo: DemoServer) -> None:
    """B8: a client opened inside another's block closes alone; the outer one goes on."""
    with nk.Client(demo.url) as outer:
        with nk.Client(demo.url) as inner:
            assert inner.get("/airports/ZRH").status_code == 200
        assert inner.is_closed
        assert outer.get("/airports/ZRH").status_code == 200


def test_a_later_request_reuses_the_connection(demo: DemoServer) -> None:
    """B9: requests one after the other share one connection."""
    with nk.Client(demo.url) as api:
        for _ in range(5):
            api.get("/airports/ZRH")
    assert demo.stats().connections_opened == 1


def test_two_hundred_threads_share_one_client(demo: DemoServer) -> None:
    """B10: 200 threads with one synchronous client all get their answers, within its bounds."""
    with nk.Client(demo.url, max_connections=20) as api:

        def work(_: int) -> int:
            return api.get("/airports/ZRH").status_code

        with concurrent.futures.ThreadPoolExecutor(200) as threads:
            assert list(threads.map(work, range(400))) == [200] * 400
    assert demo.stats().connections_opened <= 20


def test_a_call_can_be_copied(client: nk.Client) -> None:
    """A copy is the same call: it can be sent, and says what it is."""
    call = client.get("/airports/ZRH")
    assert repr(copy.copy(call)) == repr(call)
    assert copy.copy(call).result().json()["city"] == "Zurich"


def test_a_forgotten_await_is_named(client: nk.Client) -> None:
    """Asking a call for what its answer has says that it was not sent, and what to write."""
    with pytest.raises(AttributeError, match=r"not sent yet.*\(await call\)\.json"):
        client.get("/airports/ZRH").json()
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        client.get("/airports/ZRH").nonsense  # noqa: B018 - raises


def test_a_typo_in_an_option_is_named(client: nk.Client) -> None:
    """An unknown option of a call or a map is refused with what is close to it."""
    with pytest.raises(nk.ConfigurationError, match=r"'parms'\. Did you mean 'params'"):
        client.get("/echo", parms={})  # type: ignore[call-arg]
    with pytest.raises(nk.ConfigurationError, match=r"'methd'\. Did you mean 'method'"):
        client.map("/{x}", [1], methd="POST")  # type: ignore[call-arg]


def test_an_error_has_a_short_traceback(client: nk.Client) -> None:
    """A failed call shows the user's line and the call, and not the kit's insides."""
    with pytest.raises(nk.NotFound) as caught:
        client.get("/nowhere").result()
    assert len(caught.traceback) <= 3
    assert caught.value.__cause__ is None


def test_a_bearer_token(demo: DemoServer) -> None:
    """key.bearer() is what an Authorization header takes; a key written as **** is refused."""
    key = nk.Secret(demo.token)
    with nk.Client(demo.url, headers={"Authorization": key.bearer()}) as api:
        assert api.get("/auth/bearer").status_code == 200
    with pytest.raises(nk.ConfigurationError, match="Authorization"):
        nk.Client(demo.url, headers={"Authorization": f"Bearer {key}"})


def test_a_key_that_the_api_repeats_is_not_shown_in_the_notebook() -> None:
    """The cell shows the answer without it; the answer itself is what came."""
    key = nk.Secret("sk-repeated-0123456789")
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, text=request.headers["x-api-key"])
    )
    with nk.Client("http://host", headers={"x-api-key": key}, transport=transport) as api:
        answer = api.get("/")
    assert answer.text == key.reveal()
    assert key.reveal() not in answer._repr_html_()


def test_a_closing_says_what_it_is(demo: DemoServer) -> None:
    """As the last value of a cell."""
    client = nk.Client(demo.url)
    assert repr(client.close()) == "<closed>"


def test_a_redirect_that_was_not_followed_is_named_where_its_body_is_read() -> None:
    """What is missing is not JSON but the option that follows it."""
    transport = httpx.MockTransport(
        lambda _: httpx.Response(302, headers={"location": "/elsewhere"})
    )
    with (
        nk.Client("http://host", transport=transport) as api,
        pytest.raises(nk.DecodeError, match="a redirect, not followed without follow_redirects"),
    ):
        api.get("/").json()


@pytest.mark.parametrize("name", ["status_code", "headers", "json"])
def test_what_only_an_answer_has_says_that_nothing_was_sent(name: str) -> None:
    """Asked for without `await`."""
    call = nk.Client("http://host").get("/")
    with pytest.raises(AttributeError, match=rf"\(await call\)\.{name}"):
        getattr(call, name)


def test_what_an_error_quotes_of_an_answer_shows_no_field_of_a_credential() -> None:
    """The words stay, the value of a field that is named like a credential does not."""
    body = {"reason": "expired", "access_token": "eyJ-short-lived"}
    transport = httpx.MockTransport(lambda _: httpx.Response(400, json=body))
    with (
        nk.Client("http://host", transport=transport) as api,
        pytest.raises(nk.APIError, match="expired") as caught,
    ):
        api.get("/")
    assert "eyJ-short-lived" not in str(caught.value)
