"""What is kept, for how long: a store on a manual clock."""

from __future__ import annotations

import math
from collections import OrderedDict

from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.decorators.store import Store

KEYS = st.integers(min_value=0, max_value=6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS),
        st.tuples(st.just("look"), KEYS),
        st.tuples(st.just("drop"), KEYS),
        st.tuples(st.just("wait"), st.integers(min_value=1, max_value=30)),
        st.tuples(st.just("expire"), KEYS),
    ),
    max_size=60,
)


def test_without_bounds_a_value_stays() -> None:
    """Without a time to live a value is there for ever; it says when it came."""
    store = Store[str, int]()
    store.put("a", 1, now=3.0)
    entry = store.look("a", now=1e12)
    assert entry is not None
    assert (entry.value, entry.came) == (1, 3.0)


def test_a_value_expires() -> None:
    """It may be used until its time is over, not at that very time, and then it is gone."""
    store = Store[str, int]()
    store.put("a", 1, now=5.0, keep_s=10.0)
    assert store.look("a", now=14.999) is not None
    assert store.look("a", now=15.0) is None
    assert len(store) == 0


def test_its_time_begins_when_it_came() -> None:
    """What came earlier, and lay elsewhere, has less time left."""
    store = Store[str, int]()
    store.put("a", 1, now=5.0, keep_s=10.0, came=1.0)
    assert store.look("a", now=10.999) is not None
    assert store.look("a", now=11.0) is None


def test_where_many_are_kept_those_that_expired_go() -> None:
    """They are looked for when the hundredth comes, and next when there are twice as many."""
    store = Store[int, int]()
    for key in range(99):
        assert store.put(key, key, now=0.0, keep_s=10.0) == []
    assert store.put(99, 99, now=10.0, keep_s=10.0) == list(range(99))
    for key in range(98):
        assert store.put(key, key, now=20.0, keep_s=10.0) == []
    assert len(store) == 99
    assert store.put(98, 98, now=30.0, keep_s=10.0) == [99, *range(98)]


def test_the_one_not_used_for_longest_goes() -> None:
    """A look counts as a use; who goes is told."""
    store = Store[str, int](max_items=2)
    assert store.put("a", 1, now=0.0) == []
    assert store.put("b", 2, now=1.0) == []
    store.look("a", now=2.0)
    assert store.put("c", 3, now=3.0) == ["b"]
    assert store.look("b", now=4.0) is None
    assert store.look("a", now=4.0) is not None


def test_forgetting() -> None:
    """One, those that expired, or all."""
    store = Store[str, int]()
    for second, key in enumerate("abc"):
        store.put(key, second, now=float(second), keep_s=10.0)
    assert store.drop("a")
    assert not store.drop("a")
    assert store.expire(now=11.5) == ["b"]
    store.clear()
    assert len(store) == 0


@settings(deadline=None, max_examples=300)
@given(STEPS, st.sampled_from([None, 20]), st.sampled_from([None, 3]))
def test_against_a_model(
    steps: list[tuple[str, int]], ttl_s: int | None, max_items: int | None
) -> None:
    """Whatever happens in whatever order, it holds what a plain list of what happened says."""
    store = Store[int, int](max_items=max_items)
    keep_s = math.inf if ttl_s is None else float(ttl_s)
    model: OrderedDict[int, tuple[int, float]] = OrderedDict()
    now = 0.0
    for number, (what, key) in enumerate(steps):
        fresh = key in model and (ttl_s is None or now < model[key][1] + ttl_s)
        if what == "wait":
            now += key
        elif what == "put":
            model.pop(key, None)
            model[key] = (number, now)
            expected = [model.popitem(last=False)[0]] if len(model) > (max_items or 99) else []
            assert store.put(key, number, now, keep_s=keep_s) == expected
        elif what == "look":
            entry = store.look(key, now)
            assert (entry is not None) == fresh
            if entry is not None:
                assert entry.value == model[key][0]
                model.move_to_end(key)
            else:
                model.pop(key, None)
        elif what == "drop":
            assert store.drop(key) == (model.pop(key, None) is not None)
        else:
            old = [k for k, (_, at) in model.items() if ttl_s is not None and now >= at + ttl_s]
            assert store.expire(now) == old
            for each in old:
                del model[each]
        assert len(store) == len(model) <= (max_items or 99)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.integers(min_value=1, max_value=20))
def test_the_sizes_of_what_is_kept_are_bounded(steps: list[tuple[str, int]], most: int) -> None:
    """Whatever is done, their sum is known and within its bound."""
    store = Store[int, int](max_bytes=most, size_of=lambda value: value)
    now = 0.0
    for what, number in steps:
        if what == "put":
            store.put(number, 3 * number, now, keep_s=40.0)
        elif what == "look":
            store.look(number, now)
        elif what == "drop":
            store.drop(number)
        elif what == "wait":
            now += number
        else:
            store.expire(now)
        keys = store.keys()
        assert store.held == 3 * sum(keys)
        assert store.held <= most
    store.clear()
    assert store.held == 0


def test_what_was_not_used_for_longest_goes_for_a_long_one() -> None:
    """Several, if need be; what is too long by itself is not kept, and sends nothing away."""
    store = Store[str, int](max_bytes=10, size_of=lambda value: value)
    for key in "abc":
        store.put(key, 3, now=0.0)
    store.look("a", now=0.0)
    assert store.put("d", 6, now=0.0) == ["b", "c"]
    assert store.put("e", 11, now=0.0) == ["e"]
    assert store.keys() == ("a", "d")
