"""Texts, URLs and headers without the credentials in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

from notebook_kit.redact import known
from notebook_kit.redact.fields import is_secret_field
from notebook_kit.redact.known import HIDDEN, SHORTEST_HIDDEN_BY_VALUE
from notebook_kit.redact.names import is_secret_name

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["hide_fields", "hide_nested", "redact_headers", "redact_url", "scrub", "scrub_fields"]

#: So many characters a value that is hidden by field has at most where all of it is
#: percent-encoded.
_LONGEST_WRITTEN: Final = 12 * SHORTEST_HIDDEN_BY_VALUE

# Up to the last @ before the path: a password may hold one.
_USERINFO: Final = re.compile(r"(?<=://)[^/?#\s]+(?=@)")
_QUERY_NAME: Final = re.compile(r"[?&;#](?P<name>[^=?&;#\s]+)=")
_QUERY_VALUE: Final = re.compile(r"[^&;#\s]*")
# What is no part of a value that ends there: the marks of the text that quotes a URL.
_MARKS: Final = ":.,!?'\")]}>"
_QUOTE_BEHIND: Final = re.compile(r"""['"](?=[,:)\]}>])""")
# "Basic authentication" is no secret: base64 has more in it than one capital and small letters.
_AUTHORIZATION: Final = re.compile(
    r"\b(?P<scheme>(?i:Bearer)\s+|(?i:Basic)\s+(?![A-Za-z][a-z]*(?![A-Za-z0-9+/=])))"
    # The end of a sentence is none of a token's.
    r"[A-Za-z0-9._~+/=-]{7,}[A-Za-z0-9_~+/=-]"
)
_SCHEME_ALONE: Final = rf"\g<scheme>{HIDDEN}"
# A name and the quoted text that is its value, as a repr or JSON writes them; the text may be cut.
_FIELD: Final = re.compile(
    r"""(?<![\w-])(?P<name>[\w-]++)(?P<mark>['"]?\s*+[:=]\s*+|['"]\s*+,\s*+)"""
    r"""[bu]?(?P<value>'(?:[^'\\]|\\.)*+'?|"(?:[^"\\]|\\.)*+"?)""",
    re.DOTALL,
)
# As above, with what begins with a bracket. Tokens in the plural are counted, or those of a text.
_NESTED: Final = re.compile(
    r"""(?<![\w-])(?P<name>[\w-]*(?:authorization|cookies?|token|secrets?|passw(?:or)?ds?|passphrase|"""
    r"""pwd|keys?|credentials?|signature))['"]\s*+[:,]\s*+[\[({]""",
    re.IGNORECASE,
)
_BRACKET: Final = re.compile(r"""'(?:[^'\\]|\\.)*+'?|"(?:[^"\\]|\\.)*+"?|[\[\](){}]""", re.DOTALL)


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the headers with the values of credentials hidden.

    >>> redact_headers([("Authorization", "Bearer abc"), ("Accept", "*/*")])
    [('Authorization', '****'), ('Accept', '*/*')]
    """
    return [
        (name, HIDDEN if is_secret_field(name, value) else scrub(value)) for name, value in headers
    ]


def redact_url(url: str) -> str:
    """Return the URL with its user part and the values of secret parameters hidden.

    >>> redact_url("https://me:pw@host/x?api_key=abc&page=2")
    'https://****@host/x?api_key=****&page=2'
    """
    return _hide_parameters(_USERINFO.sub(HIDDEN, known.memory.strike(url)))


def scrub(text: str) -> str:
    """Return the text without any known secret, credential header or credential in a URL.

    >>> scrub("GET https://host/?token=abc failed with Bearer abcdefghijk")
    'GET https://host/?token=**** failed with Bearer ****'
    """
    return _AUTHORIZATION.sub(_SCHEME_ALONE, redact_url(text))


def scrub_fields(text: str) -> str:
    """Do as `scrub`, and hide quoted texts in fields whose names say that they hold a credential.

    >>> scrub_fields("answered with [(b'Set-Cookie', b'id=1'), (b'Date', b'today')]")
    "answered with [(b'Set-Cookie', ****), (b'Date', b'today')]"
    """
    return scrub(hide_fields(text))


def _hide_parameters(text: str) -> str:
    parts: list[str] = []
    done = 0
    for pair in _QUERY_NAME.finditer(text):
        if pair.start() < done:
            continue
        if not (is_secret_name(pair["name"]) or _was_given(pair["name"], text, pair.end())):
            continue
        parts += (text[done : pair.end()], HIDDEN)
        done = _value_ends(text, pair.end())
    return "".join((*parts, text[done:]))


def _value_ends(text: str, start: int) -> int:
    """Return where the value of a parameter ends that begins there."""
    found = _QUERY_VALUE.match(text, start)
    value = "" if found is None else found[0]
    quote = _QUOTE_BEHIND.search(value)
    return start + len(value[: None if quote is None else quote.start()].rstrip(_MARKS))


def _was_given(name: str, text: str, start: int) -> bool:
    """Tell whether a parameter, whose value begins there, is one that was given as a secret."""
    if not known.memory.fields:
        return False
    found = _QUERY_VALUE.match(text, start, start + _LONGEST_WRITTEN)
    value = "" if found is None else found[0]
    # A text that quotes a URL may go on right behind it.
    values = {value, value.rstrip("'\").,:;!?")}
    return any(is_secret_field(unquote_plus(name), unquote_plus(it)) for it in values)


def hide_fields(text: str) -> str:
    """Hide texts, and all that is in brackets, where names say that they hold a credential.

    >>> hide_fields("{'api_keys': ['abc', {'n': 'd'}], 'prompt_tokens': [1, 2]}")
    "{'api_keys': ****, 'prompt_tokens': [1, 2]}"
    """
    return _FIELD.sub(_hide_field, hide_nested(text))


def hide_nested(text: str, *, but_for: frozenset[str] = frozenset()) -> str:
    """Hide all that is in brackets behind such a name, but for some names in small letters."""
    parts: list[str] = []
    done = 0
    for field in _NESTED.finditer(text):
        name = field["name"]
        if field.start() >= done and is_secret_name(name) and name.lower() not in but_for:
            parts += (text[done : field.end() - 1], HIDDEN)
            done = _closed_at(text, field.end() - 1)
    return "".join((*parts, text[done:])) if parts else text


def _closed_at(text: str, start: int) -> int:
    """Return where what is in brackets ends; the end of a text that was cut."""
    depth = 0
    for piece in _BRACKET.finditer(text, start):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(piece[0], 0)
        if depth == 0:
            return piece.end()
    return len(text)


def _hide_field(field: re.Match[str]) -> str:
    value = field["value"]
    value = value[1:-1] if value[-1:] == value[:1] else value[1:]
    is_secret = is_secret_field(field["name"], value)
    return f"{field['name']}{field['mark']}{HIDDEN}" if is_secret else field[0]
