"""How much of what the package does is logged, and whether it is shown."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TextIO

from notebook_kit.checks import teaches_options
from notebook_kit.errors import ConfigurationError
from notebook_kit.logs import holding
from notebook_kit.logs.postponed import catch_up
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LoggingConfig", "checked_logging"]


@teaches_options
@dataclass(frozen=True, slots=True)
class LoggingConfig:
    """What the package logs: give it to a client, use it as a block, or `apply` it.

    A client's configuration holds as long as that client is open, that of a ``with`` block inside
    it, and an applied one until it is removed or another is applied. There is one log for the
    process: where several hold at once, the finest level counts, for all clients, and a line is
    shown once. Credentials are removed from every line.

    At ``"info"`` there is a line for each call and each run that ends; at ``"debug"`` also for
    clients made and closed, connections opened, used again and closed, requests sent, answered and
    failed, and attempts that are going to be repeated. Failures are warnings. The loggers are
    those of `logging`, called ``notebook_kit.client``, ``.pool`` and ``.request``; their own levels
    and handlers can be set as usual, and the root logger is never touched.

    Args:
        level: ``"debug"``, ``"INFO"``, `logging.DEBUG` and so on.
        console: whether lines are shown on the standard error, which in a notebook is the cell that
            asked for what they tell; or a text stream to write them to.

    Raises:
        ConfigurationError: for a level that does not exist, or a console that is no stream.

    >>> import io
    >>> lines = io.StringIO()
    >>> with LoggingConfig("info", console=lines):
    ...     answer = client.get("/airports/ZRH").result()
    >>> lines.getvalue()
    '... INFO    notebook_kit.request: call ...: GET http://.../airports/ZRH answered 200 OK, ...'
    """

    level: str | int = "info"
    console: bool | TextIO = True

    def __post_init__(self) -> None:
        _number(self.level)
        if not isinstance(self.console, bool) and not callable(
            getattr(self.console, "write", None)
        ):
            message = (
                f"console={shown(self.console)}; give True for the standard error, False for "
                "none, or a text stream to write to."
            )
            raise ConfigurationError(message)

    @property
    def number(self) -> int:
        """The level, as `logging` numbers it.

        >>> LoggingConfig("debug").number
        10
        """
        return _number(self.level)

    @property
    def streams(self) -> tuple[TextIO | None, ...]:
        """Where lines are written to; None is the standard error of that moment."""
        if isinstance(self.console, bool):
            return (None,) if self.console else ()
        return (self.console,)

    def apply(self) -> Self:
        """Let it hold until `remove`, in the place of the one that was applied before; return it.

        Applying it again changes nothing.

        >>> config = LoggingConfig("debug", console=False).apply()
        >>> config.remove()
        """
        holding.apply(self)
        return self

    def remove(self) -> None:
        """Undo `apply`; nothing where another configuration has taken its place."""
        catch_up()
        holding.remove(self)

    def hold(self) -> Callable[[], None]:
        """Let it hold, beside others, until the function that this returns is called."""
        holding.hold(self)
        return _Release(self)

    def __enter__(self) -> Self:
        holding.hold(self)
        return self

    def __exit__(self, *raised: object) -> None:
        catch_up()
        holding.let_go(self)


class _Release:
    """Ends one holding, once."""

    def __init__(self, config: LoggingConfig) -> None:
        self._config: LoggingConfig | None = config

    def __call__(self) -> None:
        config, self._config = self._config, None
        if config is not None:
            holding.let_go(config)


def checked_logging(value: Any) -> LoggingConfig | None:
    """Return what a client was given for ``logging=``.

    Raises:
        ConfigurationError: when that is neither a `LoggingConfig` nor None.
    """
    if value is None or isinstance(value, LoggingConfig):
        return value
    message = f"logging={shown(value)}; give nk.LoggingConfig('debug'), or nothing."
    raise ConfigurationError(message)


def _number(level: object) -> int:
    names = logging.getLevelNamesMapping()
    if isinstance(level, str) and names.get(level.upper(), 0) > 0:
        return names[level.upper()]
    if isinstance(level, int) and not isinstance(level, bool) and level > 0:
        return level
    message = (
        f"level={shown(level)}; give 'debug', 'info', 'warning', 'error' or 'critical', or a "
        "number such as logging.DEBUG."
    )
    raise ConfigurationError(message)
