"""Credentials in what errors say: ``password=hunter2``, ``x-api-key: abc123``, ``"token": "abc"``.

What a function raises is written by people and by libraries. In such a text a name with its value
is hidden, and an ordinary sentence is not: "token: the next word", "max_tokens=4096" and "missing
key: 'city'" are to stay readable.
"""

from __future__ import annotations

import re
from typing import Final

from notebook_kit.redact import known
from notebook_kit.redact.known import HIDDEN
from notebook_kit.redact.names import is_secret_name
from notebook_kit.redact.text import hide_nested, scrub

__all__ = ["scrub_told"]

_WORDS: Final = (
    "token|secret|password|passwd|passphrase|pwd|key|authorization|cookie|credentials?|signature|"
    "sig|auth|session[-_]?id|appid"
)
#: A name ends with what it is: ``api_token`` holds one, ``max_tokens`` and ``token_type`` do not.
_CREDENTIAL: Final = re.compile(rf"(?:{_WORDS})$", re.IGNORECASE)
# Most texts have no such word, or none with a value, and need not be gone through name by name.
_PARTS: Final = (
    *("token", "secret", "passw", "passp", "pwd", "key", "auth", "cookie", "credential", "sig"),
    *("session", "appid"),
)
_ANY_PAIR: Final = re.compile(rf"(?:{_WORDS})(?:\\?['\"]?[ \t]*+[:=]|['\"],)", re.IGNORECASE)
#: What is called so is mostly something else: the key of a dictionary, the signature of a function.
_MOSTLY_ANOTHER: Final = frozenset({"key", "sig", "auth", "signature"})
_OFTEN_ANOTHER: Final = re.compile("|".join(sorted(_MOSTLY_ANOTHER)), re.IGNORECASE)
_NAME: Final = re.compile(
    r"""(?<![\w-])(?P<name>[\w-]++)(?P<mark>\\?['"]?[ \t]*+[:=](?![:=])[ \t]*+|['"],[ \t]*+)"""
    r"""(?P<scheme>(?i:bearer|token|api-?key|key|digest|negotiate)[ \t]++|"""
    # "Basic authentication" is no secret.
    r"""(?i:basic)[ \t]++(?![A-Za-z][a-z]*(?![A-Za-z0-9+/=])))?"""
)
# A quote behind a backslash ends what began with such a one, and no other.
_QUOTED: Final = (
    r"""[bu]?(?:'(?:[^'\\\n]|\\.){0,%(most)s}+'?|"(?:[^"\\\n]|\\.){0,%(most)s}+"?|"""
    r"""\\'[^'\n]{0,%(most)s}+'?|\\"[^"\n]{0,%(most)s}+"?)"""
)
_BARE: Final = r"""[^\s'",;&<>(){}\[\]]"""
#: So much of a value is looked at: of one that is not hidden, the inside is gone through as well.
_LOOKED_AT: Final = 200
_VALUE: Final = re.compile(f"{_QUOTED % {'most': _LOOKED_AT}}|{_BARE}{{1,{_LOOKED_AT}}}+")
_WHOLE: Final = re.compile(f"{_QUOTED % {'most': ''}}|{_BARE}++")
#: What belongs to a value without quotes: other cookies of the header, what an object was made of.
_COOKIES: Final = re.compile(r"(?:;[ \t]*+[^\s;=,'\"]++=[^\s;,'\"]*+)*+")
_ARGUMENTS: Final = re.compile(r"(?:\([^()\n]*+\)?)?")
#: In a pair of texts, only what is called like a header is one with a value.
_HEADER: Final = re.compile(r".*-.*|authorization|cookie", re.IGNORECASE)
_OPENING: Final = re.compile(r"[bu]?\\?['\"]")
#: Values that say that there is none, or what is wrong with it.
_NONE: Final = frozenset(
    {
        *("none", "null", "nil", "true", "false", "undefined", "nan", "...", HIDDEN),
        *("required", "missing", "expected", "invalid", "expired", "incorrect", "rejected"),
        *("denied", "revoked"),
    }
)
_SHORTEST: Final = 6
#: Of a name that is often another: so long, and written as only keys are.
_KEY_LIKE: Final = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_+=-]{16,}")
#: What stands behind a value that is all there is.
_OVER: Final = re.compile(r"[.!?]*(?=[ \t]*(?:$|[\n\r,;)\]}'\"]))")


def scrub_told(text: str) -> str:
    """Do as `scrub`, and hide values behind names that say that they hold a credential.

    Behind ``=``, and behind a quoted name, any value; behind ``:`` one of at least six characters
    that has a digit in it or is all there is on its line.

    >>> scrub_told("no access with api_key=abc, see the manual")
    'no access with api_key=****, see the manual'
    >>> scrub_told("unexpected token: expected a number of max_tokens=4096")
    'unexpected token: expected a number of max_tokens=4096'
    """
    if known.memory.fields or _may_have(text):
        text = hide_nested(_hide(text), but_for=_MOSTLY_ANOTHER)
    return scrub(text)


def _may_have(text: str) -> bool:
    lowered = text.lower()
    return any(part in lowered for part in _PARTS) and _ANY_PAIR.search(lowered) is not None


def _hide(text: str) -> str:
    parts: list[str] = []
    done = 0
    for pair in _NAME.finditer(text):
        found = _VALUE.match(text, pair.end()) if pair.start() >= done else None
        if found is None or not _is_secret(pair, found):
            continue
        parts += (text[done : pair.end()], HIDDEN)
        done = _end(pair, _WHOLE.match(text, pair.end()) or found)
    return "".join((*parts, text[done:]))


def _end(pair: re.Match[str], whole: re.Match[str]) -> int:
    if _OPENING.match(whole[0]):
        return whole.end()
    further = _COOKIES if pair["name"].lower() == "cookie" else _ARGUMENTS
    found = further.match(whole.string, whole.end())
    if found is not None and found[0]:
        return found.end()
    # The end of a sentence is none of the value's.
    return whole.end() - _dots(whole[0])


def _dots(value: str) -> int:
    return len(value) - len(value.rstrip(".!?:"))


def _is_secret(pair: re.Match[str], found: re.Match[str]) -> bool:
    name = pair["name"]
    opening = _OPENING.match(found[0])
    value = found[0] if opening is None else found[0][opening.end() :]
    value = value.rstrip(".!?" if opening is None else "\\'\"")
    if (name.lower(), value) in known.memory.fields:
        return True
    if not value or value.lower() in _NONE or not is_secret_name(name):
        return False
    if _OFTEN_ANOTHER.fullmatch(name):
        return _KEY_LIKE.fullmatch(value) is not None
    return _CREDENTIAL.search(name) is not None and _is_value(pair, found, value)


def _is_value(pair: re.Match[str], found: re.Match[str], value: str) -> bool:
    """Tell whether what stands behind such a name is its value, and no sentence that goes on."""
    name, mark = pair["name"], pair["mark"]
    if "," in mark:
        return _HEADER.fullmatch(name) is not None
    is_cookie = name.lower().endswith("cookie") and "=" in value
    if "=" in mark or mark[0] in "\\'\"" or pair["scheme"] or is_cookie:
        return True
    if len(value) < _SHORTEST or " " in value:
        return False
    is_all = len(found[0]) >= _LOOKED_AT or _OVER.match(found.string, found.end()) is not None
    return is_all or any(map(str.isdigit, value))
