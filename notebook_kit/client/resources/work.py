"""A map of an endpoint: each item becomes its arguments, each answer what it declares."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from notebook_kit.checks import refuse_unknown
from notebook_kit.client.batch import start_work
from notebook_kit.client.call_work import CallWork
from notebook_kit.client.checks import prepared
from notebook_kit.client.idempotency import add_key
from notebook_kit.client.recorded import client_parts, given_options
from notebook_kit.client.resources.declaration import declaration_of
from notebook_kit.client.resources.kept import keep_plain
from notebook_kit.client.resources.keywords import EndpointMapKeywords
from notebook_kit.client.resources.needs import check_credentials
from notebook_kit.client.resources.requests import Asked
from notebook_kit.client.resources.rows import arguments_of, check_columns, names_read
from notebook_kit.client.resources.trail import Trail
from notebook_kit.client.row_sending import row_error
from notebook_kit.client.transports import SENT
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution.parts import part_of
from notebook_kit.policies import read_raw_hint
from notebook_kit.redact import redact_url
from notebook_kit.scheduling import Answer, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx

    from notebook_kit.client.resources.endpoint import Endpoint
    from notebook_kit.client.resources.kept import Kept
    from notebook_kit.client.response import Response
    from notebook_kit.execution import Run

__all__ = ["EndpointWork", "start_endpoint_map", "work_of_endpoint"]

#: Options of sending, which are no part of a request.
_OF_SENDING = ("auth", "follow_redirects")


def start_endpoint_map(endpoint: Endpoint[..., Any], items: Any, options: Mapping[str, Any]) -> Run:
    """Start a run that calls an endpoint for every item.

    Raises:
        ConfigurationError: before anything is sent, for what cannot work.
        MissingCredential: before anything is sent.
    """
    work, of_run = work_of_endpoint(endpoint, options)
    client = endpoint._client  # noqa: SLF001 - its other half
    notices: tuple[str, ...] = ()
    if not endpoint.spec.all_parameters:
        notices = (f"Every row sends the same request: {endpoint.__qualname__} takes nothing.",)
    most = client.max_connections or sys.maxsize
    return start_work(work, client._core, items, of_run, most=most, notices=notices)  # noqa: SLF001


def work_of_endpoint(
    endpoint: Endpoint[..., Any], options: Mapping[str, Any]
) -> tuple[EndpointWork, dict[str, Any]]:
    """Return what makes and sends the requests of a map, and the options of its run.

    Raises:
        ConfigurationError: for what cannot work.
        MissingCredential: when no request could be sent.
    """
    known = EndpointMapKeywords.__annotations__
    refuse_unknown(options, known, of=f"{endpoint.__qualname__}.map")
    endpoint._compiled.ready()  # noqa: SLF001 - its other half
    sending = endpoint._sending.items()  # noqa: SLF001 - its other half
    of_run = {**{name: value for name, value in sending if name in known}, **options}
    return EndpointWork(endpoint), of_run


class EndpointWork(CallWork):
    """Sends one request of an endpoint per item, on the kit's own loop."""

    def __init__(self, endpoint: Endpoint[..., Any]) -> None:
        self._endpoint = endpoint
        self._compiled = endpoint._compiled  # noqa: SLF001 - its other half
        self._spec = endpoint.spec
        sending = {
            name: value
            for name, value in endpoint._sending.items()  # noqa: SLF001
            if name not in EndpointMapKeywords.__annotations__
        }
        key = sending.pop("idempotency_key", None)
        self._sent_with = sending
        core = endpoint._client._core  # noqa: SLF001
        super().__init__(
            core,
            self._spec.method,
            self._spec.path,
            parse="response",
            request_options={},
            owner=endpoint._client,  # noqa: SLF001
            key=key,
        )
        self._refuse_what_no_row_can_send()
        self._names = names_read(self._spec)
        may_come = {it.wire_name.lower() for it in self._spec.parameters}
        needs = tuple(it for it in endpoint.needs if not may_come.intersection(_lower(it)))
        check_credentials(core, self._nobody(), needs, sending)

    def _nobody(self) -> Asked:
        """Return a request without any arguments, for what all of them have in common."""
        beginning = self._spec.path.partition("{")[0]
        return Asked(self._spec.method, beginning)

    @property
    def differs_from_row_to_row(self) -> bool:
        """Whether anything of the request is made of the row."""
        return bool(self._spec.all_parameters)

    @property
    def title(self) -> str:
        """What the work is called if the user gave it no name."""
        return redact_url(f"{self._compiled.title} ({self._spec.method} {self._spec.path})")

    def check_columns(self, columns: Sequence[object]) -> None:
        """Check that every parameter that must be given is a column.

        Raises:
            ConfigurationError: naming the first that is not.
        """
        check_columns(columns, self._spec)

    def _asked(self, item: Any) -> Asked:
        try:
            return self._compiled.write(arguments_of(item, self._spec))
        except ConfigurationError:
            raise
        except Exception as error:
            raise row_error(error) from error

    def request(self, item: Any) -> httpx.Request:
        """Return the request for one item.

        Raises:
            ConfigurationError: when the item cannot be sent.
            MissingCredential: when it lacks a credential.
        """
        return self._request(self._asked(item))

    def _request(self, asked: Asked) -> httpx.Request:
        check_credentials(self._core, asked, self._endpoint.needs, self._sent_with)
        ready = prepared(asked.options(self._sent_with))
        options = {name: it for name, it in ready.items() if name not in _OF_SENDING}
        address = asked.address(self._sent_with.get("params"))
        return self._core.build(asked.method, address, options)

    def sending_of(self, item: Any) -> Mapping[str, Any]:
        """Return how requests are sent, beside what they are."""
        del item
        return {name: self._sent_with[name] for name in _OF_SENDING if name in self._sent_with}

    def read(self, item: Any, response: Response) -> Answer:
        """Return what an answer to the request of an item means."""
        return self._meant(self._asked(item), response)

    def given(self, value: Any) -> Any:
        """Return the result that a value stands for: plain data is made what the endpoint gives."""
        convert = self._compiled.convert
        is_plain = isinstance(value, (dict, list, str, int, float, bool, type(None)))
        return value if convert is None or not is_plain else convert(value, None, "")

    async def perform(self, item: Any) -> Answer:
        """Call the endpoint with one item and return what its answer means."""
        return await self._performed(item, None)

    async def perform_at(self, numbered: tuple[int, Any]) -> Answer:
        """Do the same with a key that is the same for each attempt at a position."""
        position, item = numbered
        keys = self._keys
        assert keys is not None  # noqa: S101 - this is called for `by_position` only
        answer = await self._performed(item, keys.of(position, item))
        keys.answered(position)
        return answer

    async def _performed(self, item: Any, key: str | None) -> Answer:
        asked = self._asked(item)
        request = self._request(asked)
        if key is not None:
            add_key(request, key)
        request.extensions[SENT] = self._tell_sent
        response = await self._core.attempt(request, **self.sending_of(item))
        return self._meant(asked, response)

    def _meant(self, asked: Asked, response: Response) -> Answer:
        if self._spec.paging is None:
            made = self._compiled.read(response)
        else:
            made = self._endpoint._course().page(asked, Trail(), response)  # noqa: SLF001
        if response.source == "cache":
            return Answer(made, response.status_code, Source.CACHE)
        return Answer(made, response.status_code, hint=read_raw_hint(response.headers.raw))

    def part(self, item: Any) -> Any:
        """Return what of an item its request is made of."""
        return part_of(item, self._names)

    def describe(self) -> dict[str, Any]:
        """Return what the answers depend on: the endpoint, and what is sent with each request."""
        return {
            **client_parts(self._core, self._method),
            **declaration_of(self._spec),
            **given_options(
                {it: self._sent_with[it] for it in ("headers", "params") if it in self._sent_with}
            ),
        }

    def keep(self, journal: Kept) -> None:
        """Have a journal keep what the endpoint gives."""
        convert = self._compiled.convert
        if convert is not None:
            keep_plain(journal, lambda kept: convert(kept, None, ""))


def _lower(need: str | tuple[str, ...]) -> set[str]:
    return {name.lower() for name in ((need,) if isinstance(need, str) else need)}
