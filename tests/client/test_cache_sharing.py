"""One call for all who ask for the same meanwhile, and calls in the background."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.execution import io_loop
from notebook_kit.testing import FaultServer, answer, never_answer
from tests.client.crowds import all_at_once
from tests.client.kept import (
    QUICK,
    Hand,
    both_transports,
    client_of,
    counting,
    keeper_of,
    numbered,
)
from tests.client.origins import Origin, comes_true, fine
from tests.paces import at_any_pace

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour, ReceivedRequest


class Slow:
    """A server that takes a fifth of a second for each answer, and numbers them."""

    def __init__(self, *statuses: int, pace: float) -> None:
        self._statuses = statuses
        self._delay_s = 0.2 * pace
        self.origin = Origin(self._rule)

    def _rule(self, number: int, request: ReceivedRequest) -> Behaviour:
        status = self._statuses[number - 1] if number <= len(self._statuses) else 200
        if status != 200:
            return answer(status=status, delay_s=self._delay_s)
        return answer(
            f'{{"n": {number}}}',
            headers=[("content-type", "application/json")],
            delay_s=self._delay_s,
        )


@both_transports
@at_any_pace
def test_one_request_for_all_who_ask(pace: float, transport: str) -> None:
    """Calls and rows that ask for the same at once have one request between them."""
    with Slow(pace=pace).origin as slow:

        async def main() -> None:
            async with client_of(slow.url, transport, cache="5 min") as client:
                run = client.map("/{it}", ["x", "x"], progress=False)
                answers = await asyncio.gather(*(client.get("/x").send() for _ in range(5)))
                frame = await run
                assert slow.count == 1
                assert {it.json()["n"] for it in answers} == {1}
                assert [it["n"] for it in frame["result"]] == [1, 1]
                said = [*(it.source for it in answers), *frame["source"]]
                assert sorted(said) == ["cache"] * 6 + ["network"]
                stats = client.cache.stats()
                assert (stats.misses, stats.shared, stats.hits) == (7, 6, 0)

        asyncio.run(main())


@both_transports
def test_who_may_take_more_asks_anew(transport: str) -> None:
    """An answer that was too large for one who asked is no error of another who takes more."""
    with Origin(lambda _number, _: answer(b"x" * 3_000, delay_s=0.2)) as origin:

        async def main() -> None:
            async with client_of(origin.url, transport, cache="5 min") as client:
                calls = [client.get("/x", max_body=most).send() for most in (2_000, 4_000, 1_000)]
                small, large, least = await asyncio.gather(*calls, return_exceptions=True)
                assert isinstance(small, nk.TooLarge)
                assert isinstance(large, nk.Response)
                assert len(large.content) == 3_000
                assert isinstance(least, nk.TooLarge)
                assert origin.count == 2

        asyncio.run(main())


@at_any_pace
def test_threads_share_a_request(pace: float) -> None:
    """Whatever thread they ask from."""
    with Slow(pace=pace).origin as slow:
        client = client_of(slow.url, cache="5 min")
        said: list[int] = []
        threads = [
            threading.Thread(target=lambda: said.append(client.get("/x").result().json()["n"]))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert said == [1] * 8
        assert slow.count == 1
        client.close()


@at_any_pace
def test_one_permit_for_all_who_wait(pace: float) -> None:
    """With one request a minute, ten equal calls are answered at once."""
    with Slow(pace=pace).origin as slow:

        async def main() -> None:
            async with client_of(slow.url, cache="5 min", rate="1/min") as client:
                calls = (client.get("/x").send() for _ in range(10))
                async with asyncio.timeout(20):
                    await asyncio.gather(*calls)

        asyncio.run(main())
        assert slow.count == 1


@pytest.mark.parametrize("gone", [0, 1], ids=["who began it", "another"])
@at_any_pace
def test_who_is_cancelled_leaves_the_others_theirs(pace: float, gone: int) -> None:
    """The request goes on for who is left."""
    with Slow(pace=pace).origin as slow:

        async def main() -> None:
            async with client_of(slow.url, cache="5 min") as client:
                tasks = [asyncio.ensure_future(client.get("/x").send()) for _ in range(2)]
                assert await asyncio.to_thread(comes_true, lambda: slow.count == 1)
                assert await asyncio.to_thread(comes_true, lambda: client.cache.stats().misses == 2)
                tasks[gone].cancel()
                with pytest.raises(asyncio.CancelledError):
                    await tasks[gone]
                assert (await tasks[1 - gone]).json() == {"n": 1}

        asyncio.run(main())
        assert slow.count == 1


@at_any_pace
def test_a_row_that_is_cancelled_leaves_a_call_its_answer(pace: float) -> None:
    """A run that began the request is cancelled, and a call that waits for it is not."""
    with Slow(pace=pace).origin as slow:

        async def main() -> None:
            async with client_of(slow.url, cache="5 min") as client:
                run = client.map("/{it}", ["x"], progress=False)
                assert await asyncio.to_thread(comes_true, lambda: slow.count == 1)
                waiting = asyncio.ensure_future(client.get("/x").send())
                assert await asyncio.to_thread(comes_true, lambda: client.cache.stats().shared == 1)
                run.cancel()
                assert (await run)["status"].tolist() == ["cancelled"]
                assert (await waiting).json() == {"n": 1}

        asyncio.run(main())
        assert slow.count == 1


def test_when_nobody_waits_any_more_the_request_is_cut() -> None:
    """The server sees the connection end."""
    silent = nk.testing.FaultServer()
    with silent as server:
        server.when("/x", nk.testing.never_answer())

        async def main() -> None:
            async with client_of(server.url, cache="5 min") as client:
                tasks = [asyncio.ensure_future(client.get("/x").send()) for _ in range(3)]
                assert await asyncio.to_thread(comes_true, lambda: len(server.requests) == 1)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                assert await asyncio.to_thread(comes_true, lambda: server.connections.open == 0)
                assert not keeper_of(client)._flights

        asyncio.run(main())


@at_any_pace
def test_a_shared_error_is_everybodys_own(pace: float) -> None:
    """All who waited for a call that failed have its error, and the next one asks anew."""

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, cache="5 min", retry=0) as client:
            calls = (client.get("/x").send() for _ in range(4))
            errors = await asyncio.gather(*calls, return_exceptions=True)
            assert origin.count == 1
            assert {type(error) for error in errors} == {nk.ServerError}
            assert len({id(error) for error in errors}) == 4
            assert {str(error) for error in errors} == {str(errors[0])}
            assert {error.attempts for error in errors} == {1}  # type: ignore[union-attr]
            assert all(error.response is not None for error in errors)  # type: ignore[union-attr]
            assert (await client.get("/x")).status_code == 200

    with Slow(500, pace=pace).origin as origin:
        asyncio.run(main(origin))


@at_any_pace
def test_a_call_is_not_content_with_a_rows_single_try(pace: float) -> None:
    """A row's try fails; the call that waited for it makes its own, and the row has the answer."""

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, cache="5 min") as client:
            run = client.map("/{it}", ["x"], retry=0, progress=False)
            assert await asyncio.to_thread(comes_true, lambda: origin.count == 1)
            assert (await client.get("/x")).json() == {"n": 2}
            assert (await run)["status"].tolist() == ["failed"]

    with Slow(503, pace=pace).origin as origin:
        asyncio.run(main(origin))


@at_any_pace
def test_rows_that_share_a_try_share_its_failure(pace: float) -> None:
    """Each counts it as its own, and the next try is shared again."""
    with Slow(503, pace=pace).origin as origin, client_of(origin.url, cache="5 min") as api:
        frame = api.map("/{it}", ["x"] * 3, progress=False)
    assert frame["status"].tolist() == ["ok"] * 3
    assert origin.count == 2
    assert frame["attempts"].max() == 2


@at_any_pace
def test_what_is_forgotten_while_it_is_asked_for_is_not_kept(pace: float) -> None:
    """Who waits for it has it all the same."""
    with Slow(pace=pace).origin as slow:

        async def main() -> None:
            async with client_of(slow.url, cache="5 min") as client:
                waiting = asyncio.ensure_future(client.get("/x").send())
                assert await asyncio.to_thread(comes_true, lambda: slow.count == 1)
                client.cache.invalidate("/x")
                assert (await client.get("/x")).json() == {"n": 2}
                assert (await waiting).json() == {"n": 1}
                assert (await client.get("/x")).json() == {"n": 2}

        asyncio.run(main())


def test_an_interrupt_in_a_shared_call_goes_to_who_waits() -> None:
    """It is raised where the call is awaited, and not in the loop that makes it."""
    import httpx

    def interrupted(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    transport = httpx.MockTransport(interrupted)
    client = nk.Client("http://host", transport=transport, cache="5 min")
    with pytest.raises(KeyboardInterrupt):
        client.get("/x").result()
    client.close()


# On whose terms


async def _joined(client: nk.Client, origin: Origin, **options: Any) -> asyncio.Future[Any]:
    """Have a call wait for the request of another."""
    await asyncio.to_thread(comes_true, lambda: origin.count == 1)
    waiting = asyncio.ensure_future(client.get("/x", **options).send())
    await asyncio.to_thread(comes_true, lambda: client.cache.stats().shared == 1)
    return waiting


@pytest.mark.parametrize("first", ["call", "map"])
@at_any_pace
def test_who_waits_for_anothers_request_has_a_limit_of_his_own(pace: float, first: str) -> None:
    """He gives up in his time, and the request goes on for the one who made it."""
    # Of a request that is older than this he would not wait for the answer.
    limit = round(0.05 * pace, 2)

    async def main() -> None:
        with FaultServer() as server:
            # Both are held back until the second one is there.
            server.when("*", all_at_once(2))
            async with client_of(server.url, cache="5 min") as client:
                if first == "map":
                    leader: Any = client.map("/{it}", ["x"], parse="text", progress=False)
                else:
                    leader = asyncio.ensure_future(client.get("/x").send())
                assert await asyncio.to_thread(comes_true, lambda: len(server.requests) == 1)
                with pytest.raises(nk.RequestTimeout, match=rf"attempt_timeout={limit:g} s"):
                    await asyncio.wait_for(
                        client.get("/x", attempt_timeout=limit, retry=0).send(), 20
                    )
                assert len(server.requests) == 1
                assert server.connections.open == 1
                await client.get("/y", cache=False)
                answered = await leader
                assert first == "map" or answered.text == "ok"
                assert first == "call" or answered["result"].tolist() == ["ok"]
                assert len(server.requests) == 2

    asyncio.run(main())


def _first_silent(number: int, request: ReceivedRequest) -> Behaviour:
    return never_answer() if number == 1 else numbered(number, request)


@at_any_pace
def test_who_may_wait_longer_does_not_fail_with_the_one_who_may_not(pace: float) -> None:
    """The one who made the request has no more time; who waited for it makes his own."""

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, cache="5 min", retry=0) as client:
            leader = asyncio.ensure_future(client.get("/x", attempt_timeout=0.3 * pace).send())
            waiting = await _joined(client, origin)
            with pytest.raises(nk.RequestTimeout):
                await leader
            assert (await waiting).json() == {"n": 2}

    with Origin(_first_silent) as origin:
        asyncio.run(main(origin))


@at_any_pace
def test_who_tries_more_often_does_not_fail_with_the_one_who_tries_once(pace: float) -> None:
    """An error that the other one was content with is no error of his."""

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, cache="5 min") as client:
            leader = asyncio.ensure_future(client.get("/x", retry=0).send())
            waiting = await _joined(client, origin)
            with pytest.raises(nk.ServerError):
                await leader
            assert (await waiting).json() == {"n": 3}

    with Slow(500, 500, pace=pace).origin as origin:
        asyncio.run(main(origin))
        assert origin.count == 3


def test_a_request_that_is_cancelled_from_within_is_made_anew() -> None:
    """Whoever cancels it there, as a hook may, has not cancelled those who wait for it."""

    async def main() -> None:
        held = asyncio.Event()
        asked: list[httpx.Request] = []

        async def serve(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            if len(asked) == 1:
                await held.wait()
                raise asyncio.CancelledError
            return httpx.Response(200, text="ok")

        transport = httpx.MockTransport(serve)
        client = nk.Client("http://host", transport=transport, cache="5 min")
        loop = io_loop()
        leader = asyncio.ensure_future(client.get("/x").send())
        assert await asyncio.to_thread(comes_true, lambda: len(asked) == 1)
        waiting = asyncio.ensure_future(client.get("/x").send())
        assert await asyncio.to_thread(comes_true, lambda: client.cache.stats().shared == 1)
        loop.call_soon_threadsafe(held.set)
        with pytest.raises(nk.RequestError, match="was cancelled, and not the call itself"):
            await leader
        assert (await waiting).text == "ok"
        await client.close()

    asyncio.run(main())


@at_any_pace
def test_who_has_less_patience_with_a_silent_server_asks_himself(pace: float) -> None:
    """Nobody knows of another's request how long the server has said nothing."""

    async def main(origin: Origin) -> None:
        async with client_of(origin.url, cache="5 min", retry=0) as client:
            leader = asyncio.ensure_future(client.get("/x").send())
            await asyncio.to_thread(comes_true, lambda: origin.count == 1)
            with pytest.raises(nk.RequestTimeout) as late:
                await asyncio.wait_for(client.get("/x", timeout=0.05 * pace).send(), 20)
            assert late.value.phase == "read"
            assert origin.count == 2
            assert not leader.done()
            leader.cancel()
            await asyncio.gather(leader, return_exceptions=True)

    with Origin(lambda _number, _request: never_answer()) as origin:
        asyncio.run(main(origin))


# In the background


@pytest.mark.parametrize("how", ["call", "map"])
def test_it_is_refreshed_before_it_expires(how: str) -> None:
    """In the last part of its time the kept answer is given, and a new one asked for once."""
    policy = nk.Cache("5 min", refresh_before_expiry="1 min")
    with counting() as origin:
        client = client_of(origin.url, cache=policy)
        hand = Hand(client)

        def ask() -> int:
            if how == "call":
                number: int = client.get("/x").result().json()["n"]
            else:
                frame = client.map("/{it}", ["x"], progress=False).result()
                number = frame["result"][0]["n"]
            return number

        assert ask() == 1
        hand.move(239)
        assert ask() == 1
        assert origin.count == 1
        hand.move(2)
        assert ask() == 1
        assert comes_true(lambda: origin.count == 2 and not keeper_of(client)._flights)
        assert ask() == 2
        hand.move(239)
        assert ask() == 2
        assert origin.count == 2
        assert client.cache.stats().refreshes == 1
        client.close()


def test_a_refresh_that_fails_leaves_the_old_answer() -> None:
    """Until it expires; then the error is raised."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return numbered(number, request) if number == 1 else answer(status=500)

    policy = nk.Cache("5 min", refresh_before_expiry="1 min")
    with Origin(rule) as origin:
        client = client_of(origin.url, cache=policy, retry=0)
        hand = Hand(client)
        client.get("/x").result()
        hand.move(250)
        assert client.get("/x").result().json() == {"n": 1}
        assert comes_true(lambda: client.cache.stats().failed_refreshes == 1)
        assert client.get("/x").result().json() == {"n": 1}
        hand.move(51)
        with pytest.raises(nk.ServerError):
            client.get("/x").result()
        client.close()


def test_who_is_more_patient_does_not_fail_with_a_refresh() -> None:
    """A refresh that another began gives up in its own time; who waits for it then asks himself."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return never_answer() if number == 2 else numbered(number, request)

    async def main(origin: Origin) -> None:
        policy = nk.Cache("5 min", refresh_before_expiry="1 min")
        async with client_of(origin.url, cache=policy, retry=0) as client:
            hand = Hand(client)
            await client.get("/x")
            hand.move(250)
            assert (await client.get("/x", timeout=1)).json() == {"n": 1}
            assert await asyncio.to_thread(comes_true, lambda: origin.count == 2)
            hand.move(51)
            assert (await client.get("/x", timeout=30)).json() == {"n": 3}
            assert client.cache.stats().shared == 1

    with Origin(rule) as origin:
        asyncio.run(main(origin))


def test_a_refresh_heeds_the_policies_of_the_client() -> None:
    """It is tried again as any call is."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        return answer(status=503) if number == 2 else numbered(number, request)

    policy = nk.Cache("5 min", refresh_before_expiry="1 min")
    with Origin(rule) as origin:
        client = client_of(origin.url, cache=policy, retry=QUICK)
        hand = Hand(client)
        client.map("/{it}", ["x"], progress=False).result()
        hand.move(250)
        client.map("/{it}", ["x"], progress=False).result()
        assert comes_true(lambda: origin.count == 3 and not keeper_of(client)._flights)
        assert client.get("/x").result().json() == {"n": 3}
        client.close()


def test_a_client_that_is_closed_refreshes_nothing() -> None:
    """A request in the background is cut with the client."""
    policy = nk.Cache("5 min", refresh_before_expiry="1 min")

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        return fine() if number == 1 else nk.testing.never_answer()

    with Origin(rule) as origin:
        client = client_of(origin.url, cache=policy)
        hand = Hand(client)
        client.get("/x").result()
        hand.move(250)
        client.get("/x").result()
        assert comes_true(lambda: origin.count == 2)
        keeper: Any = keeper_of(client)
        client.close()
        assert comes_true(lambda: not keeper._flights)


@pytest.mark.parametrize("face", ["call", "map"])
@at_any_pace
def test_an_older_answer_does_not_take_the_place_of_a_fresh_one(pace: float, face: str) -> None:
    """What was asked for before a fresh answer, and comes after it, is not kept."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour:
        if number == 1:
            return answer('{"n": 1}', delay_s=0.5 * pace)
        return numbered(number, request)

    async def main() -> None:
        with Origin(rule) as origin:
            async with client_of(origin.url, cache="5 min") as client:
                old = asyncio.ensure_future(client.get("/x").send())
                await asyncio.to_thread(comes_true, lambda: origin.count == 1)
                if face == "map":
                    await client.map("/{it}", ["x"], fresh=True, progress=False)
                else:
                    await client.get("/x", fresh=True)
                assert (await old).json() == {"n": 1}
                kept = await client.get("/x")
                assert (kept.json(), kept.source) == ({"n": 2}, "cache")

    asyncio.run(main())


@at_any_pace
def test_a_fresh_answer_that_is_forgotten_while_it_comes_is_not_kept(pace: float) -> None:
    """Who forgets all has asked for nothing of what was under way."""
    with Slow(pace=pace).origin as slow:

        async def main() -> None:
            async with client_of(slow.url, cache="5 min") as client:
                call = asyncio.ensure_future(client.get("/x", fresh=True).send())
                await asyncio.to_thread(comes_true, lambda: slow.count == 1)
                client.cache.clear()
                assert (await call).source == "network"
                assert client.cache.stats().items == 0

        asyncio.run(main())


user: ContextVar[str] = ContextVar("user")


def signed(request: httpx.Request) -> httpx.Request:
    request.headers["x-user"] = user.get()
    return request


class Signing(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Any:
        yield signed(request)


@pytest.mark.parametrize("auth", [signed, Signing()], ids=["function", "object"])
@pytest.mark.parametrize("face", ["call", "map"])
def test_one_auth_that_speaks_for_several_users(auth: Any, face: str) -> None:
    """Who asks is known by what is written for him, and not by the object that writes it."""

    def rule(_number: int, request: ReceivedRequest) -> Behaviour:
        return answer(request.header("x-user") or b"")

    with Origin(rule) as origin:
        client = client_of(origin.url, cache="5 min", auth=auth)
        for name in ("anna", "bert", "anna"):
            user.set(name)
            if face == "map":
                frame = client.map("/{it}", ["me"], parse="text", progress=False).result()
                assert frame["result"].tolist() == [name]
            else:
                assert client.get("/me").result().text == name
        client.close()
        assert origin.count == 2


@both_transports
def test_what_is_kept_holds_no_other_answer(transport: str) -> None:
    """The stream of a transport holds the answer that came, its request and all that sent it."""
    with counting() as origin:
        client = client_of(origin.url, transport, cache="5 min")
        client.get("/x").result()
        (entry,) = keeper_of(client)._shelf._store._entries.values()
        assert type(entry.value.stream) is httpx.ByteStream
        client.close()


@both_transports
def test_nobody_waits_over_twenty_expiries(transport: str) -> None:
    """10,000 calls, refreshed before expiry: all after the first are answered by what is kept."""

    async def main(origin: Origin) -> None:
        policy = nk.Cache(50, refresh_before_expiry=10)
        async with client_of(origin.url, transport, cache=policy) as client:
            hand, keeper = Hand(client), keeper_of(client)
            sources = []
            for _ in range(10_000):
                sources.append((await client.get("/x")).source)
                if keeper._flights:
                    # So that the hand does not go faster than the server answers.
                    assert await asyncio.to_thread(comes_true, lambda: not keeper._flights)
                hand.move(0.1)
            assert sources.count("network") == 1
            stats = client.cache.stats()
            assert (stats.misses, stats.hits) == (1, 9_999)
            assert stats.refreshes == origin.count - 1 >= 20

    with counting() as origin:
        asyncio.run(main(origin))
