"""The package's loggers: silent until somebody listens, and without secrets whoever listens."""

from __future__ import annotations

import logging
import traceback
from typing import Final

from notebook_kit.redact import scrub_fields

__all__ = ["ROOT", "hide_secrets", "kit_logger"]

#: Every logger of the package is below this one.
ROOT: Final = logging.getLogger("notebook_kit")
ROOT.addHandler(logging.NullHandler())


def kit_logger(name: str) -> logging.Logger:
    """Return a logger of the package; what goes through it has its secrets removed.

    >>> kit_logger("notebook_kit.client").name
    'notebook_kit.client'
    """
    logger = logging.getLogger(name)
    # On the logger and not on a handler: a record then is clean for the handlers of the user too.
    if hide_secrets not in logger.filters:
        logger.addFilter(hide_secrets)
        # Without a handler, warnings would be printed from whatever thread they arise in.
        logger.addHandler(logging.NullHandler())
    return logger


def hide_secrets(record: logging.LogRecord) -> bool:
    """Remove the secrets from a record: of its message, its arguments and its traceback."""
    try:
        said = record.getMessage()
    except Exception:  # noqa: BLE001 - a record that cannot be written must not show its arguments
        said = f"{record.msg} (its arguments do not fit)"
        record.args = None
    clean = scrub_fields(said)
    # A record without secrets keeps its parts, for handlers that group by them.
    if clean != said or record.args is None:
        record.msg, record.args = clean, None
    if record.exc_info and record.exc_info[1] is not None:
        trace = "".join(traceback.format_exception(record.exc_info[1])).rstrip("\n")
        record.exc_text = scrub_fields(trace)
        if record.exc_text != trace:
            record.exc_info = None
    if record.stack_info:
        record.stack_info = scrub_fields(record.stack_info)
    return True
