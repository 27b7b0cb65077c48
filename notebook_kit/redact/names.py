"""Names that say that what they name is a credential."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_credential_name", "is_secret_name"]

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


#: What names of credentials end with, word by word. Others that are hidden may as well say what is
#: asked for: a place in a list, the key of an entry, an application.
_CREDENTIAL_ENDS: Final = re.compile(
    r"(^|_)("
    r"(access|account|api|app|auth|encryption|functions|private|secret|subscription)_?keys?|"
    r"access_?key_?id|"
    r"(access|api|auth|authorization|bearer|csrf|id|oauth|private|refresh|security|xsrf)_?tokens?|"
    r"((api|app|client|consumer|shared)_?)?secrets?|"
    r"pass(word|wd|phrase)s?|pwd|authorization|credentials?|cookies?|(amz|goog)_signature"
    r")$|^(x_)?auth$"
)
_CAPITAL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_LETTER: Final = re.compile(r"[^a-z0-9]+")


def is_credential_name(name: str) -> bool:
    """Tell whether a name says beyond doubt that what it names is a credential.

    Of what `is_secret_name` has hidden, which is more, the rest may change an answer.

    >>> [is_credential_name(it) for it in ("api_key", "accessToken", "X-Auth-Token", "password")]
    [True, True, True, True]
    >>> [is_credential_name(it) for it in ("key", "token", "page_token", "sort_key", "session_id")]
    [False, False, False, False, False]
    """
    words = _NO_LETTER.sub("_", _CAPITAL.sub("_", name).lower())
    return _CREDENTIAL_ENDS.search(words) is not None
