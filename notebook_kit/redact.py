"""What is secret, and how it is hidden.

Two ways, used together. By field: a header, query parameter or the user part of a URL whose name
says that it holds a credential is shown as ``****``. By value: every value that was wrapped in a
`Secret` is struck out of any text that passes through `scrub`, wherever it turned up, as it is or
with any of its characters percent-encoded or behind a backslash. A short one would turn up by
chance: it is hidden in the fields that it was given for, whatever they are called.
"""

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

from notebook_kit.errors import ConfigurationError
from notebook_kit.markup import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "HIDDEN",
    "Secret",
    "is_secret_field",
    "is_secret_name",
    "redact_headers",
    "redact_url",
    "remember_field",
    "scrub",
    "scrub_fields",
    "shown",
    "text_of",
]

#: What stands in the place of a secret.
HIDDEN = "****"

#: Shorter values turn up in ordinary text by chance, so they are hidden by field only.
_SHORTEST_HIDDEN_BY_VALUE = 8

#: So many characters such a value has at most where all of it is percent-encoded.
_LONGEST_WRITTEN = 12 * _SHORTEST_HIDDEN_BY_VALUE

_SECRET_NAME = re.compile(
    r"(authorization|cookie|token|secret|passw|api[-_]?key|apikey|access[-_]?key|signature|"
    r"credential|session[-_]?id|^key$|^sig$|^(x-)?auth$|^x-amz-security|pwd|private[-_]?key|"
    r"(auth|functions|subscription)[-_]?key)",
    re.IGNORECASE,
)
# Up to the last @ before the path: a password may hold one.
_USERINFO = re.compile(r"(?<=://)[^/?#\s]+(?=@)")
_QUERY_NAME = re.compile(r"[?&;#](?P<name>[^=?&;#\s]+)=")
_QUERY_VALUE = re.compile(r"[^&;#\s]*")
# "Basic authentication" is no secret: base64 has more in it than one capital and small letters.
_AUTHORIZATION = re.compile(
    r"\b(?P<scheme>(?i:Bearer)\s+|(?i:Basic)\s+(?![A-Za-z][a-z]*(?![A-Za-z0-9+/=])))"
    r"[A-Za-z0-9._~+/=-]{8,}"
)
# A name and the quoted text that is its value, as a repr or JSON writes them; the text may be cut.
_FIELD = re.compile(
    r"""(?<![\w-])(?P<name>[\w-]++)(?P<mark>['"]?\s*+[:=]\s*+|['"]\s*+,\s*+)"""
    r"""[bu]?(?P<value>'(?:[^'\\]|\\.)*+'?|"(?:[^"\\]|\\.)*+"?)""",
    re.DOTALL,
)
#: Never percent-encoded, and never behind a backslash.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]*")

#: Every known value with the pattern of its written forms, None if there is but one; the longest
#: first, so that the end of one that begins with another is not left over.
_known_values: tuple[tuple[str, re.Pattern[str] | None], ...] = ()
#: Short values, each with the name in small letters of a field that it was given for.
_known_fields: frozenset[tuple[str, str]] = frozenset()
_known_lock = threading.Lock()


class Secret:
    """A credential that never shows itself; the clear text comes only from `reveal`.

    Raises:
        ConfigurationError: when the value is not text, is empty, or holds characters that no
            header can carry (a trailing newline is the usual one).

    >>> key = Secret("sk-0123456789")
    >>> key
    Secret('****')
    >>> f"{key}", key.reveal()
    ('****', 'sk-0123456789')
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            message = f"A secret is text, not {type(value).__name__}: nk.Secret('...')."
            raise ConfigurationError(message)
        if not value:
            message = "A secret cannot be empty; is the variable that holds the key set?"
            raise ConfigurationError(message)
        if value != value.strip() or not value.isprintable():
            message = (
                "The secret begins or ends with white space or holds an invisible character (a "
                "newline at its end is the usual one): pass value.strip(), or copy it again."
            )
            raise ConfigurationError(message)
        self._value = value
        _remember(value)

    @classmethod
    def from_env(cls, name: str) -> Secret:
        """Take the secret from the environment variable ``name``.

        Raises:
            ConfigurationError: when the variable is not set or empty.
        """
        value = os.environ.get(name, "")
        if not value:
            message = (
                f"The environment variable {name} is not set: set it before the notebook starts."
            )
            raise ConfigurationError(message)
        return cls(value)

    def bearer(self) -> Secret:
        """Return the secret as the value of an ``Authorization`` header, ``Bearer ...``.

        >>> Secret("sk-0123456789").bearer().reveal()
        'Bearer sk-0123456789'
        """
        return Secret(f"Bearer {self._value}")

    def reveal(self) -> str:
        """Return the clear text."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret('{HIDDEN}')"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return format(HIDDEN, spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> str | tuple[object, ...]:
        message = "A Secret is not pickled; read it again where it is needed."
        raise TypeError(message)


def _remember(value: str) -> None:
    global _known_values  # noqa: PLW0603 - replaced as a whole, so that reading needs no lock
    if len(value) < _SHORTEST_HIDDEN_BY_VALUE:
        return
    plain = _PLAIN.fullmatch(value)
    pattern = None if plain else re.compile("".join(map(_written_forms, value)))
    with _known_lock:
        known = {**dict(_known_values), value: pattern}
        _known_values = tuple(sorted(known.items(), key=lambda pair: -len(pair[0])))


def _written_forms(character: str) -> str:
    if _PLAIN.fullmatch(character):
        return re.escape(character)
    forms = rf"(?i:{quote(character, safe='')})|\\?{re.escape(character)}"
    return f"(?:{forms}|[+])" if character == " " else f"(?:{forms})"


def is_secret_name(name: str) -> bool:
    """Tell whether a header, cookie or query parameter of this name holds a credential.

    >>> is_secret_name("X-Api-Key"), is_secret_name("Content-Type")
    (True, False)
    """
    return _SECRET_NAME.search(name) is not None


def remember_field(name: object, secret: Secret) -> None:
    """Hide a secret that is too short to be found by its value in fields of this name."""
    global _known_fields  # noqa: PLW0603 - as above
    value = secret.reveal()
    if len(value) >= _SHORTEST_HIDDEN_BY_VALUE:
        return
    field = (_text(name).lower(), value)
    with _known_lock:
        _known_fields |= {field}


def is_secret_field(name: object, value: object) -> bool:
    """Tell whether a header or parameter holds a credential, by its name or as one that was given.

    >>> remember_field("pin", Secret("1234"))
    >>> is_secret_field("pin", "1234"), is_secret_field("pin", "1"), is_secret_field("n", "1234")
    (True, False, False)
    """
    name = _text(name)
    if is_secret_name(name):
        return True
    return bool(_known_fields) and (name.lower(), _text(value)) in _known_fields


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


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
    return _hide_parameters(_USERINFO.sub(HIDDEN, _strike_values(url)))


def scrub(text: str) -> str:
    """Return the text without any known secret, credential header or credential in a URL.

    >>> scrub("GET https://host/?token=abc failed with Bearer abcdefghijk")
    'GET https://host/?token=**** failed with Bearer ****'
    """
    return _AUTHORIZATION.sub(rf"\g<scheme>{HIDDEN}", redact_url(text))


def scrub_fields(text: str) -> str:
    """Do as `scrub`, and hide quoted texts in fields whose names say that they hold a credential.

    >>> scrub_fields("answered with [(b'Set-Cookie', b'id=1'), (b'Date', b'today')]")
    "answered with [(b'Set-Cookie', ****), (b'Date', b'today')]"
    """
    return scrub(_hide_fields(text))


def _hide_parameters(text: str) -> str:
    parts: list[str] = []
    done = 0
    for pair in _QUERY_NAME.finditer(text):
        if pair.start() < done:
            continue
        if not (is_secret_name(pair["name"]) or _was_given(pair["name"], text, pair.end())):
            continue
        parts += (text[done : pair.end()], HIDDEN)
        value = _QUERY_VALUE.match(text, pair.end())
        done = pair.end() if value is None else value.end()
    return "".join((*parts, text[done:]))


def _was_given(name: str, text: str, start: int) -> bool:
    """Tell whether a parameter, whose value begins there, is one that was given as a secret."""
    if not _known_fields:
        return False
    found = _QUERY_VALUE.match(text, start, start + _LONGEST_WRITTEN)
    value = "" if found is None else found[0]
    # A text that quotes a URL may go on right behind it.
    values = (value, value.rstrip("'\").,:;!?"))
    return any(is_secret_field(unquote_plus(name), unquote_plus(it)) for it in values)


def _strike_values(text: str) -> str:
    for value, pattern in _known_values:
        text = text.replace(value, HIDDEN) if pattern is None else pattern.sub(HIDDEN, text)
    return text


def shown(value: object, limit: int = 80) -> str:
    """Return the repr of a value, secrets removed, on one line of ``limit`` characters at most.

    They are hidden before it is cut, because half a secret is not found any more. Texts in fields
    whose names say that they hold a credential are hidden too.

    >>> shown({"city": "Zurich", "token": "abc"})
    "{'city': 'Zurich', 'token': ****}"
    """
    try:
        # Of a text before its repr is made, which puts backslashes where they mean something here.
        text = repr(_hide_fields(value) if type(value) is str else value)
    except Exception as broken:  # noqa: BLE001 - a user's __repr__ may raise anything
        text = f"({type(value).__name__} that cannot be shown: {type(broken).__name__})"
    return shorten(scrub(_hide_fields(text)), limit)


def _hide_fields(text: str) -> str:
    return _FIELD.sub(_hide_field, text)


def _hide_field(field: re.Match[str]) -> str:
    value = field["value"]
    value = value[1:-1] if value[-1:] == value[:1] else value[1:]
    is_secret = is_secret_field(field["name"], value)
    return f"{field['name']}{field['mark']}{HIDDEN}" if is_secret else field[0]


def text_of(error: BaseException) -> str:
    """Return the words of an error, secrets removed, whatever its ``__str__`` does.

    >>> text_of(ValueError("no such city"))
    'no such city'
    """
    try:
        text = str(error)
    except Exception as broken:  # noqa: BLE001 - a user's __str__ may raise anything
        text = f"(its message cannot be read: {type(broken).__name__})"
    return scrub(text)
