"""Who comes next: first come, first served, and nobody waits for one who does not come."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.decorators.line import PATIENCE_S, Line, Waiter

PLACES = st.integers(min_value=0, max_value=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("join"), PLACES),
        st.tuples(st.just("leave"), st.integers(min_value=0, max_value=20)),
        st.tuples(st.just("call"), PLACES),
        st.tuples(st.just("come"), PLACES),
        st.tuples(st.just("wait"), st.integers(min_value=1, max_value=4)),
    ),
    max_size=60,
)


def test_first_come_first_served() -> None:
    """Wherever they wait, who came first goes first."""
    line = Line()
    waiters = [line.join(Waiter(place)) for place in ("loop", "thread", "loop", "loop")]
    order = []
    while (front := line.front(0.0)) is not None:
        order.append(front)
        line.leave(front)
    assert order == waiters
    assert not line
    line.leave(waiters[0])


def test_who_is_late_is_passed_over_with_all_at_the_same_place() -> None:
    """A loop that stands still holds up nobody elsewhere; when it is back it is first again."""
    line = Line()
    first, _behind, other = (line.join(Waiter(place)) for place in ("loop", "loop", "thread"))
    first.due = 10.0
    assert line.front(10.0 + PATIENCE_S) is first
    assert line.front(10.1 + PATIENCE_S) is other
    line.leave(other)
    assert line.front(11.0) is None
    first.due = None
    assert line.front(11.0) is first


@settings(deadline=None, max_examples=300)
@given(STEPS)
def test_against_a_plain_list(steps: list[tuple[str, int]]) -> None:
    """Whatever happens, the front is the earliest whose place's first one is not late."""
    line, model, now = Line(), list[Waiter](), 0.0
    for what, number in steps:
        mine = [waiter for waiter in model if waiter.place == number]
        if what == "join":
            model.append(line.join(Waiter(number)))
        elif what == "leave" and model:
            waiter = model.pop(number % len(model))
            line.leave(waiter)
        elif what == "call" and mine:
            mine[0].due = now
        elif what == "come" and mine:
            mine[0].due = None
        elif what == "wait":
            now += number * PATIENCE_S / 2
        late = {
            place
            for place in range(4)
            for first in [waiter for waiter in model if waiter.place == place][:1]
            if first.is_late(now)
        }
        expected = next((waiter for waiter in model if waiter.place not in late), None)
        assert line.front(now) is expected
        assert len(line) == len(model)
        assert bool(line) == bool(model)
