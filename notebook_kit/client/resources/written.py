"""The method that declares an endpoint: written as one whose body is never run."""

from __future__ import annotations

import dis
import inspect
from typing import TYPE_CHECKING, Final

from notebook_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from types import CodeType, FunctionType
    from typing import Any

__all__ = ["check_method"]


#: What stands in code and does nothing.
_IDLE: Final = frozenset({"NOP"})
#: What begins the names of steps after which another one than the next may come, or none.
_TURNS: Final = ("FOR_", "JUMP", "POP_JUMP", "RETURN", "SEND", "YIELD")


def _nothing() -> None: ...


def check_method(function: FunctionType, *, of: str) -> None:
    """Check that a function is written as a method that only declares.

    Raises:
        ConfigurationError: when it lacks ``self``, or its body would do something.
    """
    if inspect.iscoroutinefunction(function):
        message = (
            f"{of}: an endpoint is declared by a plain method whose body is never run; a method "
            "that makes several calls is marked @nk.composed."
        )
        raise ConfigurationError(message)
    names = list(inspect.signature(function).parameters)
    # Whoever does not use it may call it `_` or `_self`.
    if not names or not (names[0] == "self" or names[0].startswith("_")):
        message = (
            f"{of}: the first parameter of a method is self, which is not sent: write "
            f"def {of}({', '.join(['self', *names])})."
        )
        raise ConfigurationError(message)
    if _does_something(function.__code__):
        message = (
            f"{of}: the body of an endpoint is never run, and this one has code: leave its "
            "docstring or `...` alone there. What makes something of the answer stands in a "
            "method of its own, which calls the endpoint, or is marked @nk.composed."
        )
        raise ConfigurationError(message)


def _does_something(code: CodeType) -> bool:
    """Tell whether code is more than a docstring, `...`, or ``raise NotImplementedError``."""
    if code.co_names == (NotImplementedError.__name__,):
        *earlier, last = (name for name, _ in _steps(code))
        # A way around the error, or anything but the error, is code that somebody wants to run.
        return last != "RAISE_VARARGS" or any(name.startswith(_TURNS) for name in earlier)
    return _steps(code) != _steps(_nothing.__code__)


def _steps(code: CodeType) -> list[tuple[str, Any]]:
    steps = dis.get_instructions(code)
    return [(step.opname, step.argval) for step in steps if step.opname not in _IDLE]
