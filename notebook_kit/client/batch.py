"""A map of calls: each row becomes a request, each answer a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.client.columns import column_names, per_row
from notebook_kit.client.core import IDEMPOTENT, Core
from notebook_kit.client.parse import Parse, parser
from notebook_kit.client.template import PathTemplate
from notebook_kit.errors import ConfigurationError
from notebook_kit.scheduling import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

__all__ = ["CallWork"]

#: Options of a request that may differ from row to row.
_PER_ROW = ("params", "headers", "json", "data", "content")


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
                options[name] = value_of(item)
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

    def close(self) -> None:
        """Nothing: the connections are the client's."""
