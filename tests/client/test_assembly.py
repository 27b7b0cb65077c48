"""What becomes of the options that a client is made with."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.client import assembly
from notebook_kit.client.assembly import ClientOptions, Parts, assembled
from notebook_kit.client.core import Core

KEY = "sk-0123456789abcdef0123456789abcdef"


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[ClientOptions]:
    """What every client that is made passes on."""
    options: list[ClientOptions] = []

    def assemble(given: ClientOptions) -> Parts:
        options.append(given)
        return assembled(given)

    monkeypatch.setattr("notebook_kit.client.client.assembled", assemble)
    return options


def test_every_option_of_a_client_arrives_under_its_name(seen: list[ClientOptions]) -> None:
    """What is not said arrives as the signature has it, and what is said as it was said."""
    parameters = inspect.signature(nk.Client).parameters
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    assert {field.name for field in fields(ClientOptions)} == set(defaults)
    said: dict[str, Any] = {"base_url": "http://host", "rate": "5/s", "max_redirects": 3}
    nk.Client(**said).close().wait()
    (options,) = seen
    assert {name: getattr(options, name) for name in defaults} == defaults | said


def test_options_are_not_shown(seen: list[ClientOptions]) -> None:
    """Some of them are secret, and were not checked for that yet."""
    nk.Client("http://host", headers={"x-api-key": KEY}, auth=("me", KEY)).close().wait()
    assert KEY not in repr(seen[0])


def test_nothing_is_made_of_options_that_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are checked before there is anything that would have to be closed."""
    made: list[object] = []

    def make(*given: Any, **options: Any) -> Core:
        made.append(given)
        return Core(*given, **options)

    monkeypatch.setattr(assembly, "Core", make)
    for options in ({"cookies": 7}, {"rate": "fast"}, {"logging": "debug"}):
        with pytest.raises(nk.ConfigurationError):
            nk.Client("http://host", **options)
    assert made == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"base_url": "example.com"}, "must begin with https://"),
        ({"base_url": 7}, "base_url is text"),
        ({"max_connections": 0}, "max_connections=0"),
        ({"rate": "fast"}, "rate='fast' cannot be read"),
        ({"retry": -1}, "retry=-1"),
    ],
)
def test_bad_options_of_a_client(options: Any, said: str) -> None:
    """An option that cannot work is refused when the client is made."""
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.Client(**{"base_url": "http://host", **options})
