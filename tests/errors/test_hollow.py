"""Frames of the package and its libraries say where they are, and hold nothing."""

from __future__ import annotations

import linecache
import sys
import traceback
from types import TracebackType
from typing import Any

from IPython.core.ultratb import VerboseTB

from notebook_kit.errors.hollow import chain_of, hollow

SOURCE = '''\
def outer(key, act):
    """Call what is given."""
    return inner(key + "!", act)



def inner(key, act):
    return (
        act(
            # nothing
        )
    )
'''


def _of_library(name: str) -> dict[str, Any]:
    """Return the names of a module of a library, of which only the name is true."""
    filename = f"<{name}>"
    linecache.cache[filename] = (len(SOURCE), None, SOURCE.splitlines(keepends=True), filename)
    names: dict[str, Any] = {"__name__": name}
    exec(compile(SOURCE, filename, "exec"), names)  # noqa: S102 - a frame of a library
    return names


def _key() -> str:
    return "planted-0123456789"


def _raised(name: str) -> ValueError:
    def act() -> None:
        mine = "kept"
        raise ValueError(mine)

    try:
        _of_library(name)["outer"](_key(), act)
    except ValueError as error:
        return error
    raise AssertionError


def test_where_stays_and_values_go() -> None:
    """File, line and function are as they were, in Python's own traceback and in IPython's."""
    error = _raised("httpx.of_a_test")
    before = traceback.extract_tb(error.__traceback__)
    error.with_traceback(hollow(error.__traceback__))
    after = traceback.extract_tb(error.__traceback__)
    assert [(it.filename, it.lineno, it.name, it.line) for it in after] == [
        (it.filename, it.lineno, it.name, it.line) for it in before
    ]
    render: Any = VerboseTB()
    shown = render.text(type(error), error, error.__traceback__)
    assert "planted" not in shown
    assert "outer" in shown
    assert "inner" in shown


def test_frames_of_others_are_kept() -> None:
    """Those of the user hold what they held; nothing is replaced where there is nothing to."""
    error = _raised("httpx.of_a_test")
    frames = [frame for frame, _ in traceback.walk_tb(hollow(error.__traceback__))]
    assert [bool(frame.f_locals.get("mine")) for frame in frames] == [False, False, False, True]
    assert frames[0].f_code.co_name == "_raised"
    error = _raised("users.own")
    assert hollow(error.__traceback__) is error.__traceback__
    assert hollow(None) is None


def test_twice_is_once() -> None:
    """What is hollow already is left as it is."""
    once = hollow(_raised("httpx.of_a_test").__traceback__)
    assert hollow(once) is once


def test_any_line_and_any_depth() -> None:
    """A line above the first of its function, or far below it, is told as it is."""
    names = _of_library("notebook_kit.of_a_test")
    try:
        names["outer"]("key", None)
    except TypeError as error:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    frame = frames[1]
    for line in (1, 7, 70, 7_000, 70_000):
        made = hollow(TracebackType(None, frame, 0, line))
        assert made is not None
        assert traceback.extract_tb(made)[0].lineno == line
        assert sys.getsizeof(made.tb_frame.f_locals) < 500


def test_the_chain_of_an_error() -> None:
    """Causes, contexts and members of groups, each once, also where they lead to one another."""
    cause, context, member = ValueError("cause"), KeyError("context"), OSError("member")
    cause.__cause__ = context
    context.__context__ = cause
    group = ExceptionGroup("all", [member, cause])
    assert set(map(id, chain_of(group))) == set(map(id, (group, cause, context, member)))
