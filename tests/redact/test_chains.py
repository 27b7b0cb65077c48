"""What an error of the kit was raised from holds no secret in its words."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.errors.hollow import chain_of
from notebook_kit.redact import Secret, scrub_chain

KEY = "planted-chain/0123456789"


class Own(Exception):
    """One that takes its words from elsewhere than its arguments."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(code)
        self.said = said

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.said}"


class Needy(Exception):
    """One whose words cannot be told."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def _told(error: BaseException) -> str:
    lines = traceback.format_exception(error)
    return "".join(lines) + "".join(repr(one) for one in chain_of(error))


def _outer(cause: BaseException) -> BaseException:
    error = RuntimeError("outer")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "cause",
    [
        ValueError(f"bad {KEY}"),
        KeyError(KEY),
        ValueError("two", {"given": KEY}),
        FileNotFoundError(2, f"no {KEY}", KEY),
        Own(7, KEY),
        Needy(KEY),
        ExceptionGroup(f"of {KEY}", [ValueError("a"), ExceptionGroup("in", [Own(7, KEY)])]),
        ExceptionGroup("of", [ValueError(KEY)]),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_words_of_causes_are_cleaned(cause: BaseException) -> None:
    """Of whatever type it is, it is called the same after it."""
    Secret(KEY)
    error = _outer(cause)
    scrub_chain(error)
    told = _told(error)
    assert KEY not in told
    assert type(error.__cause__).__name__ == type(cause).__name__
    for one in chain_of(cause):
        assert type(one).__name__ in told


def test_what_is_nested_and_noted_is_cleaned_too() -> None:
    """Causes of causes, contexts and notes; a context that is not shown stays hidden."""
    Secret(KEY)
    first, second, third = Own(1, KEY), ValueError(KEY), OSError("fine")
    first.add_note(f"noted {KEY}")
    second.__context__ = first
    third.__cause__ = second
    error = _outer(third)
    scrub_chain(error)
    told = _told(error)
    assert KEY not in told
    assert "noted ****" in told
    assert error.__cause__ is third
    assert third.__cause__ is second
    assert type(second.__context__).__qualname__ == "Own"
    assert not second.__suppress_context__


def test_a_chain_without_secrets_stays_what_it_is() -> None:
    """Nothing is replaced or changed where there is nothing to; a circle ends."""
    Secret(KEY)
    group = ExceptionGroup("of", [ValueError("a"), Own(2, "b")])
    group.__context__ = Own(3, "c")
    group.__context__.__context__ = group
    error = _outer(group)
    members, before = group.exceptions, _told(error)
    scrub_chain(error)
    assert error.__cause__ is group
    assert group.exceptions == members
    assert _told(error) == before


def _run(on_error: Any) -> BaseException:
    key = Secret(KEY)

    def leaky(_item: int) -> None:
        try:
            raise OSError(f"first {key.reveal()}")  # noqa: TRY301 - one is raised from the other
        except OSError as error:
            raise ExceptionGroup(
                f"of {key.reveal()}", [ValueError(f"bad {key.reveal()}"), Own(1, key.reveal())]
            ) from error

    with pytest.raises(nk.BatchFailed) as caught:
        nk.map(leaky, [1], on_error=on_error, progress=False).result()
    return caught.value


def test_a_run_that_stops_tells_no_secret_of_its_cause() -> None:
    """The error of the user's function is behind it, with its own lines and cleaned words."""
    error = _run("raise")
    told = _told(error)
    assert KEY not in told
    assert "in leaky" in told
    assert "OSError: first ****" in told
    assert "ValueError: bad ****" in told
