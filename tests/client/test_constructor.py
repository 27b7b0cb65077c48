"""Options of a client that do not fit."""

from __future__ import annotations

from typing import Any

import pytest

import notebook_kit as nk


def test_an_option_without_its_name() -> None:
    """All but the base URL have names, and the error gives an example of one."""
    says = r"^nk\.Client takes only base_url without a name, .* write nk\.Client\(\.\.\., headers="
    with pytest.raises(nk.ConfigurationError, match=says):
        nk.Client("http://host", {"x-team": "data"})  # type: ignore[call-arg]


def test_a_base_url_given_twice() -> None:
    """By its place and by its name is once too often."""
    with pytest.raises(nk.ConfigurationError, match=r"multiple values for argument 'base_url'"):
        nk.Client("http://host", base_url="http://host")  # type: ignore[misc]


class Broken(dict[str, str]):
    def items(self) -> Any:
        message = "from inside"
        raise TypeError(message)


def test_a_type_error_from_inside_stays() -> None:
    """What goes wrong in an object that was given is not taken for a mistake of the options."""
    with pytest.raises(TypeError, match="from inside"):
        nk.Client("http://host", cookies=Broken())
