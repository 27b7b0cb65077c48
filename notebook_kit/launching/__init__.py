"""The launcher of a function; that of a client is in the client's room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief
from notebook_kit.execution.functions import FunctionWork

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.execution import RunKeywords
    from notebook_kit.widgets.launcher import Launcher

__all__ = ["launcher"]


def launcher(function: Callable[..., Any], **preset: Unpack[RunKeywords]) -> Launcher:
    """Show a form from which a function is mapped over data of the notebook, by clicking.

    The form shows the line of code that does the same, and the first call before any is made.

    Args:
        function: async, which runs on the loop of the cell; or synchronous, which runs in threads.
        **preset: options of `notebook_kit.map`, which stand in the form at first.

    Raises:
        ConfigurationError: for what is no function, and for an option that cannot be used.

    >>> def flag(country, size=64): ...
    >>> form = nk.launcher(flag, rate="50/s")
    Launcher: flag(country, size=64)
    ...
    """
    with brief:
        # Loaded for those who click.
        from notebook_kit.launching.function import FunctionTarget  # noqa: PLC0415
        from notebook_kit.widgets.launcher import open_launcher  # noqa: PLC0415

        if not callable(function):
            message = (
                f"nk.launcher takes a function, and was given a {type(function).__name__}: write "
                "nk.launcher(function). Requests of a client are set up by client.launcher(path)."
            )
            raise ConfigurationError(message)
        # What can be said of it as of any function that is mapped.
        FunctionWork(function, loop="caller").close()
        return open_launcher(FunctionTarget(function), None, dict(preset))
