"""Whether a table of attempts is that of the run a frame came from."""

from __future__ import annotations

from typing import Any

import pandas as pd

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.calls.restored import runs_of, told_by

__all__ = ["check_attempts"]


def check_attempts(frame: pd.DataFrame, attempts: Any) -> None:
    """Refuse the attempts of another run, where both say which run they are of.

    Raises:
        ConfigurationError: with what to give in their place.
    """
    known = runs_of(told_by(frame))
    given = runs_of(told_by(attempts)) if isinstance(attempts, pd.DataFrame) else ()
    if not known or not given or set(known) == set(given):
        return
    if len(known) > 1 and set(given) < set(known):
        message = (
            f"attempts= are of one run, and the frame was merged of {len(known)}: give those of "
            "all of them, as pd.concat([run.attempts, again.attempts])."
        )
    else:
        message = (
            "attempts= are of another run than the frame: give run.attempts of the run that the "
            "frame came from, or leave them out."
        )
    raise ConfigurationError(message)
