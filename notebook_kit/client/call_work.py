"""The work of a map of calls: a request made of an item, an answer read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from notebook_kit.client.address import checked_url
from notebook_kit.client.bodies import is_one_shot
from notebook_kit.client.checks import prepared
from notebook_kit.client.columns import Column, column_names, per_row, varies
from notebook_kit.client.credentials import header_pairs
from notebook_kit.client.fast.rows import rows_of
from notebook_kit.client.hosts import AddressTemplate
from notebook_kit.client.idempotency import RowKey, RowKeys, add_key, row_keys
from notebook_kit.client.methods import IDEMPOTENT
from notebook_kit.client.parse import Parse, parser
from notebook_kit.client.recorded import without_credentials
from notebook_kit.client.servers import servers_of
from notebook_kit.client.translate import redirect_error
from notebook_kit.client.transports import SENT
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.parts import part_of
from notebook_kit.policies import read_raw_hint
from notebook_kit.redact import redact_url, scrub
from notebook_kit.scheduling import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

    from notebook_kit.client.core import Core
    from notebook_kit.client.response import Response

__all__ = ["CallWork"]

#: Options of a request that may differ from row to row.
_PER_ROW = ("params", "headers", "json", "data", "content")
#: Options whose columns are written as a path writes them.
_AS_TEXT = ("params", "headers")


class CallWork:
    """Sends one request per item on the kit's own loop."""

    on_io_loop = True
    abandoned = 0
    home = None
    needs_home = False
    most_at_once: int | None = None

    def __init__(
        self,
        core: Core,
        method: str,
        path: str,
        *,
        parse: Parse,
        request_options: dict[str, Any],
        owner: object,
        key: RowKey = None,
    ) -> None:
        # The client is closed when it is collected, and must live as long as its runs.
        self._owner = owner
        self.limits = core.limits
        self._keys = row_keys(key)
        self._key_option = key
        self.safe = method in IDEMPOTENT or self._keys is not None
        self.by_position = self._keys is not None
        self._core = core
        self._method = method
        self._template = AddressTemplate(checked_url(path))
        self.servers = servers_of(core.servers, self._template, self._url_of)
        self.several_servers = self._template.varies_in_host
        self._tell_sent: Callable[..., None] | None = None
        self.tells_sent = core.tells_sent
        self._parse = parser(parse)
        self._parse_option = parse
        self._templates = _settled(request_options)
        self._varying: dict[str, Callable[[Any], Any]] = {
            name: per_row(value, as_text=name in _AS_TEXT)
            for name, value in self._templates.items()
            if varies(value)
        }
        self._names = self._columns_read()
        given = {**request_options, **self._templates}
        self._fixed = prepared({n: v for n, v in given.items() if n not in self._varying})
        self._refuse_what_no_row_can_send()
        core.make_ready()
        fixed = None if self._varying or self.by_position else self._fixed
        self._rows = rows_of(core, method, self._template, parse, fixed)

    def _refuse_what_no_row_can_send(self) -> None:
        if is_one_shot(self._fixed.get("content")):
            message = "content= can be read once only, and each row needs it: give bytes."
            raise ConfigurationError(message)
        pairs = self._templates.get("headers")
        if "headers" in self._varying and not callable(pairs) and not isinstance(pairs, Column):
            known = [pair for pair in header_pairs(pairs) if not varies(pair[1])]
            prepared({"headers": known})
        self._core.build(self._method, "", self._fixed)

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self._method

    @property
    def key(self) -> RowKey:
        """The option that gives each row a key of its own."""
        return self._key_option

    @property
    def title(self) -> str:
        """What the work is called if the user gave it no name."""
        return redact_url(f"{self._method} {self._template.text}")

    @property
    def differs_from_row_to_row(self) -> bool:
        """Whether anything of the request is made of the row."""
        return bool(self._template.fields or self._varying)

    def _columns_read(self) -> set[object] | None:
        """Return the names of all that is read of a row; None where a function may read any."""
        asked = [*(self._templates[name] for name in self._varying), self._key_option]
        if any(callable(template) or isinstance(template, RowKeys) for template in asked):
            return None
        named = (name for template in asked for name in column_names(template))
        return {*self._template.fields, *named}

    def check_columns(self, columns: Sequence[object]) -> None:
        """Check that every column that is asked for exists.

        Raises:
            ConfigurationError: naming the first one that does not.
        """
        self._template.check_columns(columns)
        asked: dict[str, Any] = {**self._templates, "idempotency_key": self._key_option}
        for option, template in asked.items():
            for name in sorted(column_names(template), key=str):
                if name not in columns:
                    known = ", ".join(map(str, columns))
                    message = f"{option}= needs the column {name!r}; there are {known}."
                    raise ConfigurationError(message)

    def _url_of(self, path: str) -> httpx.URL:
        return self._core.build(self._method, path, {}).url

    def request(self, item: Any) -> httpx.Request:
        """Return the request for one item.

        Raises:
            ConfigurationError: when the item cannot be sent.
        """
        options = dict(self._fixed)
        varying: dict[str, Any] = {}
        try:
            url = self._template.fill(item)
            for name, value_of in self._varying.items():
                made = value_of(item)
                # A whole row may be the body, and only a dict can be written as JSON.
                is_row = name == "json" and isinstance(made, Mapping)
                varying[name] = dict(made) if is_row else made
            options |= prepared(varying)
        except ConfigurationError:
            raise
        except Exception as error:
            message = f"The request cannot be made of this row: {type(error).__name__}: {error}"
            message = scrub(message)
            raise ConfigurationError(message) from error
        return self._core.build(self._method, url, options)

    def when_sent(self, tell: Callable[..., None]) -> None:
        """Have a function called when a request leaves, its connection having been made."""
        self._tell_sent = tell

    async def perform(self, item: Any) -> Answer:
        """Send the request of one item and return what its answer means."""
        came = None
        if self._rows is not None:
            got = await self._rows.send(item, self._tell_sent)
            if isinstance(got, Answer):
                return got
            came = got
        request = self.request(item)
        request.extensions[SENT] = self._tell_sent
        return self._read(await self._core.attempt(request, came=came))

    async def perform_at(self, numbered: tuple[int, Any]) -> Answer:
        """Do the same with a key that is the same for each attempt at a position."""
        position, item = numbered
        request, keys = self.request(item), self._keys
        assert keys is not None  # noqa: S101 - this is called for `by_position` only
        add_key(request, keys.of(position, item))
        request.extensions[SENT] = self._tell_sent
        answer = self._read(await self._core.attempt(request))
        keys.answered(position)
        return answer

    @property
    def hands_out_answers(self) -> bool:
        """Whether code of the user's gets hold of whole answers, and may change them."""
        return callable(self._parse_option) or self._parse_option == "response"

    @property
    def sending(self) -> Mapping[str, Any]:
        """How requests are sent, beside what they are: ``auth``, ``follow_redirects``."""
        return {}

    def read(self, item: Any, response: Response) -> Answer:
        """Return what an answer to the request of an item means."""
        del item
        return self._read(response)

    def given(self, value: Any) -> Any:
        """Return the result that a value stands for which is given in the place of an answer."""
        return value

    def _read(self, response: Response) -> Answer:
        if response.has_redirect_location and self._parse_option != "response":
            # Nobody asked for the page that says where the answer is.
            raise redirect_error(response)
        hint = read_raw_hint(response.headers.raw)
        return Answer(self._parse(response), response.status_code, hint=hint)

    def part(self, item: Any) -> Any:
        """Return what of an item its request is made of; all of it where a function reads it."""
        return part_of(item, self._names)

    def describe(self) -> dict[str, Any]:
        """Return what the answers depend on: method, address, templates, what is made of them."""
        address = self._core.build(self._method, "", {}).url
        return {
            "method": self._method,
            "url": redact_url(str(address)),
            "path": redact_url(self._template.text),
            "parse": self._parse_option,
            **{name: without_credentials(name, value) for name, value in self._templates.items()},
        }

    def close(self) -> None:
        """Nothing: the connections are the client's."""


def _settled(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that may vary, headers that are an iterator read into a list."""
    settled = {name: value for name, value in options.items() if name in _PER_ROW}
    if isinstance(settled.get("headers"), Iterator):
        settled["headers"] = list(settled["headers"])
    return settled
