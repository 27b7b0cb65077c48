"""Answers that a client keeps: what is kept, for whom, and for how long."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.execution import io_loop
from notebook_kit.testing import answer
from tests.client.kept import Hand, both_transports, client_of, counting, keeper_of
from tests.client.origins import Origin, comes_true, fine

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour, ReceivedRequest

# What is kept


@both_transports
def test_a_kept_answer_is_given_again(transport: str) -> None:
    """The server is asked once, and the answer says where it came from."""
    with counting() as origin, client_of(origin.url, transport, cache="5 min") as api:
        first, second = api.get("/x"), api.get("/x")
    assert origin.count == 1
    assert (first.source, second.source) == ("network", "cache")
    assert first.json() == second.json() == {"n": 1}
    assert (second.status_code, second.headers["content-type"]) == (200, "application/json")
    assert "from the cache" in repr(second)
    assert "from the cache" in second._repr_html_()
    assert "cache" not in repr(first) + first._repr_html_()


@both_transports
def test_awaited_calls_and_maps_share_what_is_kept(transport: str) -> None:
    """What a call was answered a map need not ask for, and the other way round."""

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, transport, cache="5 min") as client:
            await client.get("/a")
            frame = await client.map("/{it}", ["a", "b"], progress=False)
            assert frame["source"].tolist() == ["cache", "network"]
            assert frame["attempts"].tolist() == [0, 1]
            assert frame["status_code"].tolist() == [200, 200]
            assert frame["result"].tolist() == [{"n": 1}, {"n": 2}]
            assert (await client.get("/b")).source == "cache"
            assert client.cache.stats().hits == 2

    with counting() as origin:
        asyncio.run(main(origin))
        assert origin.count == 2


@pytest.mark.parametrize("status", [301, 404, 429, 500])
def test_only_good_answers_are_kept(status: int) -> None:
    """An error is asked for anew, and so is an answer of 3xx."""
    with Origin(lambda _number, _: answer(status=status)) as origin:
        client = nk.Client(origin.url, cache="5 min", retry=0)
        for _ in range(2):
            if status == 301:
                client.get("/x").result()
            else:
                with pytest.raises(nk.APIError):
                    client.get("/x").result()
        assert client.cache.stats().items == 0
        client.close()
    assert origin.count == 2


def test_an_empty_answer_is_an_answer() -> None:
    """204 without a body is kept, and a row's None with it."""
    with (
        Origin(lambda _number, _: answer(status=204)) as origin,
        client_of(origin.url, cache="5 min") as api,
    ):
        api.get("/x")
        frame = api.map("/{it}", ["x"], progress=False)
    assert origin.count == 1
    assert frame["source"].tolist() == ["cache"]
    assert frame["result"].tolist() == [None]


@pytest.mark.parametrize(("method", "kept"), [("GET", 1), ("HEAD", 1), ("POST", 2), ("PUT", 2)])
def test_only_what_reads_is_kept_by_itself(method: str, kept: int) -> None:
    """A POST is sent each time."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        for _ in range(2):
            api.request(method, "/x")
    assert origin.count == kept


def test_a_post_is_kept_where_the_call_says_so() -> None:
    """Told apart by the body, as a search is."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        bodies = [{"q": 1}, {"q": 2}, {"q": 1}]
        answers = [api.post("/search", json=body, cache=True).json() for body in bodies]
        frame = api.map(
            "/search", bodies, method="POST", json=lambda row: row, cache=True, progress=False
        )
    assert answers == [{"n": 1}, {"n": 2}, {"n": 1}]
    assert frame["result"].tolist() == answers
    assert origin.count == 2


def test_a_long_answer_is_not_kept() -> None:
    """The bound is in bytes of the body."""
    body = "x" * 200
    policy = nk.Cache("5 min", max_item_bytes=199)
    with (
        Origin(lambda _number, _: answer(body)) as origin,
        client_of(origin.url, cache=policy) as api,
    ):
        for _ in range(2):
            assert api.get("/x").text == body
    assert origin.count == 2


def test_an_answer_that_depends_on_something_else_is_not_kept() -> None:
    """So a server says with `Vary: *`."""
    with (
        Origin(lambda _number, _: fine(0.0, ("vary", "*"))) as origin,
        client_of(origin.url, cache="5 min") as api,
    ):
        for _ in range(2):
            api.get("/x")
    assert origin.count == 2


# For whom


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"accept": "text/csv"}},
        {"headers": {"accept-language": "de"}},
        {"headers": {"range": "bytes=0-1"}},
        {"headers": {"x-of-the-api": "2"}},
        {"headers": {"authorization": "Bearer other"}},
        {"headers": {"x-api-key": "other"}},
        {"headers": {"x-own": nk.Secret("hidden-value")}},
        {"cookies": {"session": "other"}},
        {"params": {"page": 2}},
        {"auth": ("user", "password")},
        {"auth": lambda request: request},
        {"follow_redirects": True},
        {"extensions": {"target": b"/y"}},
        {"extensions": {"sni_hostname": "other.example.com"}},
    ],
    ids=lambda options: next(iter(options)),
)
@pytest.mark.filterwarnings("ignore:Setting per-request cookies:DeprecationWarning")
def test_whoever_asks_otherwise_is_asked_for(options: dict[str, Any]) -> None:
    """Other headers, credentials, cookies and parameters are another question."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        said = [api.get("/x", **more).json()["n"] for more in ({}, options, {}, options)]
    assert said == [1, 2, 1, 2]
    assert origin.count == 2


def test_a_pair_is_the_same_whenever_it_is_given() -> None:
    """A user and a password make the same header, in a call and as the client's own."""
    pair = ("user", "password")
    with counting() as origin, client_of(origin.url, cache="5 min", auth=pair) as api:
        said = [api.get("/x", **more).source for more in ({}, {"auth": pair}, {"auth": None})]
    assert said == ["network", "cache", "network"]


@pytest.mark.parametrize("name", ["x-request-id", "traceparent", "user-agent"])
def test_what_changes_no_answer_is_not_looked_at(name: str) -> None:
    """A number for the log, another each time, does not keep answers from being given again."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        for value in ("one", "two"):
            api.get("/x", headers={name: value})
    assert origin.count == 1


def test_a_cookie_that_has_come_is_another_one_who_asks() -> None:
    """Who has logged in does not get what was given to nobody in particular."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        if request.target.endswith("/login"):
            return fine(0.0, ("set-cookie", "session=7"))
        return answer(str(number))

    with Origin(rule) as origin, client_of(origin.url, cache="5 min") as api:
        before = api.get("/x").text
        api.post("/login")
        assert api.get("/x").text != before
        assert api.get("/x").source == "cache"


def test_clients_keep_their_answers_to_themselves() -> None:
    """Another client asks for itself."""
    with (
        counting() as origin,
        client_of(origin.url, cache="5 min") as api,
        client_of(origin.url, cache="5 min") as other,
    ):
        assert [one.get("/x").source for one in (api, other)] == ["network", "network"]


# One's own


def test_nobody_spoils_the_answers_of_others() -> None:
    """What a caller does to his answer, nobody else sees."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        for _ in range(3):
            mine = api.get("/x")
            assert mine.json() == {"n": 1}
            assert mine.headers["content-type"] == "application/json"
            assert "x-mine" not in mine.request.headers
            assert "mine" not in mine.extensions
            mine.headers["content-type"] = "text/spoiled"
            mine.request.headers["x-mine"] = "spoiled"
            mine.extensions["mine"] = True
            mine.status_code = 599
            mine.encoding = "utf-16"
            mine.json()["n"] = 7
    assert origin.count == 1


def test_a_row_may_have_the_whole_answer() -> None:
    """`parse="response"` gives copies too."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        api.get("/x")
        one, other = api.map("/{it}", ["x", "x"], parse="response", progress=False)["result"]
    assert (one.source, other.source) == ("cache", "cache")
    assert one is not other
    assert one.json() == other.json() == {"n": 1}


def test_behind_a_redirect_the_address_is_the_last_one() -> None:
    """The kept answer knows how it was come by."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour | None:
        if request.target.endswith("/from"):
            return answer(status=302, headers=[("location", "/to")])
        return None

    with Origin(rule) as origin, client_of(origin.url, cache=60, follow_redirects=True) as api:
        first, second = api.get("/from"), api.get("/from")
    assert origin.count == 2
    assert second.source == "cache"
    assert second.url == first.url
    assert second.url.path == "/to"
    assert [it.status_code for it in second.history] == [302]


def test_what_is_kept_holds_no_run() -> None:
    """Of the exchange nothing is kept that would keep a run or a connection alive."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        one = api.map("/{it}", ["x"], parse="response", progress=False)["result"][0]
    assert set(one.request.extensions) <= {"timeout"}
    assert set(one.extensions) <= {"http_version", "reason_phrase"}


# For how long


def test_after_its_time_it_is_asked_for_again() -> None:
    """`ttl` is counted from when the answer came."""
    with counting() as origin:
        client = client_of(origin.url, cache="5 min")
        hand = Hand(client)
        said = []
        for seconds in (0.0, 299.0, 1.0, 299.9):
            hand.move(seconds)
            said.append(client.get("/x").result().json()["n"])
        client.close()
    assert said == [1, 1, 2, 2]


def test_a_call_may_have_a_time_of_its_own() -> None:
    """A shorter time, a longer one, or none; the kept answer is the same."""
    with counting() as origin:
        client = client_of(origin.url, cache="5 min")
        hand = Hand(client)
        client.get("/x").result()
        hand.move(30)
        assert client.get("/x", cache="1 min").result().source == "cache"
        assert client.get("/x", cache="10 s").result().json() == {"n": 2}
        assert client.get("/x").result().json() == {"n": 2}
        assert client.get("/x", cache=False).result().json() == {"n": 3}
        # Which did not keep it either.
        assert client.get("/x", cache=None).result().json() == {"n": 2}
        client.close()


def test_a_call_may_keep_although_the_client_does_not() -> None:
    """A policy of a call's own is enough, and a map's."""
    with counting() as origin, client_of(origin.url) as api:
        said = [api.get("/x", cache="5 min").source for _ in range(2)]
        frame = api.map("/{it}", ["x"], cache=nk.Cache(None), progress=False)
        assert api.get("/x").source == "network"
    assert said == ["network", "cache"]
    assert frame["source"].tolist() == ["cache"]


def test_fresh_asks_and_keeps() -> None:
    """`fresh=True` passes by the cache, in calls and maps, and what comes is kept."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        api.get("/x")
        assert api.get("/x", fresh=True).json() == {"n": 2}
        assert api.get("/x").json() == {"n": 2}
        frame = api.map("/{it}", ["x"], fresh=True, progress=False)
        assert frame["source"].tolist() == ["network"]
        assert api.get("/x").json() == {"n": 3}
    assert origin.count == 3


def test_a_map_may_pass_by_the_cache() -> None:
    """`cache=False` asks, and keeps nothing."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        api.get("/x")
        frame = api.map("/{it}", ["x"], cache=False, progress=False)
        assert frame["result"].tolist() == [{"n": 2}]
        assert api.get("/x").json() == {"n": 1}


def test_the_least_used_go_first() -> None:
    """`max_items` bounds how many are kept."""
    with counting() as origin, client_of(origin.url, cache=nk.Cache(60, max_items=2)) as api:
        for path in ("/a", "/b", "/a", "/c"):
            api.get(path)
        assert [api.get(path, cache="1 h").source for path in ("/a", "/c", "/b")] == [
            "cache",
            "cache",
            "network",
        ]


def test_without_a_bound_what_is_too_old_goes() -> None:
    """A cache of any number of answers does not grow for ever."""
    with counting() as origin:
        client = client_of(origin.url, cache=nk.Cache(60, max_items=None))
        hand = Hand(client)
        for number in range(100):
            client.get(f"/{number}").result()
        hand.move(61)
        for number in range(100, 200):
            client.get(f"/{number}").result()
        assert len(keeper_of(client)._shelf._store) == 100
        client.close()


# Forgetting


def test_forgetting_one_address() -> None:
    """All answers from it, whoever asked; others stay."""
    with counting() as origin:
        client = client_of(origin.url, cache="5 min", params={"v": 1})
        for headers in ({}, {"accept": "text/csv"}):
            client.get("/x", headers=headers).result()
        client.get("/y").result()
        assert client.cache.invalidate("/x?v=2") == 0
        assert client.cache.invalidate("/x") == 2
        assert client.cache.stats().items == 1
        assert client.get("/x").result().source == "network"
        client.cache.clear()
        assert client.cache.stats().items == 0
        client.close()


def test_the_numbers_before_anything_was_kept() -> None:
    """A client without a cache has one that is empty."""
    client = nk.Client("http://host")
    assert client.cache.stats().hits == 0
    assert client.cache.invalidate("/x") == 0
    client.cache.clear()
    assert repr(client.cache) == "<cache of a client: 0 hits, 0 misses, 0 answers kept>"
    client.close()


def test_a_closed_client_keeps_nothing() -> None:
    """Closing forgets."""
    with counting() as origin:
        client = client_of(origin.url, cache="5 min")
        client.get("/x").result()
        keeper = keeper_of(client)
        client.close()
        assert comes_true(lambda: len(keeper._shelf._store) == 0)


# Options


@pytest.mark.parametrize(
    ("cache", "said"),
    [
        (True, "for how long"),
        (0, "more than zero|5 min"),
        ("soon", "5 min"),
        ({"ttl": 1}, "5 min"),
    ],
)
def test_a_cache_that_cannot_work_is_refused(cache: Any, said: str) -> None:
    """Before anything is sent, with what to write."""
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.Client("http://host", cache=cache)


def test_a_wish_that_cannot_work_is_refused() -> None:
    """For a call and for a map, when it is made."""
    client = nk.Client("http://host")
    for make in (
        lambda **wish: client.get("/x", **wish),
        lambda **wish: client.map("/{it}", [1], **wish),
    ):
        with pytest.raises(nk.ConfigurationError, match="which has none"):
            make(cache=True)
        with pytest.raises(nk.ConfigurationError, match="fresh='yes' must be True or False"):
            make(fresh="yes")
        with pytest.raises(nk.ConfigurationError, match="cache='soon'"):
            make(cache="soon")
    with pytest.raises(nk.ConfigurationError, match="exclude each other"):
        client.map("/{it}", [1], method="POST", cache="1 min", idempotency_key=True)
    client.close()


def test_a_body_that_comes_piece_by_piece_cannot_be_known_again() -> None:
    """Asked to keep the answer, the call says so; left alone it is sent."""

    async def pieces() -> Any:
        yield b"once"

    with counting() as origin:
        client = client_of(origin.url, cache="5 min")
        with pytest.raises(nk.ConfigurationError, match="piece by piece"):
            client.post("/x", content=pieces(), cache=True).result()
        assert client.request("GET", "/x", content=pieces()).result().source == "network"
        client.close()


def test_rows_with_keys_of_their_own_are_sent() -> None:
    """An idempotency key asks for work anew, whatever is kept."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        api.get("/x")
        frame = api.map("/{it}", ["x"], idempotency_key=True, progress=False)
    assert frame["source"].tolist() == ["network"]


# Sparing


def test_a_kept_answer_takes_no_permit() -> None:
    """With one request a minute, hits go at once, in calls and maps."""
    with counting() as origin, client_of(origin.url, cache="5 min", rate="1/min") as api:
        api.get("/x")
        assert api.get("/x").source == "cache"
        frame = api.map("/{it}", ["x"] * 200, progress=False)
        assert set(frame["source"]) == {"cache"}
        assert len(frame) == 200


def test_a_kept_answer_does_not_ask_a_breaker() -> None:
    """What is kept is given while the server's breaker is open."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour | None:
        return answer(status=500) if request.target == "/bad" else None

    with Origin(rule) as origin:
        breaker = nk.Breaker(failure_threshold=1, reset_timeout="1 h")
        client = client_of(origin.url, cache="5 min", breaker=breaker, retry=0)
        client.get("/x").result()
        with pytest.raises(nk.ServerError):
            client.get("/bad").result()
        with pytest.raises(nk.CircuitOpen):
            client.get("/other").result()
        assert client.get("/x").result().source == "cache"
        assert client.map("/{it}", ["x"], progress=False).result()["source"].tolist() == ["cache"]
        client.close()


def test_what_an_old_answer_said_of_limits_is_not_heeded() -> None:
    """A kept header of limits that are used up holds up nobody."""
    headers = [("ratelimit-remaining", "0"), ("ratelimit-reset", "30"), ("ratelimit-limit", "1")]
    with Origin(lambda _number, _: fine(0.0, *headers)) as origin:
        client = client_of(origin.url, cache="5 min")
        client.get("/x").result()
        frame = client.map("/{it}", ["x"] * 3, progress=False).result(timeout=20)
        assert frame["source"].tolist() == ["cache"] * 3
        client.close()


def test_a_row_whose_kept_answer_cannot_be_read() -> None:
    """It is that row's error, as if it had just come; nothing was sent for it."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        api.get("/x")

        def broken(_: nk.Response) -> Any:
            message = "no such field"
            raise LookupError(message)

        frame = api.map("/{it}", ["x"], parse=broken, progress=False)
    assert frame["error_type"].tolist() == ["LookupError"]
    assert origin.count == 1


def test_who_listens_hears_of_kept_answers() -> None:
    """`on_outcome` is called for each, and their cost is not counted."""
    heard: list[str] = []
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        api.get("/x")
        run = api._client.map(
            "/{it}",
            ["x"] * 3,
            on_outcome=lambda outcome: heard.append(outcome.source),
            cost=lambda _outcome: 5.0,
            max_cost=1.0,
            progress=False,
        )
        run.result()
    assert heard == ["cache"] * 3
    assert run.snapshot().spent == 0


def test_a_map_of_kept_answers_lets_others_have_a_turn() -> None:
    """While a thousand rows are answered by what is kept, the loop goes on."""
    with counting() as origin, client_of(origin.url, cache="5 min") as api:
        api.get("/x")
        seen = threading.Event()

        def first_hundred(outcome: nk.Outcome) -> None:
            if outcome.index == 100:
                seen.set()

        other = api.map("/{it}", ["x"] * 1000, on_outcome=first_hundred, progress=False)
    assert seen.is_set()
    assert set(other["source"]) == {"cache"}
    assert len(other) == 1000


def test_the_bytes_of_all_that_is_kept_are_bounded() -> None:
    """The answer not used for longest goes first; one too long by itself is not kept."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour:
        return answer(b"x" * (9_000 if request.path == "/long" else 1_000))

    with Origin(rule) as origin:
        client = client_of(origin.url, cache=nk.Cache(60, max_bytes=4_000))
        for path in ("/a", "/b", "/c", "/a", "/d", "/long"):
            client.get(path).result()
        stats = client.cache.stats()
        assert stats.items == 3
        assert 3_000 < stats.bytes < 4_000
        asked = ("/a", "/d", "/c", "/long", "/b")
        said = {path: client.get(path).result().source for path in asked}
        kept = dict.fromkeys(("/a", "/d", "/c"), "cache")
        assert said == {**kept, "/long": "network", "/b": "network"}
        client.close()


@pytest.mark.parametrize("how", ["invalidated", "cleared", "expired", "renewed"])
def test_bytes_of_what_is_kept_no_more_are_not_counted(how: str) -> None:
    """However it went."""
    with counting() as origin:
        client = client_of(origin.url, cache=60)
        hand = Hand(client)
        client.get("/x").result()
        held = client.cache.stats().bytes
        assert held > 100
        if how == "invalidated":
            client.cache.invalidate("/x")
        elif how == "cleared":
            client.cache.clear()
        elif how == "expired":
            hand.move(61)
        else:
            client.get("/x", fresh=True).result()
        assert client.cache.stats().bytes == (held if how == "renewed" else 0)
        client.close()


def test_what_was_sent_counts_among_the_bytes() -> None:
    """A body that was sent is kept with its answer, and so are headers and redirects."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour:
        if request.path == "/x":
            return answer(b"y" * 5_000, status=302, headers=[("location", "/there")])
        return answer("ok")

    with Origin(rule) as origin, client_of(origin.url) as api:
        api.post("/ok", content=b"x" * 7_000, cache=60, headers={"x-long": "z" * 1_000})
        sent = api._client.cache.stats().bytes
        assert 8_000 < sent < 9_000
        api.get("/x", cache=60, follow_redirects=True)
        assert 5_000 < api._client.cache.stats().bytes - sent < 7_000


# In whose thread


def test_a_kept_answer_needs_no_other_thread() -> None:
    """While the I/O thread is busy a hit is given; a call that it has to make waits for it."""
    gate, busy = threading.Event(), threading.Event()

    def hold_up() -> None:
        busy.set()
        gate.wait(10)

    with counting() as origin:
        client = client_of(origin.url, cache="5 min")
        client.get("/x").result()
        io_loop().call_soon_threadsafe(hold_up)
        assert busy.wait(10)
        try:
            assert client.get("/x").result().source == "cache"
            assert asyncio.run(client.get("/x").send()).source == "cache"
            with pytest.raises(TimeoutError):
                client.get("/y").result(timeout=0.05)
        finally:
            gate.set()
        assert client.cache.stats().hits == 2
        client.close().wait()
        with pytest.raises(nk.ClosedError):
            client.get("/x")


def test_a_call_that_was_made_before_looks_again() -> None:
    """What is forgotten, or asked for with a cookie that has come meanwhile, is asked for."""
    with counting() as origin:
        client = client_of(origin.url, cache="5 min")
        call = client.get("/x")
        assert [call.result().json()["n"] for _ in range(2)] == [1, 1]
        client.cache.clear()
        assert call.result().json() == {"n": 2}
        client.cookies.set("session", "7")
        assert call.result().json() == {"n": 3}
        assert client.get("/x").result().json() == {"n": 3}
        client.close()
