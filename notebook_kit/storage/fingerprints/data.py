"""Plain data in a fingerprint: short values as text, all others as a digest, credentials not."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, OrderedDict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from notebook_kit.canonical import NotPlain, canonical_text, digest
from notebook_kit.redact import HIDDEN, Secret, is_secret_name, scrub, scrub_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "DIGEST",
    "LONGEST_TEXT",
    "TEXT",
    "digest_of",
    "is_hidden",
    "is_plain",
    "leaves",
    "table_digest",
    "text_of_plain",
]

#: What a value begins with that is kept as it is, and what one that only a digest is kept of.
TEXT: Final = "text:"
DIGEST: Final = "sha256:"
#: Texts of more characters than this are not kept.
LONGEST_TEXT: Final = 1_000
#: Bytes of an array, or cells of a table, that are read; more would take seconds.
_MOST_BYTES: Final = 1 << 28
_MOST_CELLS: Final = 10_000_000
#: Parts of a structure that are told one by one.
_MOST_LEAVES: Final = 100
_DEEPEST: Final = 5

_PLAIN: Final = (
    *(type(None), bool, int, float, complex, str, bytes, type(...), range),
    *(date, datetime, time, timedelta, Decimal, UUID),
)
_MAPPINGS: Final = (dict, Counter, OrderedDict)
#: A variable ends with what it is: `HF_TOKEN` is a credential, and `TOKENIZER` none.
_CREDENTIAL: Final = re.compile(
    r"(token|key|secret|password|passwd|passphrase|pwd|credentials?|signature|authorization|cookie|"
    r"auth|session_?id)$",
    re.IGNORECASE,
)
#: What is a text for a model, or the name of a column.
_NO_CREDENTIAL: Final = re.compile(
    r"(^|_)(bos|cls|end|eos|mask|pad|sep|special|start|stop|unk)_?token$|"
    r"(^|_)(cache|dict|foreign|group|index|join|partition|primary|row|sort)_?key$",
    re.IGNORECASE,
)


def text_of_plain(name: str, value: Any) -> str | None:
    """Return what stands for a number, a text or the like; None for what is none of these.

    What is a credential by its name, or was wrapped in a `Secret`, is left out: it may be renewed.

    >>> text_of_plain("PROMPT", "Sum up: "), text_of_plain("API_KEY", "abc"), text_of_plain("x", [])
    ("text:'Sum up: '", 'text:****', None)
    """
    if isinstance(value, Secret) or _is_credential(name, value):
        return TEXT + HIDDEN
    if type(value) not in _PLAIN:
        return None
    if isinstance(value, str):
        value = scrub_fields(scrub(value))
    return DIGEST + digest(value).hex() if _is_long(value) else TEXT + repr(value)


def is_hidden(text: str) -> bool:
    """Tell whether what stands for a value says no more than that there was a credential."""
    # It may have been hidden before it came here.
    return text in (TEXT + HIDDEN, TEXT + repr(HIDDEN))


def _is_long(value: Any) -> bool:
    # The digits of an integer beyond a limit cannot even be written.
    length = value.bit_length() if isinstance(value, int) else 0
    return length > LONGEST_TEXT or (isinstance(value, (str, bytes)) and len(value) > LONGEST_TEXT)


def _is_credential(name: str, value: Any) -> bool:
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    # "key" alone is what dictionaries and columns are called too; and no credential has a space in
    # it, but for the word before it.
    if (
        not isinstance(value, str)
        or name.lower() == "key"
        or _NO_CREDENTIAL.search(name)
        or not (is_secret_name(name) and _CREDENTIAL.search(name))
    ):
        return False
    return len(value.split()) == 1 or value.startswith(("Bearer ", "Basic "))


def leaves(value: Any) -> list[tuple[str, str, Any]]:
    """Return the parts of a structure: where each stands, the name it stands under, itself.

    A large structure is one part.

    >>> leaves({"model": "small", "stop": [".", ";"]})
    [("['model']", 'model', 'small'), ("['stop'][0]", 'stop', '.'), ("['stop'][1]", 'stop', ';')]
    """
    found: list[tuple[str, str, Any]] = []
    for leaf in _leaves("", "", value, 0):
        found.append(leaf)
        if len(found) > _MOST_LEAVES:
            return [("", "", value)]
    return found


def _leaves(path: str, name: str, value: Any, depth: int) -> Iterator[tuple[str, str, Any]]:
    pairs: list[tuple[Any, Any]] = []
    if depth < _DEEPEST and type(value) in _MAPPINGS and all(map(is_plain, value)):
        # The order of keys means nothing.
        pairs = sorted(value.items(), key=lambda pair: _key_text(pair[0]))
    elif depth < _DEEPEST and type(value) in (list, tuple):
        pairs = list(enumerate(value))
    if not pairs or len(pairs) > _MOST_LEAVES:
        yield path, name, value
        return
    for key, part in pairs:
        # Several credentials in a list are called by its name.
        below = key if isinstance(key, str) else name
        yield from _leaves(f"{path}[{_key_text(key)}]", below, part, depth + 1)


def is_plain(key: Any) -> bool:
    """Tell whether a value has a short text of its own: a number, a text, several of them."""
    if type(key) is tuple:
        return all(map(is_plain, key))
    return isinstance(key, Enum) or type(key) in _PLAIN


def _key_text(key: Any) -> str:
    # As a notebook writes it; an enumeration may write anything as its text.
    if isinstance(key, Enum):
        return f"{type(key).__qualname__}.{key.name}"
    if type(key) is tuple:
        return f"({', '.join(map(_key_text, key))})"
    return repr(key)


def digest_of(value: Any, unknown: Callable[[Any], str]) -> str:
    """Return the digest of a structure.

    Args:
        value: anything.
        unknown: gives what stands for a part that is no plain data.

    Raises:
        NotPlain: for what holds itself.
    """

    def written(part: Any) -> str:
        return f"o{unknown(part).replace(';', ',')};"

    text = canonical_text(value, written)
    return DIGEST + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def table_digest(value: Any) -> str | None:
    """Return the digest of an array, a Series, an Index or a DataFrame; None for anything else.

    Raises:
        NotPlain: for one that is too large to be read in a moment, or holds objects.
    """
    library, kind = type(value).__module__.partition(".")[0], type(value).__name__
    if library == "numpy" and kind == "ndarray" and value.dtype.kind != "O":
        return _array_digest(value)
    is_table = kind in ("DataFrame", "Series") or kind.endswith("Index")
    return _frame_digest(value) if library == "pandas" and is_table else None


def _array_digest(value: Any) -> str:
    if value.nbytes > _MOST_BYTES:
        raise NotPlain(f"array of {value.nbytes:,} bytes")
    content = hashlib.sha256(f"{value.dtype.str}{value.shape}".encode())
    content.update(value.tobytes())
    return DIGEST + content.hexdigest()


def _frame_digest(value: Any) -> str:
    import pandas as pd  # noqa: PLC0415 - loaded already: the value is made of it

    if value.size > _MOST_CELLS:
        raise NotPlain(f"{type(value).__name__} of {value.size:,} cells")
    is_frame = isinstance(value, pd.DataFrame)
    columns = [value.iloc[:, at] for at in range(value.shape[1])] if is_frame else [value]
    labels = list(value.columns) if is_frame else [value.name]
    index: Any = value if isinstance(value, pd.Index) else value.index
    named = [*map(repr, labels), *map(repr, index.names)]
    shape = [value.shape, [_kind_of_column(it.dtype) for it in columns], named]
    content = hashlib.sha256(repr(shape).encode())
    if not isinstance(value, pd.Index):
        columns.append(index)
    for column in columns:
        content.update(_column_bytes(column))
    return DIGEST + content.hexdigest()


def _kind_of_column(dtype: Any) -> str:
    # Categories count in their order, those that do not occur too.
    categories = getattr(dtype, "categories", None)
    return str(dtype) if categories is None else repr((list(categories), dtype.ordered))


def _column_bytes(column: Any) -> bytes:
    import pandas as pd  # noqa: PLC0415 - as above

    try:
        hashed: bytes = pd.util.hash_pandas_object(column, index=False).to_numpy().tobytes()
    except TypeError:  # of dictionaries and lists
        return digest(list(column))
    return hashed
