"""How items become the arguments of a user's function."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.execution.functions import FunctionWork, bind, called_by, is_async, name_of

if TYPE_CHECKING:
    from collections.abc import Awaitable

ROW = {"city": "Zurich", "lat": 47.4, "lon": 8.5}
COLUMNS = list(ROW)


def test_columns_become_keyword_arguments() -> None:
    """A function whose parameters are columns gets exactly those."""
    assert bind(lambda lat, lon: (lat, lon), COLUMNS)[0](ROW) == (47.4, 8.5)


def test_a_default_is_used_where_there_is_no_column() -> None:
    """Parameters with defaults that are no columns keep their defaults."""
    assert bind(lambda city, sep="-": city + sep, COLUMNS)[0](ROW) == "Zurich-"


def test_var_keywords_get_every_column() -> None:
    """A function that takes **row gets all columns."""
    assert bind(lambda **row: row, COLUMNS)[0](ROW) == ROW


@pytest.mark.parametrize("function", [lambda row: row, lambda *rows: rows[0], print])
def test_one_other_parameter_gets_the_whole_row(function: Any) -> None:
    """A function of one parameter that is no column, or of any, is given the row."""
    assert bind(function, COLUMNS) == (function, None)


def test_missing_columns_are_named() -> None:
    """A function that needs two things that are no columns is refused before it is called."""
    with pytest.raises(nk.ConfigurationError, match=r"needs altitude, name.*city, lat, lon"):
        bind(lambda altitude, name, city: (altitude, name, city), COLUMNS)


def test_items_that_are_no_rows_are_passed_as_they_are() -> None:
    """Without columns the item is the one argument."""
    assert bind(str, None)[0](7) == "7"


@pytest.mark.parametrize("wrong", [7, "text", None])
def test_what_is_no_function_is_refused(wrong: Any) -> None:
    """nk.map(7, items) says that a function comes first."""
    with pytest.raises(nk.ConfigurationError, match=r"nk.map\(function, items\)"):
        nk.map(wrong, [1])


def test_an_unknown_loop_is_refused() -> None:
    """loop= is 'caller' or 'kit'."""
    with pytest.raises(nk.ConfigurationError, match="'caller' or 'kit'"):
        nk.map(str, [1], loop="other")  # type: ignore[arg-type]


def test_names_see_through_partials() -> None:
    """A partial is called what its function is called; an object what its class is."""

    class Caller:
        def __call__(self) -> None: ...

    assert name_of(functools.partial(functools.partial(sorted), reverse=True)) == "sorted"
    assert name_of(Caller()) == "Caller"


def test_objects_with_an_async_call_are_async() -> None:
    """An object whose __call__ is a coroutine function is called on the loop, not in a thread."""

    class Caller:
        async def __call__(self, item: int) -> int:
            return item

    for function in (Caller(), functools.partial(Caller())):
        work = FunctionWork(function, loop="caller")
        assert not work.on_io_loop
        work.close()


def test_a_sync_function_that_returns_an_awaitable_is_awaited() -> None:
    """lambda x: async_function(x) works as async_function does."""

    async def double(number: int) -> int:
        return 2 * number

    def start_one(number: int) -> Awaitable[int]:
        return double(number)

    frame = nk.map(start_one, [1, 2], progress=False).result()
    assert frame["result"].tolist() == [2, 4]
    nk.forget()


def test_what_python_calls_decides_what_is_async() -> None:
    """A class is not async because its objects are, nor an object because of what it holds."""

    class Caller:
        async def __call__(self, item: int) -> int:
            return item

    class Holder:
        def __call__(self, item: int) -> int:
            return item

    holder = Holder()
    vars(holder)["__call__"] = Caller().__call__
    assert is_async(Caller())
    assert is_async(functools.partial(Caller(), 1))
    assert not is_async(Caller)
    assert not is_async(holder)
    assert holder(1) == 1
    assert called_by(functools.partial(functools.partial(len))) == (len, type(len).__call__)
