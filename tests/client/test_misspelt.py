"""Attributes of clients and resources that are not there: what is close to them."""

from __future__ import annotations

import copy
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from IPython.core.completer import IPCompleter

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Iterator

# Names that are not there are the subject, and endpoints have no body.
# mypy: disable-error-code="attr-defined, empty-body"
# ruff: noqa: B018


class Airports(nk.Resource):
    @nk.endpoint("GET /airports/{iata}")
    def get(self, iata: str) -> dict[str, object]: ...


class Api(nk.Client):
    airports: Airports

    asked = 0

    @property
    def broken(self) -> object:
        self._count()
        return self.nothing_like_it

    def _count(self) -> None:
        type(self).asked += 1


@pytest.fixture
def api() -> Iterator[Api]:
    client = Api("http://host")
    yield client
    client.close()


@pytest.mark.parametrize(
    ("name", "meant"), [("gett", "get"), ("airprots", "airports"), ("base_ulr", "base_url")]
)
def test_a_misspelt_attribute_names_the_one_meant(api: Api, name: str, meant: str) -> None:
    """A verb, a resource or an attribute that is close is named."""
    with pytest.raises(AttributeError, match=f"^'Api' object .* '{name}'. Did you mean '{meant}'"):
        getattr(api, name)


def test_a_misspelt_endpoint_names_the_one_meant(api: Api) -> None:
    """So it is on a resource."""
    with pytest.raises(AttributeError, match=r"^'Airports' object .* Did you mean 'get'\?$"):
        api.airports.gett


def test_an_option_says_that_it_is_one(api: Api) -> None:
    """What a client was made with is no attribute of it, and the error says where it is given."""
    with pytest.raises(AttributeError, match=r"'retry': it is given .* nk\.Client\(retry=\.\.\.\)"):
        api.retry


def test_what_is_close_to_nothing_is_missing_as_ever(api: Api) -> None:
    """Nothing is suggested for other names, and for private ones, which Python asks for itself."""
    for name in ("xyzzy", "_cor", "_repr_png_"):
        with pytest.raises(AttributeError) as caught:
            getattr(api, name)
        assert str(caught.value).rstrip(".") == f"'Api' object has no attribute {name!r}"
        assert caught.value.name == name


def test_the_suggestion_is_shown_once() -> None:
    """The interpreter, which suggests names too, does not say it a second time."""
    code = "import notebook_kit as nk; nk.Client('http://host').gett"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stderr.rstrip().endswith("no attribute 'gett'. Did you mean 'get'?")
    assert ended.stderr.count("Did you mean") == 1


def test_a_property_that_raises_says_so_itself(api: Api) -> None:
    """It is not taken for a missing one, and what it does, perhaps a request, is done once."""
    with pytest.raises(
        AttributeError, match=r"'broken' of 'Api' raised .* type\(it\)\.broken\.fget"
    ):
        api.broken
    with pytest.raises(AttributeError, match="'nothing_like_it'"):
        Api.broken.fget(api)
    assert Api.asked == 2


def test_mocks_copies_and_weak_references_of_a_client_work(api: Api) -> None:
    """What looks at a client from the outside finds what it found before."""
    made = mock.create_autospec(nk.Client, instance=True)
    made.get("/x")
    made.get.assert_called_once_with("/x")
    with pytest.raises(AttributeError):
        made.gett
    with pytest.raises(AttributeError, match="Did you mean 'get'"):
        weakref.proxy(api).gett
    assert copy.copy(api).base_url == api.base_url


def test_a_notebook_still_completes_behind_a_resource(api: Api) -> None:
    """IPython without jedi looks into an object whose class has no `__getattr__` only."""
    completer = IPCompleter(namespace={"api": api}, use_jedi=False)  # type: ignore[no-untyped-call]
    found = completer.attr_matches("api.airports.g")  # type: ignore[no-untyped-call]
    assert "api.airports.get" in found


def test_the_synchronous_face_suggests_as_well() -> None:
    """A misspelt verb or resource on ``with`` and ``client.sync`` is told what was meant."""
    with Api("http://example.test") as api:
        with pytest.raises(AttributeError, match="Did you mean 'get'"):
            api.gett
        with pytest.raises(AttributeError, match="Did you mean 'airports'"):
            api.airport
