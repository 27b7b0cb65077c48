"""What reads which kind of values."""

from __future__ import annotations

import functools
import inspect
from collections import defaultdict
from collections.abc import Mapping
from types import FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.canonical import digest
from notebook_kit.redact import redact_url
from notebook_kit.storage.fingerprints.data import DIGEST
from notebook_kit.storage.fingerprints.files import read_module
from notebook_kit.storage.fingerprints.functions import (
    is_users_object,
    read_bound,
    read_function,
    read_partial,
)
from notebook_kit.storage.fingerprints.locks import is_lock
from notebook_kit.storage.fingerprints.objects import held_by, read_class, read_object, read_own
from notebook_kit.storage.fingerprints.walk import HOOK, Place, describes_itself
from notebook_kit.storage.fingerprints.words import NAME
from notebook_kit.storage.fingerprints.wrappers import read_library, wrapped_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.storage.fingerprints.walk import Reader, Walk

__all__ = ["reader_of"]

#: What says all of an object of these classes, by module and name.
_SAYING: Final[dict[str, Callable[[Any], Any]]] = {
    "_contextvars.ContextVar": lambda it: it.name,
    "array.array": lambda it: [it.typecode, it.tobytes()],
    "collections.deque": list,
    "logging.Logger": lambda it: it.name,
    "mappingproxy": dict,
    "operator.attrgetter": lambda it: it.__reduce__()[1],
    "operator.itemgetter": lambda it: it.__reduce__()[1],
    "operator.methodcaller": lambda it: repr(it.__reduce__()),
    "re.Pattern": lambda it: [it.pattern, it.flags],
    "slice": lambda it: [it.start, it.stop, it.step],
    "string.Template": lambda it: it.template,
    "zoneinfo.ZoneInfo": lambda it: it.key,
}


#: Libraries whose clients count by where they lead; their keys are renewed at any time.
_SPEAKING: Final = frozenset({"anthropic", "httpx", "httpx2", "openai", "requests"})
_CLIENTS: Final = ("Anthropic", "Client", "OpenAI", "Session")
#: A header that is another with each release of a library.
_VERSIONS: Final = frozenset({"user-agent", "accept-encoding", "connection"})


def reader_of(value: Any) -> Reader | None:
    """Return what reads a value; None for plain data, and for what nothing can read."""
    if describes_itself(value):
        return _read_described
    for kinds, reader in _BY_KIND:
        if isinstance(value, kinds):
            found: Reader = reader
            return found
    return next((reader for fits, reader in _BY_LOOK if fits(value)), None)


def _client_class(value: Any) -> type | None:
    """Return the class of a library that makes an object a client; None where it is none."""
    return next(
        (
            kind
            for kind in type(value).__mro__
            if kind.__module__.partition(".")[0] in _SPEAKING and kind.__name__.endswith(_CLIENTS)
        ),
        None,
    )


def _is_http_client(value: Any) -> bool:
    return _client_class(value) is not None


def _read_http_client(walk: Walk, place: Place, value: Any) -> str:
    """Note where a client of another library leads, and what it adds to each request."""
    cls = _client_class(value)
    if is_users_object(value):
        # What it was given by its own methods counts too, and what the library keeps in it not.
        read_own(walk, place, value)
    kind = f"{cls.__module__}.{cls.__qualname__}" if cls is not None else ""
    walk.version_of(kind)
    walk.read(place.at(".base_url"), redact_url(str(getattr(value, "base_url", ""))))
    for name in ("headers", "params"):
        pairs = dict(getattr(value, name, None) or {})
        told = {key: it for key, it in pairs.items() if str(key).lower() not in _VERSIONS}
        walk.read(place.at(f".{name}", name), told)
    return f"{NAME}an object of {kind}"


def _says_all(value: Any) -> bool:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.") in _SAYING


def _read_described(walk: Walk, place: Place, value: Any) -> str:
    cls = type(value)
    mark = f"{NAME}an object of {cls.__qualname__}"
    walk.hold(value, mark)
    said = getattr(value, HOOK)()
    if not isinstance(said, Mapping):
        # Something else stands for it.
        return walk.mark(place, said)
    for name, part in said.items():
        walk.read(place.at(f".{name}", name), part)
    if is_users_object(value):
        walk.mark(Place("value", cls.__qualname__, place.user), cls)
    return mark


def _read_wrapper(walk: Walk, place: Place, value: Any) -> str:
    walk.version_of(type(value).__module__)
    return walk.mark(place, wrapped_by(value))


def _read_saying(_walk: Walk, _place: Place, value: Any) -> str:
    kind = type(value)
    say = _SAYING[f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")]
    return DIGEST + digest([kind.__qualname__, say(value)]).hex()


def _read_namespace(walk: Walk, place: Place, value: Any) -> str:
    walk.hold(value, f"{NAME}a namespace")
    for name, part in held_by(value):
        walk.read(place.at(f".{name}", name), part)
    return f"{NAME}a namespace"


def _read_defaultdict(walk: Walk, place: Place, value: Any) -> str:
    """Note what a dictionary holds, and what it makes of a key that is not there."""
    factory = value.default_factory
    # It keeps what it has made as soon as it is asked for it.
    made = factory() if factory in _EMPTY else _NOTHING
    walk.read(place, {key: part for key, part in value.items() if part != made})
    return walk.mark(place.at(".default_factory"), factory)


_EMPTY: Final = (bool, bytes, dict, float, int, list, set, str, tuple)
_NOTHING: Final = object()


def _read_lock(_walk: Walk, _place: Place, value: Any) -> str:
    return f"{NAME}an object of {type(value).__module__}.{type(value).__qualname__}"


def _read_type(_walk: Walk, _place: Place, value: Any) -> str:
    return f"{NAME}{value!r}"


def _read_inner(walk: Walk, place: Place, value: Any) -> str:
    return walk.mark(place, value.__func__)


_BY_KIND: Final[tuple[tuple[type | tuple[type, ...], Any], ...]] = (
    (ModuleType, read_module),
    (defaultdict, _read_defaultdict),
    (functools.partial, read_partial),
    (FunctionType, read_function),
    (MethodType, read_bound),
    (type, read_class),
    ((staticmethod, classmethod), _read_inner),
    (SimpleNamespace, _read_namespace),
)

#: What else is asked of a value that is of none of these kinds, in this order.
_BY_LOOK: Final[tuple[tuple[Callable[[Any], bool], Reader], ...]] = (
    (lambda it: callable(it) and wrapped_by(it) is not None, _read_wrapper),
    (is_lock, _read_lock),
    (_says_all, _read_saying),
    (_is_http_client, _read_http_client),
    (lambda it: type(it).__module__ in ("typing", "types"), _read_type),
    (is_users_object, read_object),
    (inspect.isroutine, read_library),
)
