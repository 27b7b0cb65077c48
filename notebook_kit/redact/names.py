"""Names that say that what they name is a credential."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_secret_name"]

_SECRET_NAME: Final = re.compile(
    r"(authorization|cookie|token|secret|passw|passphrase|api[-_]?key|apikey|access[-_]?key|signature|"
    r"credential|session[-_]?id|^appid$|^key$|^sig$|^(x-)?auth$|^x-amz-security|pwd|private[-_]?key|"
    r"(account|auth|functions|subscription)[-_]?key)",
    re.IGNORECASE,
)


def is_secret_name(name: str) -> bool:
    """Tell whether a header, cookie or query parameter of this name holds a credential.

    >>> is_secret_name("X-Api-Key"), is_secret_name("Content-Type")
    (True, False)
    """
    return _SECRET_NAME.search(name) is not None
