"""A catalogue of named faults: each has a name, a sentence, and how a server is made to show it.

>>> from notebook_kit.testing import FaultServer
>>> from notebook_kit.testing.faults import fault
>>> with FaultServer() as api:
...     url = fault("half-body").arrange(api, "/users/7")
>>> fault("half-body").says
'The connection is closed in the middle of the body.'
"""

from __future__ import annotations

import difflib
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from notebook_kit.redact import shown
from notebook_kit.testing.faults.bodies import BODIES
from notebook_kit.testing.faults.compression import COMPRESSION, bomb
from notebook_kit.testing.faults.connections import CONNECTIONS
from notebook_kit.testing.faults.fault import Fault
from notebook_kit.testing.faults.framing import FRAMING
from notebook_kit.testing.faults.heads import HEADS
from notebook_kit.testing.faults.pace import PACE
from notebook_kit.testing.faults.redirects import REDIRECTS
from notebook_kit.testing.faults.timing import TIMING
from notebook_kit.testing.faults.tls import TLS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULTS", "Fault", "bomb", "fault"]

#: All faults by their names, those of one group together.
FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {
        it.name: it
        for group in (
            CONNECTIONS,
            HEADS,
            FRAMING,
            TIMING,
            BODIES,
            COMPRESSION,
            REDIRECTS,
            TLS,
            PACE,
        )
        for it in group
    }
)


def fault(name: str) -> Fault:
    """Return the fault of this name.

    Raises:
        KeyError: when there is none; the message names those that are written alike. `FAULTS` has
            them all.

    >>> fault("hang").never_ends
    True
    """
    if not isinstance(name, str):
        given = shown(name)
        raise KeyError(f"{given} is no name of a fault: write fault('half-body'); see FAULTS.")
    try:
        return FAULTS[name]
    except KeyError:
        alike = difflib.get_close_matches(name, FAULTS, n=3)
        meant = f"did you mean {' or '.join(map(repr, alike))}?" if alike else "see FAULTS."
        raise KeyError(f"There is no fault {name!r}: {meant}") from None
