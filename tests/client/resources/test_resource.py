"""Resources that are put into a class as objects, which belong there as classes."""

from __future__ import annotations

from typing import Any

import pytest

import notebook_kit as nk

# mypy: disable-error-code="empty-body"


class Airports(nk.Resource):
    @nk.endpoint("GET /airports/{iata}")
    def get(self, iata: str) -> dict[str, Any]: ...


def test_an_object_in_the_place_of_the_class() -> None:
    """Brackets behind a resource are an error of the class statement, which says how to write."""
    with pytest.raises(nk.ConfigurationError, match=r"write airports: Airports .* brackets"):

        class Api(nk.Client):
            airports = Airports()


def test_an_object_that_has_a_client() -> None:
    """One that was made of another client is refused too, and the attribute is named."""
    client = nk.Client("http://host")
    made = Airports(client)
    with pytest.raises(nk.ConfigurationError, match=r"^Api\.airports: The resource Airports"):

        class Api(nk.Client):
            airports = made

    with pytest.raises(nk.ConfigurationError, match=r"^Outer\.inner: The resource Airports"):

        class Outer(nk.Resource):
            inner = made

    client.close()


@pytest.mark.parametrize("owner", [None, "http://host", Airports])
def test_what_owns_a_resource_is_a_client_or_a_resource(owner: Any) -> None:
    """Made by hand of anything else it says where it belongs."""
    with pytest.raises(nk.ConfigurationError, match="is given to the class of a client"):
        Airports(owner)


def test_a_resource_made_by_hand_of_a_client_works() -> None:
    """A client, or a resource of one, is an owner."""
    client = nk.Client("http://host")
    assert Airports(Airports(client)).get.url("ZRH") == "http://host/airports/ZRH"
    client.close()
