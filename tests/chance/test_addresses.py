"""Any text as an address: refused unsent, or sent as it is shown, alike over both transports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.chance.pair import FINE, as_often, check_error, few_and_many
from tests.chance.strategies import ITEMS, paths, templates

if TYPE_CHECKING:
    from tests.chance.pair import Came, Pair

_NOT_FOUND = answer(b"no", status=404)


def _leads_elsewhere(text: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]*:/*", text, re.IGNORECASE) is not None


def _same(came: dict[str, Came]) -> None:
    """Check that both transports have sent the same, and refused the same."""
    one, other = came.values()
    assert [it.target for it in one.received] == [it.target for it in other.received]
    assert one.sent == other.sent
    assert type(one.error) is type(other.error)


@few_and_many(150, 9_000)
def test_addresses_of_calls(both: Pair, examples: int) -> None:
    """The URL of a call, its answer and its error is the one that the server was asked for."""

    @as_often(examples)
    @given(path=paths(), whole=st.booleans(), found=st.booleans())
    def tried(path: str, whole: bool, found: bool) -> None:  # noqa: FBT001 - examples
        assume(not _leads_elsewhere(path))
        both.behaviour = FINE if found else _NOT_FOUND

        def act(client: nk.Client) -> tuple[str, str]:
            call = client.get(both.url + path if whole else path)
            try:
                return call.url, str(call.result().url)
            except nk.APIError as error:
                return call.url, str(error.call).removeprefix("GET ")

        # Behind the port, text that does not begin a path would make another host of it.
        assume(not whole or path[:1] in ("", "/", "?", "#"))
        came = both.each(act)
        for it in came.values():
            if it.error is not None:
                check_error(it.error, it.received)
                continue
            (request,) = it.received
            assert all(both.shows(url, request) for url in it.value), (it.value, request.line)
        _same(came)

    tried()


@few_and_many(25, 2_500)
def test_addresses_of_rows(both: Pair, examples: int) -> None:
    """Whatever a template is and is filled with: one row for each item, sent as it is shown."""

    @as_often(examples)
    @given(
        template=templates(),
        items=st.lists(ITEMS, max_size=5),
        parse=st.sampled_from(["auto", "response"]),
        more=st.sampled_from(_MADE_OF_ROWS),
    )
    def tried(template: str, items: list[Any], parse: Any, more: dict[str, Any]) -> None:
        assume(not _leads_elsewhere(template))

        def act(client: nk.Client) -> Any:
            options = {"parse": parse, "max_concurrency": 1, "progress": False, **more}
            run = client.map(template, items, **options)
            return run, run.result()

        came = both.each(act)
        for it in came.values():
            if it.error is None:
                _check_rows(both, it, items)
            else:
                check_error(it.error, it.received)
        _same(came)

    tried()


#: What else of a request is made of the row.
_MADE_OF_ROWS: list[dict[str, Any]] = [
    {},
    {},
    {"params": {"q": nk.col("a")}},
    {"headers": {"x-b": nk.col("b")}},
    {"json": lambda row: row, "method": "POST"},
    {"content": nk.col("a"), "method": "PUT"},
    {"cookies": {"c": nk.col("b")}},
    {"data": lambda row: {"a": row}, "method": "POST"},
]


def _check_rows(both: Pair, came: Came, items: list[Any]) -> None:
    run, frame = came.value
    assert len(frame) == len(items)
    outcomes = [run.outcome(at) for at in range(len(items))]
    answered = [at for at, it in enumerate(outcomes) if it.error is None]
    for outcome in outcomes:
        if outcome.error is not None:
            check_error(outcome.error, [])
    assert len(answered) == len(came.received), "what was refused was refused before it was sent"
    for at, request in zip(answered, came.received, strict=True):
        shown = [run.inspect(at).request.url]
        if isinstance(outcomes[at].value, nk.Response):
            shown.append(str(outcomes[at].value.url))
        assert all(both.shows(url, request) for url in shown), (shown, request.line)
