"""Which requests a `FakeAPI` expects, and what each of them is given."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias, TypedDict, Unpack
from urllib.parse import unquote

import httpx

from notebook_kit.errors import ConfigurationError, DecodeError
from notebook_kit.redact import shown
from notebook_kit.testing.fake_answers import (
    ABSENT,
    FakeAnswer,
    FakeFailure,
    fake_answer,
    fake_failure,
)
from notebook_kit.testing.fake_bodies import check_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.policies import Duration
    from notebook_kit.testing.fake_answers import AnswerKeywords, FailureName
    from notebook_kit.testing.fake_requests import FakeRequest

__all__ = ["FakeRoute", "LikeKeywords", "check_texts", "checked_base"]

#: What a script holds: an answer, a failure, or a function that gives one; what else it gives is
#: the JSON of an answer.
Given: TypeAlias = "FakeAnswer | FakeFailure | Callable[[FakeRequest], Any]"

_FIELD: Final = re.compile(r"\{([^\W\d]\w*)(:path)?\}")
#: Stands for a slash within a segment.
_SLASH: Final = "\0"


class LikeKeywords(TypedDict, total=False):
    """What narrows down which requests are meant; see `FakeAPI.on`."""

    params: Mapping[str, Any] | None
    headers: Mapping[str, str] | None
    json: Any


class FakeRoute:
    """Requests of one kind and what they are given, in turn; `FakeAPI.on` makes one.

    What was scripted last is given again when more requests come.

    Attributes:
        method: of these requests.
        path: as it was written.
        requests: those that came, oldest first.
    """

    def __init__(
        self,
        method: str,
        url: str,
        *,
        written: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = ABSENT,
    ) -> None:
        for name, value in (("params", params), ("headers", headers)):
            check_mapping(name, value)
        origin, path = _parted(url)
        self.method = method.upper()
        self.path = written
        self.requests: list[FakeRequest] = []
        self._origin = origin
        self._pattern = _pattern(path)
        self._params = httpx.QueryParams(dict(params or {}))
        self._headers = httpx.Headers(dict(headers or {}))
        self._json = json
        self._script: list[Given] = []

    def answers(self, json: Any = ABSENT, **options: Unpack[AnswerKeywords]) -> Self:
        """Have the next request answered; the arguments are those of `fake_answer`.

        Raises:
            ConfigurationError: for what cannot be an answer.
        """
        return self.gives(fake_answer(json, **options))

    def fails(self, name: FailureName, *, after: Duration = 0) -> Self:
        """Have the next request fail; the arguments are those of `fake_failure`.

        Raises:
            ConfigurationError: for what is no failure.
        """
        return self.gives(fake_failure(name, after=after))

    def gives(self, *given: Given) -> Self:
        """Have the next requests given these: answers, failures, or functions of the request.

        A function returns an answer or a failure; what else it returns is the JSON of an answer.
        It runs on the kit's I/O thread, so it must not wait.

        Raises:
            ConfigurationError: for anything else.
        """
        for it in given:
            if not isinstance(it, (FakeAnswer, FakeFailure)) and not callable(it):
                message = (
                    f"{it!r} is neither an answer nor a failure nor a function: write "
                    ".answers(...), .fails('lost'), or .gives(lambda request: {...})."
                )
                raise ConfigurationError(message)
            if inspect.iscoroutinefunction(it):
                name = getattr(it, "__qualname__", repr(it))
                message = f"{name} is async: give a function, `def`; for delays write after=."
                raise ConfigurationError(message)
        self._script.extend(given)
        return self

    def unlike(self, request: FakeRequest) -> str | None:
        """Return what is other in a request of this method and path, in words, or None."""
        if self._origin and self._origin != _origin(request.url):
            return f"it is at {self._origin}"
        for name, value in self._params.items():
            if request.params.get(name) != value:
                return f"its parameter {name!r} is another"
        for name, value in self._headers.items():
            if request.headers.get(name) != value:
                return f"its header {name!r} is another"
        if self._json is not ABSENT and not self._has_body(request):
            return "its body is another"
        return None

    def has_path_of(self, request: FakeRequest) -> bool:
        """Tell whether the path is one of these."""
        return self._pattern.fullmatch(_read(request.path)) is not None

    def fits(self, request: FakeRequest) -> bool:
        """Tell whether a request is one of these."""
        same = self.method == request.method and self.has_path_of(request)
        return same and self.unlike(request) is None

    def fields_of(self, request: FakeRequest) -> dict[str, str]:
        """Return what stands in the place of each field of the path, decoded."""
        found = self._pattern.fullmatch(_read(request.path))
        pairs = {} if found is None else found.groupdict()
        return {name: text.replace(_SLASH, "/") for name, text in pairs.items()}

    def next(self, request: FakeRequest) -> FakeAnswer | FakeFailure:
        """Return what a request that came is given, and keep it in the list."""
        place = len(self.requests)
        self.requests.append(request)
        if not self._script:
            return fake_answer()
        given = self._script[min(place, len(self._script) - 1)]
        if isinstance(given, (FakeAnswer, FakeFailure)):
            return given
        made = given(request)
        return made if isinstance(made, (FakeAnswer, FakeFailure)) else fake_answer(made)

    def _has_body(self, request: FakeRequest) -> bool:
        try:
            return bool(request.json() == self._json)
        except DecodeError:
            return False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def __repr__(self) -> str:
        number = len(self.requests)
        return f"<FakeRoute {self}: {number:,} request{'' if number == 1 else 's'}>"


def check_texts(**given: Any) -> None:
    """Check that all of these are texts.

    Raises:
        ConfigurationError: naming the first that is none.
    """
    for name, value in given.items():
        if not isinstance(value, str):
            message = f"{name}={shown(value)} is no text: write fake.on('GET', '/users/{{id}}')."
            raise ConfigurationError(message)


def checked_base(url: Any) -> str:
    """Return the URL if it is one at which a `FakeAPI` can be.

    Raises:
        ConfigurationError: for anything else.

    >>> checked_base("http://fake.test/v1")
    'http://fake.test/v1'
    """
    try:
        whole = httpx.URL(url)
        if whole.scheme in {"http", "https"} and whole.host and isinstance(url, str):
            return url
    except (TypeError, httpx.InvalidURL):
        pass
    message = f"url={shown(url)} is no whole URL: write FakeAPI('http://fake.test')."
    raise ConfigurationError(message)


def _parted(url: str) -> tuple[str, str]:
    scheme, separator, rest = url.partition("://")
    if not separator:
        if not url.startswith("/"):
            message = f"{url!r} is no path: begin it with '/', as in fake.get('/users/{{id}}')."
            raise ConfigurationError(message)
        return "", url
    host, _, path = rest.partition("/")
    return _origin(f"{scheme}://{host}"), f"/{path}"


def _origin(url: str) -> str:
    whole = httpx.URL(url)
    return f"{whole.scheme}://{whole.netloc.decode('ascii').rpartition('@')[2]}"


def _pattern(path: str) -> re.Pattern[str]:
    """Return what matches a path as `_read` gives it: ``{name}`` is a segment, or a part of one."""
    if "?" in path:
        message = f"{path!r} has a query: give the parameters that matter as params={{...}}."
        raise ConfigurationError(message)
    if set("{}") & set(_FIELD.sub("", path)):
        message = f"{path!r} has a brace that is no field: write {{name}}, or %7B and %7D."
        raise ConfigurationError(message)
    parts, at = [], 0
    for found in _FIELD.finditer(path):
        parts.append(re.escape(_read(path[at : found.start()])))
        parts.append(f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})")
        at = found.end()
    parts.append(re.escape(_read(path[at:])))
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error as error:
        message = f"{path!r} cannot be read: {error}. Write each {{name}} once."
        raise ConfigurationError(message) from None


def _read(path: str) -> str:
    """Return a path as people read it; a slash that was sent encoded divides nothing."""
    return "/".join(unquote(part).replace("/", _SLASH) for part in path.split("/"))
