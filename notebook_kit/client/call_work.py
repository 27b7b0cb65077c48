"""The work of a map of calls: a request made of an item, an answer read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notebook_kit.client.address import checked_url
from notebook_kit.client.bodies import is_one_shot
from notebook_kit.client.checks import refused_with
from notebook_kit.client.columns import Column, column_names, varies
from notebook_kit.client.credentials import header_pairs
from notebook_kit.client.fast.rows import rows_of
from notebook_kit.client.hosts import AddressTemplate
from notebook_kit.client.idempotency import RowKey, RowKeys, add_key, row_keys
from notebook_kit.client.inspected import asked_for
from notebook_kit.client.methods import IDEMPOTENT
from notebook_kit.client.parse import Parse, parser
from notebook_kit.client.recorded import call_depends_on
from notebook_kit.client.row_parts import divided, ready, settled, varying_of
from notebook_kit.client.row_sending import RowSending, row_error
from notebook_kit.client.servers import servers_of
from notebook_kit.client.translate import described, redirect_error
from notebook_kit.client.transports import SENT
from notebook_kit.client.transports.body_bounds import BOUNDS, AnswerBounds
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.parts import part_of
from notebook_kit.policies import answered_with, read_raw_hint
from notebook_kit.redact import redact_url
from notebook_kit.scheduling import Answer, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

    from notebook_kit.client.core import Core
    from notebook_kit.client.response import Response
    from notebook_kit.execution.asked import SentRequest

__all__ = ["CallWork"]

#: Options that do not go past httpx, also where they are the same for all rows.
_NOT_FAST = frozenset({"files", "cookies", "extensions"})


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
        bounds: AnswerBounds | None = None,
    ) -> None:
        # The client is closed when it is collected, and must live as long as its runs.
        self._owner = owner
        self.limits = core.limits
        self._keys = row_keys(key)
        self._key_option = key
        self.safe = method in IDEMPOTENT or self._keys is not None
        self.by_position = self._keys is not None
        self._core = core
        self._bounds = bounds or AnswerBounds(core.bounds.row, core.usual.ends)
        self._method = method
        self._template = AddressTemplate(checked_url(path))
        self.servers = servers_of(core.servers, self._template, self._url_of)
        self.several_servers = self._template.varies_in_host
        self._tell_sent: Callable[..., None] | None = None
        self.tells_sent = core.tells_sent
        self._parse = parser(parse)
        self._parse_option = parse
        self._templates = settled(request_options)
        sending, parts = divided(self._templates)
        self._sending = RowSending(sending)
        self._varying = varying_of(parts)
        self._names = self._columns_read()
        self._fixed = ready({n: it for n, it in parts.items() if n not in self._varying})
        self._refuse_what_no_row_can_send()
        core.make_ready()
        usual = not (self._varying or self._sending or _NOT_FAST.intersection(parts))
        fixed = self._fixed if usual and not self.by_position else None
        self._rows = rows_of(core, method, self._template, parse, fixed, bounds=self._bounds)

    def _refuse_what_no_row_can_send(self) -> None:
        if is_one_shot(self._fixed.get("content")):
            message = "content= can be read once only, and each row needs it: give bytes."
            raise ConfigurationError(message)
        pairs = self._templates.get("headers")
        if "headers" in self._varying and not callable(pairs) and not isinstance(pairs, Column):
            known = [pair for pair in header_pairs(pairs) if not varies(pair[1])]
            ready({"headers": known})
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
        return bool(self._template.fields or any(map(varies, self._templates.values())))

    def _columns_read(self) -> set[object] | None:
        """Return the names of all that is read of a row; None where a function may read any."""
        varying = [it for it in self._templates.values() if varies(it)]
        asked = [*varying, self._key_option]
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
        with refused_with(row_error):
            url = self._template.fill(item)
            varying = {name: value_of(item) for name, value_of in self._varying.items()}
            # A whole row may be the body, and only a dict can be written as JSON.
            if isinstance(varying.get("json"), Mapping):
                varying["json"] = dict(varying["json"])
            options = {**self._fixed, **ready(varying)}
        request = self._core.build(self._method, url, options)
        request.extensions[BOUNDS] = self._bounds
        return request

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
        sending = self.sending_of(item)
        return self._read(await self._core.attempt(request, came=came, **sending))

    async def perform_at(self, numbered: tuple[int, Any]) -> Answer:
        """Do the same with a key that is the same for each attempt at a position."""
        position, item = numbered
        request, keys = self.request(item), self._keys
        assert keys is not None  # noqa: S101 - this is called for `by_position` only
        add_key(request, keys.of(position, item))
        request.extensions[SENT] = self._tell_sent
        answer = self._read(await self._core.attempt(request, **self.sending_of(item)))
        keys.answered(position)
        return answer

    @property
    def hands_out_answers(self) -> bool:
        """Whether code of the user's gets hold of whole answers, and may change them."""
        return callable(self._parse_option) or self._parse_option == "response"

    @property
    def gives_json(self) -> bool:
        """Whether answers are what was read from JSON, or text or bytes, and nothing else."""
        return self._parse_option in ("auto", "json", "text", "bytes")

    @property
    def uploads(self) -> bool:
        """Whether files are sent, whose requests are never the same twice."""
        return "files" in self._templates

    def sending_of(self, item: Any) -> Mapping[str, Any]:
        """Return how the request of an item is sent, beside what it is: ``auth``, a limit, ...

        Raises:
            ConfigurationError: when it cannot be told from the item.
        """
        return self._sending.of(item)

    def asked(self, position: int, item: Any, response: Any) -> SentRequest:
        """Return the request of an item, without credentials, for who looks at it.

        Raises:
            Exception: whatever making it of the item raises.
        """
        return asked_for(self, self._core, self._keys, (position, item), response)

    def called(self, item: Any) -> str:
        """Return the request of an item in words, secrets removed, for errors of time limits."""
        return described(self._method, self.request(item).url)

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
        source, hint = Source.NETWORK, read_raw_hint(response.headers.raw)
        if response.source == "cache":
            # What it says of limits was said to somebody else, perhaps long ago.
            source, hint = Source.CACHE, None
        try:
            return Answer(self._parse(response), response.status_code, source, hint)
        except Exception as error:
            answered_with(error, response.status_code)
            raise

    def part(self, item: Any) -> Any:
        """Return what of an item its request is made of; all of it where a function reads it."""
        return part_of(item, self._names)

    def describe(self) -> dict[str, Any]:
        """Return what the answers depend on: client, address, templates, what is made of them."""
        return call_depends_on(
            self._core, self._method, self._template.text, self._parse_option, self._templates
        )

    def close(self) -> None:
        """Nothing: the connections are the client's."""
