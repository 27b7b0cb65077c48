"""Methods that declare an endpoint, written as no method can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.client.resources.written import check_method

if TYPE_CHECKING:
    from collections.abc import Callable

# Bodies of all kinds are the subject.
# ruff: noqa: PIE790
# mypy: disable-error-code="empty-body"


def only_a_docstring(self: object) -> int:
    """Return a number."""


def with_dots(self: object) -> int: ...


def with_both(self: object) -> int:
    """Return a number."""
    ...


def with_pass(self: object) -> None:
    """Do nothing."""
    pass


def not_implemented(self: object) -> int:
    raise NotImplementedError


def not_implemented_with_words(_self: object) -> int:
    raise NotImplementedError("never run")


def calls(self: object) -> None:
    print(self)  # noqa: T201 - the mistake


def returns(self: object) -> int:
    return 5


def yields(self: object) -> Any:
    yield


def refers(self: object) -> Any:
    return NotImplementedError


def decides(self: object, *, ready: bool) -> int:
    if ready:
        return 1
    raise NotImplementedError


def assigns(self: object) -> None:
    number = 5  # noqa: F841 - the mistake


@pytest.mark.parametrize(
    "function",
    [
        only_a_docstring,
        with_dots,
        with_both,
        with_pass,
        not_implemented,
        not_implemented_with_words,
    ],
)
def test_bodies_that_do_nothing(function: Callable[..., Any]) -> None:
    """A docstring, `...`, `pass` and what only says that it is not run are taken."""
    declared = nk.endpoint("GET /x")(function)
    assert declared.compiled.spec.parameters == ()


@pytest.mark.parametrize("function", [calls, returns, yields, refers, decides, assigns])
def test_bodies_with_code_are_refused(function: Callable[..., Any]) -> None:
    """Code that would never run is an error when the class is made, and says where to put it."""
    name = function.__name__
    with pytest.raises(nk.ConfigurationError, match=rf"^{name}: the body .* never run, .* code:"):
        nk.endpoint("GET /x")(function)


def test_code_is_refused_before_types_are_looked_up() -> None:
    """A type that is not there yet does not hide the mistake until the first call."""
    with pytest.raises(nk.ConfigurationError, match="has code"):

        class Api(nk.Client):
            @nk.endpoint("GET /x")
            def read(self) -> Later:
                return Later()


def test_a_missing_self_is_named() -> None:
    """The first parameter is not sent, so it must not be one that was meant to be."""

    def get(iata: str) -> dict[str, Any]: ...

    def every() -> None: ...

    with pytest.raises(nk.ConfigurationError, match=r"^get: .* write def get\(self, iata\)\.$"):
        nk.endpoint("GET /airports/{iata}")(get)
    with pytest.raises(nk.ConfigurationError, match=r"^every: .* write def every\(self\)\.$"):
        nk.endpoint("GET /airports")(every)  # type: ignore[arg-type]


def test_a_coroutine_is_refused() -> None:
    """An async method is another thing, which the error names."""

    async def get(self: object) -> None: ...

    with pytest.raises(nk.ConfigurationError, match=r"@nk\.composed"):
        check_method(get, of="get")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("args", "options", "says"),
    [
        (("GET /x",), {"pagin": 1}, r"^@nk\.endpoint has no option 'pagin'. Did you mean 'paging'"),
        (("GET /x",), {"need": ()}, "Did you mean 'needs'"),
        (
            ("GET /x", nk.LinkPaging()),
            {},
            r"takes only route .* write @nk\.endpoint\(\.\.\., paging=",
        ),
        ((), {}, "missing a required argument: 'route'"),
    ],
)
def test_misspelt_options_of_an_endpoint(args: Any, options: Any, says: str) -> None:
    """An option that does not exist, or has no name, is explained when the class is made."""
    with pytest.raises(nk.ConfigurationError, match=says):
        nk.endpoint(*args, **options)


class Later: ...
