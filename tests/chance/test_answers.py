"""Any bytes as an answer: a value or one error of the kit, and the next answer is the right one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.testing import answer
from tests.chance.answers import behaviours
from tests.chance.pair import as_often, check_error, few_and_many

if TYPE_CHECKING:
    from notebook_kit.testing import Behaviour
    from tests.chance.pair import Pair

_AFTER: Final = answer(b"after", headers=[("Content-Type", "text/plain")])
#: What is asked of an answer.
_READ: Final = ("text", "content", "cookies", "links", "next_request", "encoding", "media_type")


def _read(response: nk.Response) -> None:
    """Ask an answer for all that it has; only errors of the kit may come of it."""
    for name in _READ:
        with suppress(nk.NotebookKitError):
            getattr(response, name)
    with suppress(nk.NotebookKitError):
        response.json()
    assert repr(response)
    assert response._repr_html_()


@few_and_many(40, 3_000)
def test_answers(both: Pair, examples: int) -> None:
    """Garbage, and answers with pieces changed, never become anything else, nor any other's."""

    @as_often(examples)
    @given(
        behaviour=behaviours(),
        method=st.sampled_from(["GET", "GET", "HEAD", "POST"]),
        parse=st.sampled_from(["auto", "json", "text", "bytes"]),
    )
    def tried(behaviour: Behaviour, method: str, parse: Any) -> None:
        def call(client: nk.Client) -> None:
            _read(client.request(method, "/x").result())

        def row(client: nk.Client) -> Any:
            run = client.map("/{n}", [1], method=method, parse=parse, progress=False)
            assert len(run.result()) == 1
            return run.outcome(0)

        both.behaviour = behaviour
        for it in both.each(call).values():
            assert len(it.received) == 1
            if it.error is not None:
                _check_error(both, it.error)
        for it in both.each(row).values():
            assert len(it.received) == 1
            assert it.error is None
            if it.value.error is not None:
                _check_error(both, it.value.error)
        both.behaviour = _AFTER
        for it in both.each(lambda client: client.get("/after").result().content).values():
            assert (it.value, it.error) == (b"after", None)

    tried()


def _check_error(both: Pair, error: BaseException) -> None:
    check_error(error, [])
    assert not isinstance(error, nk.ConfigurationError), "the server is to blame"
    assert isinstance(error, nk.RequestError)
    assert both.url in str(error)
