"""What stands where a key belongs, and is none: left of an example, or a `Secret` as text."""

from __future__ import annotations

import re
from typing import Final

from notebook_kit.redact.known import HIDDEN

__all__ = ["is_placeholder", "is_written_secret"]

_KINDS: Final = "key|token|secret|password|credentials?|bearer"
_PLACEHOLDER: Final = re.compile(
    rf"""
    (?:(?:bearer|basic|token)\s+)?           # as the value of an Authorization header
    (?:
        <[^<>]*>                             # <your key>
      | \{{\{{?[^{{}}]*\}}?\}}                 # {{{{ key }}}}
      | \$\{{\w+\}} | \$\w*(?:{_KINDS})        # ${{KEY}}, $API_KEY: nobody has put it in
      | (?:\w+[-_ ])?your[-_ ]?(?:\w+[-_ ])*(?:{_KINDS})(?:[-_ ]?(?:goes|here))*
      | (?:insert|replace|paste|enter|put|add)[-_ ](?:\w+[-_ ])*(?:{_KINDS})(?:[-_ ](?:goes|here))*
      | (?:[a-z]+[-_])*(?:\.{{3,}}|…|x{{4,}})   # sk-..., sk-xxxx
      | change[-_]?me | to[-_]?do
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_placeholder(text: str) -> bool:
    """Tell whether a text is what examples have in the place of a key.

    >>> is_placeholder("YOUR_API_KEY"), is_placeholder("sk-..."), is_placeholder("test-key")
    (True, True, False)
    """
    return _PLACEHOLDER.fullmatch(text) is not None


#: A row of more stars is none of a `Secret`, and says nothing of what it stands for.
_WRITTEN: Final = re.compile(rf"(?<!\*){re.escape(HIDDEN)}(?!\*)")


def is_written_secret(text: str) -> bool:
    """Tell whether a text has in it what a `Secret` gives when it is written into one.

    >>> is_written_secret("Bearer ****"), is_written_secret("*****"), is_written_secret("a**b")
    (True, False, False)
    """
    return HIDDEN in text and _WRITTEN.search(text) is not None
