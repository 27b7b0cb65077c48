"""A map of calls: each row becomes a request, each answer a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notebook_kit.client.columns import column_names, per_row
from notebook_kit.client.core import IDEMPOTENT, Core
from notebook_kit.client.parse import Parse, parser
from notebook_kit.client.template import PathTemplate
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import HIDDEN, Secret, is_secret_name, redact_url
from notebook_kit.scheduling import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

__all__ = ["CallWork"]

#: Options of a request that may differ from row to row.
_PER_ROW = ("params", "headers", "json", "data", "content")
#: Length of a pair of a name and a value.
_PAIR = 2


class CallWork:
    """Sends one request per item on the kit's own loop."""

    on_io_loop = True
    abandoned = 0

    def __init__(
        self,
        core: Core,
        method: str,
        path: str,
        *,
        parse: Parse,
        request_options: dict[str, Any],
        owner: object,
    ) -> None:
        # The client is closed when it is collected, and must live as long as its runs.
        self._owner = owner
        self.limits = core.limits
        self.safe = method in IDEMPOTENT
        self._core = core
        self._method = method
        self._template = PathTemplate(path)
        self._parse = parser(parse)
        self._parse_option = parse
        self._fixed = {
            name: value for name, value in request_options.items() if name not in _PER_ROW
        }
        self._templates = {
            name: value for name, value in request_options.items() if name in _PER_ROW
        }
        self._varying: dict[str, Callable[[Any], Any]] = {
            name: per_row(value) for name, value in self._templates.items()
        }

    def check_columns(self, columns: Sequence[object]) -> None:
        """Check that every column that is asked for exists.

        Raises:
            ConfigurationError: naming the first one that does not.
        """
        self._template.check_columns(columns)
        for option, template in self._templates.items():
            for name in sorted(column_names(template)):
                if name not in columns:
                    known = ", ".join(map(str, columns))
                    message = f"{option}= needs the column {name!r}; there are {known}."
                    raise ConfigurationError(message)

    def request(self, item: Any) -> httpx.Request:
        """Return the request for one item.

        Raises:
            ConfigurationError: when the item cannot be sent.
        """
        options = dict(self._fixed)
        try:
            url = self._template.fill(item)
            for name, value_of in self._varying.items():
                made = value_of(item)
                # A whole row may be the body, and only a dict can be written as JSON.
                options[name] = dict(made) if isinstance(made, Mapping) else made
        except ConfigurationError:
            raise
        except Exception as error:
            message = f"The request cannot be made of this row: {type(error).__name__}: {error}"
            raise ConfigurationError(message) from error
        return self._core.build(self._method, url, options)

    async def perform(self, item: Any) -> Answer:
        """Send the request of one item and return what its answer means."""
        response = await self._core.attempt(self.request(item))
        return Answer(self._parse(response), response.status_code)

    def describe(self) -> dict[str, Any]:
        """Return what the answers depend on: method, address, templates, what is made of them."""
        address = self._core.build(self._method, "", {}).url
        return {
            "method": self._method,
            "url": redact_url(str(address)),
            "path": redact_url(self._template.text),
            "parse": self._parse_option,
            **{name: _described(name, value) for name, value in self._templates.items()},
        }

    def close(self) -> None:
        """Nothing: the connections are the client's."""


def _described(option: str, template: Any) -> Any:
    """Leave out what may be renewed at any time without another answer coming of it.

    In headers and parameters text under the name of a credential is one; a number, such as one of
    ``max_tokens``, is not. In a body only a `Secret` is.
    """
    if option not in ("headers", "params"):
        return _without_secrets(template)
    if isinstance(template, Mapping):
        return {name: value for name, value in template.items() if not _is_credential(name, value)}
    if not isinstance(template, (list, tuple)):
        return template
    pairs = [pair for pair in template if isinstance(pair, (list, tuple)) and len(pair) == _PAIR]
    return [[name, value] for name, value in pairs if not _is_credential(name, value)]


def _is_credential(name: object, value: object) -> bool:
    return is_secret_name(str(name)) and isinstance(value, (str, bytes, Secret))


def _without_secrets(template: Any) -> Any:
    if isinstance(template, Secret):
        return HIDDEN
    if isinstance(template, Mapping):
        return {name: _without_secrets(value) for name, value in template.items()}
    if isinstance(template, (list, tuple)):
        return [_without_secrets(value) for value in template]
    return template
