"""Anything as an option of a request: refused unsent, or sent alike over both transports."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from hypothesis import given
from hypothesis import strategies as st

from tests.chance.pair import as_often, check_error, few_and_many
from tests.chance.strategies import JSON, SCALARS, TEXTS, Hostile

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from tests.chance.pair import Pair

_LONG_S: Final = 60.0


def _pairs(
    names: SearchStrategy[Any], values: SearchStrategy[Any]
) -> SearchStrategy[dict[Any, Any] | list[tuple[Any, Any]]]:
    return st.one_of(
        st.dictionaries(names, values, max_size=3),
        st.lists(st.tuples(names, values), max_size=3),
    )


def _is_long(value: Any) -> bool:
    """Tell whether this is no time limit that could be over before the answer is there."""
    if isinstance(value, dt.timedelta):
        value = value.total_seconds()
    try:
        return not 0 < float(value) <= _LONG_S
    except (TypeError, ValueError, OverflowError):
        return True


_HEADER_NAMES: Final = st.one_of(
    st.sampled_from(
        [
            *("x-a", "Accept", "Host", "Content-Length", "Transfer-Encoding", "Connection"),
            *("cookie", "Authorization", "x-api-key", "Content-Type", "accept-encoding", "te"),
            *("upgrade", "trailer", "range", "idempotency-key"),
        ]
    ),
    TEXTS,
)
_HEADER_VALUES: Final = st.one_of(
    st.sampled_from(["1", "chunked", "close", "keep-alive", "gzip", "a b", "h2c", "", "\xe9"]),
    st.text(st.characters(max_codepoint=255), max_size=8),
    st.binary(max_size=8),
    TEXTS,
    SCALARS,
)
_TEXT_PAIRS: Final = st.one_of(_pairs(TEXTS, TEXTS), _pairs(TEXTS, SCALARS), JSON)
#: What a body raises while it is read is the caller's own error.
_READABLE: Final = JSON.filter(lambda it: not isinstance(it, Hostile))
_BODIES: Final[dict[str, SearchStrategy[Any]]] = {
    "json": JSON,
    "data": st.one_of(_pairs(TEXTS, TEXTS), _pairs(TEXTS, SCALARS), _READABLE),
    "content": st.one_of(st.binary(max_size=30), TEXTS, _READABLE),
}
_REST: Final[dict[str, SearchStrategy[Any]]] = {
    "headers": st.one_of(_pairs(_HEADER_NAMES, _HEADER_VALUES), JSON),
    "params": _TEXT_PAIRS,
    "cookies": _TEXT_PAIRS,
    "auth": st.one_of(st.tuples(TEXTS, TEXTS), JSON.filter(lambda it: not callable(it))),
    "timeout": st.one_of(st.floats(min_value=_LONG_S), SCALARS.filter(_is_long)),
    "extensions": JSON,
    "idempotency_key": SCALARS,
    # Their parts are divided by chance, so that no two are alike.
    "files": st.one_of(_pairs(TEXTS, st.one_of(JSON, st.tuples(TEXTS, SCALARS))), JSON),
}
_OPTIONS: Final = st.builds(
    lambda body, rest: {**body, **rest},
    *(
        st.one_of(st.just({}), *[st.fixed_dictionaries({name: it}) for name, it in kinds.items()])
        for kinds in (_BODIES, _REST)
    ),
)


@few_and_many(150, 7_000)
def test_options_of_calls(both: Pair, examples: int) -> None:
    """A call with such options gives a value or an error of the kit; refused is not sent."""

    @as_often(examples)
    @given(method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"]), options=_OPTIONS)
    def tried(method: str, options: dict[str, Any]) -> None:
        came = both.each(lambda client: client.request(method, "/x", **options).result())
        for it in came.values():
            if it.error is not None:
                check_error(it.error, it.received)
                continue
            (request,) = it.received
            assert request.method == method
            assert both.shows(str(it.value.url), request)
        one, other = came.values()
        assert type(one.error) is type(other.error), (one.error, other.error)
        if "files" not in options and options.get("idempotency_key") is not True:
            assert one.sent == other.sent

    tried()
