"""Cached functions that are async: one call for all who ask, kept, refreshed, forgotten."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
import weakref
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from notebook_kit.decorators import CacheStats, Caching, cached
from notebook_kit.errors import ConfigurationError, WouldDeadlock
from tests.decorators.clocks import PATIENCE_S, ManualClock, settle

if TYPE_CHECKING:
    from collections.abc import Callable


class Source:
    """An async function whose calls wait until they are told how to end."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.cancelled: list[Any] = []
        self._open: dict[int, asyncio.Future[Any]] = {}

    async def fetch(self, key: Any) -> Any:
        self.calls.append(key)
        number = len(self.calls) - 1
        self._open[number] = asyncio.get_running_loop().create_future()
        try:
            return await self._open[number]
        except asyncio.CancelledError:
            self.cancelled.append(key)
            raise

    async def answer(self, value: Any, number: int = -1) -> None:
        """End a call, the last one made unless told otherwise."""
        await settle()
        future = self._open[number % len(self.calls)]
        if isinstance(value, BaseException):
            future.set_exception(value)
        else:
            future.set_result(value)
        await settle()


def make(source: Source, **options: Any) -> Any:
    return Caching(**options)(lambda_of(source))


def lambda_of(source: Source) -> Callable[..., Any]:
    async def fetch(key: Any) -> Any:
        return await source.fetch(key)

    return fetch


pytestmark = pytest.mark.anyio


async def test_one_call_for_all_who_wait() -> None:
    """However many ask for the same while it is on its way, there is one call."""
    source = Source()
    fetch = make(source)
    asking = [asyncio.create_task(fetch("a")) for _ in range(50)]
    asking.append(asyncio.create_task(fetch(key="a")))
    await settle()
    assert source.calls == ["a"]
    await source.answer("answer")
    assert await asyncio.gather(*asking) == ["answer"] * 51
    assert fetch.stats() == CacheStats(hits=0, misses=51, shared=50, items=1)
    assert await fetch("a") == "answer"
    assert fetch.stats().hits == 1


async def test_a_kept_none_is_a_hit() -> None:
    """None is an answer like any other."""
    calls: list[int] = []

    @cached
    async def nothing(number: int) -> str | None:
        calls.append(number)
        return None

    assert await nothing(1) is None
    assert await nothing(1) is None
    assert calls == [1]


async def test_errors_are_raised_by_all_who_wait_and_not_kept() -> None:
    """Each who waits for a call that fails gets its error; the next to ask makes a new call."""
    source = Source()
    fetch = make(source)
    asking = [asyncio.create_task(fetch("a")) for _ in range(30)]
    await settle()
    error = KeyError("no")
    await source.answer(error)
    raised = await asyncio.gather(*asking, return_exceptions=True)
    assert all(one is error for one in raised)
    depth = 0
    trace = error.__traceback__
    while trace is not None:
        trace, depth = trace.tb_next, depth + 1
    assert depth < 20, "the traceback grows with those who raise the error"
    assert fetch.stats().items == 0
    asking = [asyncio.create_task(fetch("a"))]
    await settle()
    await source.answer(1)
    assert await asking[0] == 1
    assert len(source.calls) == 2


async def test_one_who_is_cancelled_leaves_the_others_their_call() -> None:
    """Also the one who began it; only when all are gone the call is cancelled."""
    source = Source()
    fetch = make(source)
    first, second, third = (asyncio.create_task(fetch("a")) for _ in range(3))
    await settle()
    first.cancel()
    second.cancel()
    await settle()
    assert source.cancelled == []
    third.cancel()
    await settle()
    assert source.cancelled == ["a"]
    again = asyncio.create_task(fetch("a"))
    await settle()
    await source.answer("new")
    assert await again == "new"
    assert source.calls == ["a", "a"]


async def test_who_asks_right_after_the_last_has_gone_gets_a_new_call() -> None:
    """The call that is being cancelled is not joined any more."""
    source = Source()
    fetch = make(source)
    first = asyncio.create_task(fetch("a"))
    await settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    second = asyncio.create_task(fetch("a"))
    await settle()
    await source.answer("second")
    assert await second == "second"


async def test_a_call_that_cancels_itself_cancels_who_waits() -> None:
    """As it would without a cache; nothing is kept of it."""
    source = Source()
    fetch = make(source)
    asking = [asyncio.create_task(fetch("a")) for _ in range(2)]
    await settle()
    await source.answer(asyncio.CancelledError())
    for one in asking:
        with pytest.raises(asyncio.CancelledError):
            await one
    assert fetch.stats().items == 0


async def test_an_interrupt_is_raised_by_who_waits_and_not_by_the_loop() -> None:
    """A KeyboardInterrupt in the call reaches the caller; in a task it would end the loop."""

    class Interrupt(BaseException):
        pass

    @cached
    async def fetch() -> None:
        raise Interrupt

    with pytest.raises(Interrupt):
        await fetch()


async def test_it_expires_and_is_refreshed_before() -> None:
    """Near its end it is answered by what is kept, while one new call is made behind."""
    source, clock = Source(), ManualClock()
    fetch = make(source, ttl="1 min", refresh_before_expiry=10, clock=clock)
    first = asyncio.create_task(fetch("a"))
    await settle()
    await source.answer("old")
    assert await first == "old"
    clock.time += 49.0
    assert await fetch("a") == "old"
    assert len(source.calls) == 1
    clock.time += 1.0
    assert [await fetch("a") for _ in range(3)] == ["old"] * 3
    await settle()
    assert len(source.calls) == 2
    await source.answer("new")
    assert await fetch("a") == "new"
    clock.time += 55.0
    assert await fetch("a") == "new"
    assert fetch.stats() == CacheStats(hits=6, misses=1, refreshes=2, items=1)
    await source.answer("newer")
    clock.time += 60.0
    late = asyncio.create_task(fetch("a"))
    await settle()
    assert not late.done()
    await source.answer("newest")
    assert await late == "newest"


async def test_a_refresh_that_fails_leaves_the_old_answer_until_it_expires() -> None:
    """Its error is counted, not raised; after the end the error of the next call is."""
    source, clock = Source(), ManualClock()
    fetch = make(source, ttl=60, refresh_before_expiry=10, clock=clock)
    first = asyncio.create_task(fetch("a"))
    await settle()
    await source.answer("old")
    await first
    clock.time += 55.0
    assert await fetch("a") == "old"
    await settle()
    await source.answer(TimeoutError())
    assert fetch.stats().failed_refreshes == 1
    assert await fetch("a") == "old"
    await settle()
    clock.time += 5.0
    late = asyncio.create_task(fetch("a"))
    await settle()
    assert len(source.calls) == 3, "the second refresh is joined when the old answer expires"
    late.cancel()
    await settle()
    assert source.cancelled == [], "a refresh goes on although who joined it has gone"
    await source.answer("new")
    assert await fetch("a") == "new"


async def test_the_one_not_used_for_longest_goes() -> None:
    """There are never more answers than max_items."""
    calls: list[int] = []

    @cached(max_items=2)
    async def double(number: int) -> int:
        calls.append(number)
        return 2 * number

    for number in (1, 2, 1, 3, 1, 2):
        assert await double(number) == 2 * number
    assert calls == [1, 2, 3, 2]
    assert double.stats().items == 2


async def test_forgetting_one_and_all() -> None:
    """invalidate forgets one answer and tells whether there was one; clear forgets all."""
    calls: list[int] = []

    @cached
    async def double(number: int) -> int:
        calls.append(number)
        return 2 * number

    await double(1)
    await double(2)
    assert double.invalidate(number=1)
    assert not double.invalidate(1)
    await double(1)
    assert calls == [1, 2, 1]
    double.clear()
    await double(2)
    assert calls == [1, 2, 1, 2]


@pytest.mark.parametrize("forget", ["invalidate", "clear"])
async def test_what_is_on_its_way_can_be_forgotten(forget: str) -> None:
    """A call begun before is given to who waits, not kept, and not joined any more."""
    source = Source()
    fetch = make(source)
    old = asyncio.create_task(fetch("a"))
    await settle()
    if forget == "clear":
        fetch.clear()
    else:
        assert fetch.invalidate("a")
    new = asyncio.create_task(fetch("a"))
    await settle()
    assert len(source.calls) == 2
    await source.answer("new")
    await source.answer("old", number=0)
    assert (await old, await new) == ("old", "new")
    assert await fetch("a") == "new"


async def test_methods_have_answers_of_their_own() -> None:
    """Each object has its answers, is not kept alive by them, and takes them along."""

    class Session:
        def __init__(self, name: str) -> None:
            self.name = name
            self.calls: list[int] = []

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Session)

        def __hash__(self) -> int:
            return 1

        @cached
        async def fetch(self, number: int) -> str:
            """Fetch."""
            self.calls.append(number)
            return f"{self.name}{number}"

    one, other = Session("one"), Session("other")
    assert [await one.fetch(1), await one.fetch(number=1)] == ["one1", "one1"]
    assert [await other.fetch(1), await other.fetch(2)] == ["other1", "other2"]
    assert (one.calls, other.calls) == ([1], [1, 2])
    assert one.fetch.invalidate(1)
    assert await one.fetch(1) == "one1"
    assert await other.fetch(1) == "other1"
    assert (one.calls, other.calls) == ([1, 1], [1, 2])
    one.fetch.clear()
    assert Session.fetch.stats().items == 2
    assert await one.fetch(1) == "one1"
    assert one.calls == [1, 1, 1]
    assert inspect.iscoroutinefunction(one.fetch)
    assert list(inspect.signature(one.fetch).parameters) == ["number"]
    assert (one.fetch.__name__, one.fetch.__doc__) == ("fetch", "Fetch.")
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None
    assert Session.fetch.stats().items == 2
    assert await other.fetch(2) == "other2"
    assert other.calls == [1, 2]


async def test_clearing_one_object_forgets_what_is_on_its_way_to_it() -> None:
    """Others keep theirs, kept or on their way."""
    source = Source()

    class Session:
        @cached
        async def fetch(self, key: str) -> Any:
            return await source.fetch(key)

    one, other = Session(), Session()
    asking = [asyncio.create_task(each.fetch("a")) for each in (one, other)]
    await settle()
    one.fetch.clear()
    for number in range(2):
        await source.answer(number, number)
    assert await asyncio.gather(*asking) == [0, 1]
    assert Session.fetch.stats().items == 1
    assert await other.fetch("a") == 1
    Session.fetch.clear()
    assert Session.fetch.stats().items == 0


async def test_an_answer_that_gives_way_belongs_to_its_object_no_longer() -> None:
    """With few items kept, objects do not remember what is gone."""

    class Session:
        @cached(max_items=1)
        async def fetch(self, number: int) -> int:
            return number

    session = Session()
    for number in range(5):
        await session.fetch(number)
    owner = Session.fetch._answers._owners.of(session)
    assert len(owner.keys) == 1


async def test_asking_for_oneself_is_refused() -> None:
    """A cached function that calls itself with the same arguments would wait for ever."""

    @cached
    async def loop(number: int) -> int:
        return await loop(number)

    with pytest.raises(WouldDeadlock, match="called itself with the same arguments"):
        await loop(1)


def test_it_works_in_several_loops_one_after_the_other() -> None:
    """What one asyncio.run has fetched the next one finds, and a cut-off call leaves nothing."""
    calls: list[int] = []

    @cached
    async def double(number: int) -> int:
        calls.append(number)
        return 2 * number

    assert [asyncio.run(double(1)) for _ in range(3)] == [2, 2, 2]
    assert calls == [1]
    blocked: list[int] = []

    @cached
    async def block(number: int) -> int:
        blocked.append(number)
        if len(blocked) == 1:
            await asyncio.Event().wait()
        return number

    async def impatient() -> None:
        task = asyncio.create_task(block(1))
        await settle()
        assert task.cancelled() is False

    asyncio.run(impatient())
    assert asyncio.run(block(1)) == 1
    assert blocked == [1, 1]


def test_a_loop_that_was_closed_in_the_middle_is_not_waited_for() -> None:
    """A call whose loop can't go on is begun anew by the next who asks."""
    calls: list[int] = []

    @cached
    async def fetch() -> int:
        calls.append(1)
        if len(calls) == 1:
            await asyncio.Event().wait()
        return len(calls)

    async def begin() -> None:
        tasks.append(asyncio.create_task(fetch()))
        await settle()

    tasks: list[asyncio.Task[int]] = []
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(begin())
        assert asyncio.run(fetch()) == 2
        assert asyncio.run(fetch()) == 2
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(tasks[0])
    finally:
        loop.close()
    assert asyncio.run(fetch()) == 2


def test_two_loops_at_once_share_a_call() -> None:
    """A caller on another loop waits for the call that is under way, and gets its answer."""
    calls: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    @cached
    async def fetch() -> str:
        calls.append(threading.current_thread().name)
        begun.set()
        while not go_on.is_set():
            await asyncio.sleep(0.001)
        return "answer"

    async def ask() -> str:
        task = asyncio.create_task(fetch())
        await settle()
        go_on.set()
        return await task

    got: list[str] = []
    other = threading.Thread(target=lambda: got.append(asyncio.run(fetch())), name="other")
    other.start()
    assert begun.wait(PATIENCE_S)
    got.append(asyncio.run(ask()))
    other.join(PATIENCE_S)
    assert got == ["answer", "answer"]
    assert calls == ["other"]


@pytest.mark.parametrize("how", ["closed", "stopped"])
def test_a_call_lost_on_another_loop_is_begun_anew(how: str) -> None:
    """When the loop of a shared call ends, who waits on another one makes a call of its own."""
    begun, joined, over = threading.Event(), threading.Event(), threading.Event()
    calls: list[str] = []

    @cached
    async def fetch() -> str:
        calls.append(threading.current_thread().name)
        if len(calls) == 1:
            begun.set()
            await asyncio.Event().wait()
        return "answer"

    async def first() -> asyncio.Task[str]:
        task = asyncio.create_task(fetch())
        while not joined.is_set():
            await asyncio.sleep(0.001)
        return task

    def run_first() -> None:
        if how == "closed":
            asyncio.run(first())
            return
        loop = asyncio.new_event_loop()
        task = loop.run_until_complete(first())
        over.wait(PATIENCE_S)
        task.cancel()
        loop.run_until_complete(settle())
        loop.close()

    async def second() -> str:
        asking = asyncio.create_task(fetch())
        await settle()
        assert fetch.stats().shared == 1
        joined.set()
        return await asking

    thread = threading.Thread(target=run_first, name="first")
    thread.start()
    assert begun.wait(PATIENCE_S)
    assert asyncio.run(second()) == "answer"
    assert calls == ["first", threading.current_thread().name]
    assert (fetch.stats().misses, fetch.stats().shared) == (2, 0)
    over.set()
    thread.join(PATIENCE_S)


def test_the_last_to_leave_takes_the_call_along_wherever_it_runs() -> None:
    """A caller on another loop keeps the call alive, and ends it when it is cancelled."""
    begun, joined, ended = threading.Event(), threading.Event(), threading.Event()

    @cached
    async def fetch() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def first() -> None:
        task = asyncio.create_task(fetch())
        while not joined.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        await settle()
        assert not ended.is_set()
        begun.set()
        while not ended.is_set():
            await asyncio.sleep(0.001)

    async def second() -> None:
        asking = asyncio.create_task(fetch())
        await settle()
        begun.clear()
        joined.set()
        while not begun.is_set():
            await asyncio.sleep(0.001)
        asking.cancel()
        await settle()

    thread = threading.Thread(target=asyncio.run, args=(first(),))
    thread.start()
    assert begun.wait(PATIENCE_S)
    asyncio.run(second())
    assert ended.wait(PATIENCE_S)
    thread.join(PATIENCE_S)


def test_options_that_cannot_work() -> None:
    """Each says what was given and what to write instead."""
    for options, words in (
        ({"ttl": 0}, "ttl=0 must be more than zero"),
        ({"refresh_before_expiry": 5}, "must be shorter than ttl, which is None"),
        ({"ttl": 5, "refresh_before_expiry": "5 s"}, "must be shorter than ttl, which is 5"),
        ({"max_items": 0}, "max_items=0 must be a whole number of 1 or more, such as 1000"),
        ({"maxitems": 3}, "Did you mean 'max_items'.*key, max_bytes, max_item_bytes.*version"),
        ({"max_item_bytes": 0}, "max_item_bytes=0 must be a whole number"),
        ({"key": "sk-url"}, "^key= must be a function of the call's arguments, or None, not str.$"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            cached(**options)


@pytest.mark.parametrize("length", ["1 min", 60, 60.0, timedelta(minutes=1)])
def test_for_how_long_may_be_said_at_once(length: Any) -> None:
    """As a client and a map take it: `@nk.cached("1 min")`, with more options or without."""
    clock, calls = ManualClock(), []

    def fetch(number: int) -> int:
        calls.append(number)
        return number

    kept = Caching(length, clock=clock)(fetch)
    assert [kept(1), kept(1)] == [1, 1]
    clock.time += 60
    assert kept(1) == 1
    assert calls == [1, 1]
    once = cached(length, max_items=1)(fetch)
    assert [once(2), once(2), once.stats().items] == [2, 2, 1]


@pytest.mark.parametrize(
    ("given", "options", "words"),
    [
        ("5 fortnights", {}, "ttl='5 fortnights' .*'5 min'"),
        ("http", {}, r"for a client, as cache='http'.*Write @nk.cached\('5 min'\)"),
        ("5 min", {"ttl": 5}, "'5 min' and ttl= both say how long"),
        (True, {}, "cached needs a function, not bool"),
    ],
)
def test_for_how_long_may_be_said_wrongly(given: Any, options: Any, words: str) -> None:
    """Each says what to write instead."""
    with pytest.raises(ConfigurationError, match=words):
        cached(given, **options)


async def test_what_expired_is_not_kept_for_ever() -> None:
    """Also without a bound, and if nobody asks for it again; objects do not remember it either."""
    clock = ManualClock()

    class Session:
        @Caching(ttl=60, max_items=None, clock=clock)
        async def fetch(self, number: int) -> int:
            if number < 0:
                raise ValueError
            return number

    session = Session()
    for number in range(1000):
        clock.time += 1.0
        await session.fetch(number)
    assert len(Session.fetch._answers._shelf.known()) <= 200
    assert Session.fetch.stats().items == 60
    assert len(Session.fetch._answers._owners.of(session).keys) == 60


async def test_without_bound() -> None:
    """max_items=None keeps all."""

    @cached(max_items=None)
    async def same(number: int) -> int:
        return number

    for number in range(1500):
        await same(number)
    assert same.stats().items == 1500


@pytest.mark.parametrize("order", ["cached first", "classmethod first"])
def test_classmethods(order: str) -> None:
    """Whichever stands over the other, answers are kept and forgotten; each class has its own."""
    calls: list[str] = []

    class Session:
        if order == "cached first":

            @cached
            @classmethod
            def named(cls, number: int, *, page: int = 0) -> str:
                """Name it."""
                calls.append(cls.__name__)
                return f"{cls.__name__} {number} {page}"

        else:

            @classmethod
            @cached
            def named(cls, number: int, *, page: int = 0) -> str:
                """Name it."""
                calls.append(cls.__name__)
                return f"{cls.__name__} {number} {page}"

    class Other(Session):
        pass

    named: Any = Session.named
    other: Any = Other.named
    assert [named(1), named(number=1), named(2), Session().named(1, page=0)] == [
        "Session 1 0",
        "Session 1 0",
        "Session 2 0",
        "Session 1 0",
    ]
    assert other(1) == "Other 1 0"
    assert calls == ["Session", "Session", "Other"]
    assert named.invalidate(1)
    assert not named.invalidate(1)
    assert not named.invalidate(7, page=1)
    with pytest.raises(TypeError):
        named.invalidate()
    with pytest.raises(TypeError):
        named.invalidate(1, pages=1)
    assert named(1) == "Session 1 0"
    assert calls == ["Session", "Session", "Other", "Session"]
    named.clear()
    assert [named(1), named(2)] == ["Session 1 0", "Session 2 0"]
    assert calls[4:] == ["Session", "Session"]
    assert (named.__name__, named.__doc__) == ("named", "Name it.")
    assert list(inspect.signature(named).parameters) == ["number", "page"]


def test_a_cached_function_that_is_not_told_its_class() -> None:
    """As from Python 3.13 on: it forgets the answers for all, rather than for none."""

    class Session:
        @cached
        def named(cls, number: Any) -> str:  # noqa: N805 - what a classmethod is made of
            return f"{cls} {number}"

        @cached(key=lambda cls, number: number)
        def keyed(cls, number: int) -> str:  # noqa: N805 - as above
            return f"{cls} {number}"

    unbound: Any = Session.__dict__["named"]
    for kind in (Session, str):
        unbound(kind, 1)
        unbound(kind, bytes)
    assert unbound.stats().items == 4
    assert unbound.invalidate(1)
    assert unbound.stats().items == 2
    assert unbound.invalidate(Session, bytes)
    assert unbound.stats().items == 1
    assert unbound.invalidate(bytes), "which is the argument, and not the class"
    assert not unbound.invalidate(bytes)
    keyed: Any = Session.__dict__["keyed"]
    keyed(Session, 1)
    keyed(Session, 2)
    assert keyed.invalidate(Session, 1)
    assert keyed.invalidate(2)
    assert not keyed.invalidate(2)


def test_with_a_key_of_ones_own_answers_belong_to_no_object() -> None:
    """So that all are forgotten where those of one object are to be, and not none."""

    class Session:
        @cached(key=lambda self, number: number)
        def fetch(self, number: int) -> int:
            return number

    session = Session()
    session.fetch(1)
    assert session.fetch.invalidate(1)
    session.fetch(1)
    session.fetch.clear()
    assert Session.fetch.stats().items == 0


async def test_a_call_that_cannot_begin_holds_up_nobody() -> None:
    """When the loop makes no task the error is raised, and the next to ask makes a call."""

    @cached
    async def fetch(number: int) -> int:
        return number

    def refuse(*_: Any, **__: Any) -> Any:
        raise MemoryError

    loop = asyncio.get_running_loop()
    usual = loop.get_task_factory()
    loop.set_task_factory(refuse)
    with pytest.raises(MemoryError):
        await fetch(1)
    loop.set_task_factory(usual)
    assert await fetch(1) == 1
    assert fetch.stats() == CacheStats(misses=2, items=1)
