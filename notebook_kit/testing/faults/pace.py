"""429 and 503 with a Retry-After in both forms, in the past, absurd, or none."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Final

from notebook_kit.testing.behaviours import answer
from notebook_kit.testing.faults.fault import Fault

if TYPE_CHECKING:
    from notebook_kit.testing.records import ReceivedRequest
    from notebook_kit.testing.steps import Behaviour, Reaction

__all__ = ["PACE"]

_GROUP: Final = "Retry-After"
_FORMS: Final = (
    ("in-seconds", "asks to wait one second", "1"),
    ("of-zero", "asks to wait no time", "0"),
    ("in-the-past", "asks to wait until a day of 1994", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ("of-centuries", "asks to wait 300 years", "9999999999"),
    ("in-the-far-future", "asks to wait until the year 9999", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ("negative", "asks to wait minus one second", "-1"),
    ("in-words", "asks to wait in words", "soon"),
    ("of-nan", "asks to wait NaN seconds", "nan"),
    ("of-infinity", "asks to wait 1e999 seconds", "1e999"),
    ("of-400-digits", "asks to wait a number of 400 digits", "9" * 400),
    (
        "of-a-bad-date",
        "asks to wait until a day that there is not",
        "Mon, 99 Feb 2026 25:61:61 GMT",
    ),
)


def _date(status: int) -> Reaction:
    def react(_request: ReceivedRequest) -> Behaviour:
        soon = formatdate(time.time() + 2, usegmt=True)  # in whole seconds
        return answer("slower", status=status, headers=[("Retry-After", soon)])

    return react


def _all(status: int) -> tuple[Fault, ...]:
    forms = [
        Fault(
            name=f"{status}-{name}",
            says=f"An answer of {status} {says}.",
            group=_GROUP,
            reaction=answer("slower", status=status, headers=[("Retry-After", value)]),
        )
        for name, says, value in _FORMS
    ]
    plain = Fault(
        name=f"{status}-without-time",
        says=f"An answer of {status} does not say how long to wait.",
        group=_GROUP,
        reaction=answer("slower", status=status),
    )
    dated = Fault(
        name=f"{status}-as-a-date",
        says=f"An answer of {status} asks to wait until a time that is a second or two away.",
        group=_GROUP,
        reaction=_date(status),
    )
    return plain, dated, *forms


PACE: Final = (*_all(429), *_all(503))
