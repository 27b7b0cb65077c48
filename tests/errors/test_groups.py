"""Groups of errors are taken apart."""

from __future__ import annotations

import pytest

import notebook_kit as nk
from notebook_kit.errors.groups import taken_apart, with_parts

ONE = ExceptionGroup("outer", [ExceptionGroup("inner", [ValueError("a")])])
TWO = ExceptionGroup("outer", [ValueError("a"), ExceptionGroup("inner", [KeyError("b")])])


def test_the_only_error_in_a_group_is_the_error() -> None:
    """However deep it lies; several stay together, and an interrupt goes on through."""
    assert isinstance(taken_apart(ONE), ValueError)
    assert taken_apart(TWO) is TWO
    with pytest.raises(KeyboardInterrupt):
        taken_apart(BaseExceptionGroup("outer", [TWO, KeyboardInterrupt()]))


def test_the_parts_are_told() -> None:
    """The first five of them, whatever one of them does when it is asked."""
    assert with_parts(TWO).endswith(": ValueError: a; KeyError: 'b'")
    many = ExceptionGroup("many", [ValueError(str(number)) for number in range(7)])
    assert with_parts(many).endswith("ValueError: 4; and 2 more")


@pytest.mark.parametrize("sync", [False, True])
def test_a_group_is_the_error_of_its_row(*, sync: bool) -> None:
    """Of one error that one, of several the group with what they say."""

    def call(number: int) -> int:
        if number < 2:
            raise (ONE, TWO)[number]
        return number

    async def call_async(number: int) -> int:
        return call(number)

    frame = nk.map(call if sync else call_async, range(3), progress=False, retry=0).result()
    assert frame["error_type"].tolist()[:2] == ["ValueError", "ExceptionGroup"]
    assert frame["error"].iloc[1].endswith(": ValueError: a; KeyError: 'b'")
    assert frame["result"].iloc[2] == 2
