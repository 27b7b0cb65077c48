from __future__ import annotations

import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from notebook_kit.widgets.clicks import Hearing, reaches_python


class Events:
    """IPython's events, as far as they are used."""

    def __init__(self) -> None:
        self.callbacks: dict[str, list[Any]] = {}

    def register(self, name: str, callback: Any) -> None:
        self.callbacks.setdefault(name, []).append(callback)

    def trigger(self, name: str, *values: object) -> None:
        for callback in self.callbacks[name]:
            callback(*values)


@pytest.fixture
def shell() -> Any:
    return SimpleNamespace(events=Events())


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def six(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that keeps clicks back."""
    monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace(__version__="6.31.0"))


@pytest.mark.parametrize(
    ("version", "lets_in"),
    [
        ("6.29.5", ()),
        ("6.31.0", ()),
        ("7.0.0a1", ("awaiting", "blocking")),
        ("7.3.0", ("awaiting", "blocking")),
        ("7.4.0", ("awaiting",)),
        ("8.0", ("awaiting",)),
        ("", ("awaiting", "blocking")),
        ("unknown", ("awaiting", "blocking")),
    ],
)
def test_which_kernels_let_clicks_in(version: str, lets_in: tuple[str, ...]) -> None:
    """As measured; of what is not known nothing is said."""
    assert reaches_python(blocking=False, version=version) is ("awaiting" in lets_in)
    assert reaches_python(blocking=True, version=version) is ("blocking" in lets_in)


def test_the_version_is_that_of_this_process(six: None) -> None:
    """Where none is given it is looked up among what is imported."""
    assert not reaches_python(blocking=False)


def test_a_waiting_cell_makes_deaf_until_it_waits_no_more(
    shell: Any, six: None, clock: Clock
) -> None:
    """Half a second after the last report of a waiter clicks are taken for heard again."""
    hearing = Hearing(shell, clock=clock)
    assert not hearing.is_deaf
    hearing.waits(blocking=False)
    assert hearing.is_deaf
    clock.now += 0.6
    assert not hearing.is_deaf


def test_who_awaits_after_the_cell_has_ended_makes_nobody_deaf(
    shell: Any, six: None, clock: Clock
) -> None:
    """A task in the background leaves the kernel free to take clicks."""
    hearing = Hearing(shell, clock=clock)
    shell.events.trigger("post_run_cell", object())
    hearing.waits(blocking=False)
    assert not hearing.is_deaf
    shell.events.trigger("pre_run_cell", object())
    hearing.waits(blocking=False)
    assert hearing.is_deaf


def test_waiting_in_a_thread_makes_nobody_deaf(shell: Any, six: None, clock: Clock) -> None:
    """Only the kernel's own thread takes clicks, or does not."""
    hearing = Hearing(shell, clock=clock)
    thread = threading.Thread(target=hearing.waits, kwargs={"blocking": True})
    thread.start()
    thread.join()
    assert not hearing.is_deaf


def test_one_shell_is_listened_to_once(shell: Any) -> None:
    """Many panels register one pair of callbacks."""
    for _ in range(3):
        Hearing(shell)
    assert [len(found) for found in shell.events.callbacks.values()] == [1, 1]


def test_a_shell_without_events_is_always_in_a_cell(six: None, clock: Clock) -> None:
    """Nothing is known of when its cells end."""
    hearing = Hearing(object(), clock=clock)
    hearing.waits(blocking=True)
    assert hearing.is_deaf
