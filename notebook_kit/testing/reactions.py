"""What a `FaultServer` may be told to do, checked before a client waits for it."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.checks import number
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import shown
from notebook_kit.testing import behaviours
from notebook_kit.testing.faults.fault import Fault
from notebook_kit.testing.steps import (
    Behaviour,
    Drip,
    HangUp,
    Repeat,
    Reset,
    Send,
    Silence,
    StopReading,
    Wait,
)

if TYPE_CHECKING:
    from notebook_kit.testing.steps import Reaction

__all__ = ["checked_behaviour", "checked_path", "checked_reaction"]

_STEPS: Final = (Send, Drip, Repeat, Wait, Silence, StopReading, HangUp, Reset)
_WRITE: Final = "write answer('...'), half_body() or another behaviour of notebook_kit.testing"


def checked_path(path: Any, *, example: str) -> str:
    """Return the path if requests can have it.

    Args:
        path: what was given.
        example: how it is written, with ``{}`` in the place of the path.

    Raises:
        ConfigurationError: for what is no text, does not begin with a slash, or has a query.
    """
    if not isinstance(path, str):
        message = f"path={shown(path)} is no text: write {example.format('/users/7')}."
        raise ConfigurationError(message)
    if not path.startswith("/"):
        message = f"{path!r} is no path: begin it with '/', as in {example.format('/' + path)}."
        raise ConfigurationError(message)
    if "?" in path:
        bare = path.partition("?")[0]
        message = f"{path!r} has a query, which does not count: write {example.format(bare)}."
        raise ConfigurationError(message)
    return path


def checked_reaction(given: Any) -> Reaction:
    """Return what was given if it is a behaviour, or a function that can be given a request.

    Raises:
        ConfigurationError: for anything else, saying what to write.
    """
    chosen: Reaction = given
    if isinstance(given, Behaviour):
        return checked_behaviour(given)
    if not callable(given) or isinstance(given, type) or _is_of_this_room(given):
        raise ConfigurationError(_no_behaviour(given))
    if _is_async(given):
        message = f"{_name(given)} is async: what chooses a behaviour is a function, `def`."
        raise ConfigurationError(message)
    try:
        signature = inspect.signature(given)
    except (TypeError, ValueError):
        return chosen  # Nothing can be known of it before it is called.
    try:
        signature.bind(None)
    except TypeError as error:
        message = f"{_name(given)} cannot be given the request ({error}): let it take one argument."
        raise ConfigurationError(message) from None
    return chosen


def checked_behaviour(given: Any) -> Behaviour:
    """Return what was given if it is a behaviour that can be carried out.

    Raises:
        ConfigurationError: for anything else, and for steps that are none.
    """
    if not isinstance(given, Behaviour):
        raise ConfigurationError(_no_behaviour(given))
    for steps in (given.before_body, given.steps):
        # Steps that are made as they are asked for may have no end, and can be read once.
        if isinstance(steps, (list, tuple)):
            for step in steps:
                _check_step(step)
    return given


def _check_step(step: Any) -> None:
    if not isinstance(step, _STEPS):
        message = f"{shown(step)} is no step of a behaviour: write Send(b'...'), Reset() and so on."
        raise ConfigurationError(message)
    kind = type(step).__name__
    if isinstance(step, (Send, Drip, Repeat)) and not isinstance(step.data, (bytes, bytearray)):
        message = f"{kind}({shown(step.data)}) has no bytes: write {kind}(b'...')."
        raise ConfigurationError(message)
    wait_s = step.seconds if isinstance(step, Wait) else getattr(step, "pause_s", 0.0)
    if number(wait_s) is None:
        message = f"{kind} waits for {shown(wait_s)}: write seconds, such as 0.5."
        raise ConfigurationError(message)


def _no_behaviour(given: Any) -> str:
    if isinstance(given, Fault):
        write = f"write fault({given.name!r}).arrange(server, path)"
        return f"fault({given.name!r}) is a fault, and no behaviour: {write}."
    name = given if isinstance(given, str) else getattr(given, "__name__", "")
    if name in behaviours.__all__:
        return f"{shown(given) if given == name else name} is not called: write {name}()."
    if isinstance(given, _STEPS):
        return f"{given!r} is one step, and no behaviour: write Behaviour([{given!r}])."
    if isinstance(given, (str, bytes, dict, list)):
        return f"{shown(given)} is no behaviour: write answer({shown(given)})."
    return f"{shown(given)} is no behaviour: {_WRITE}, or a function that is given the request."


def _is_of_this_room(given: Any) -> bool:
    return getattr(given, "__module__", None) == behaviours.__name__


def _is_async(given: Any) -> bool:
    call = getattr(given, "__call__", given)  # noqa: B004 - of an object, to look at
    return inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(call)


def _name(given: Any) -> str:
    return str(getattr(given, "__qualname__", None) or shown(given))
