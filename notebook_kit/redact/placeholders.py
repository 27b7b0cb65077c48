"""What stands in examples where a key belongs, and was left there."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_placeholder"]

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
