from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from tests.client.openapi.papers import saved
from tests.client.openapi.petshop import PetShop, open_shop

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = {
    "api_key": nk.Secret("special-key"),
    "authorization": nk.Secret("petstore-token").bearer(),
}

Shop = tuple[PetShop, str]


@pytest.fixture(params=["petstore.json.gz", "petstore-3.1.json.gz"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A petstore that serves its own document, which says where it is by a relative URL."""
    document = {**saved(request.param), "servers": [{"url": "/v2"}]}
    with open_shop(document) as opened:
        yield opened


def test_a_day_in_the_petstore(shop: Shop) -> None:
    """Every kind of parameter and body arrives, and every answer is what the server said."""
    store, url = shop
    with nk.Client.from_openapi(f"{url}/openapi.json", headers=KEYS) as api:
        rex = api.pet.add("Rex", ["https://example.com/rex.png"], status="available")
        assert rex == {**rex, "name": "Rex", "photoUrls": ["https://example.com/rex.png"]}
        assert api.pet.add(body={"id": 7, "name": "Tom", "photoUrls": []})["id"] == 7
        assert api.pet.find_by_status(["available", "pending"]) == [rex]
        api.pet.update_with_form(7, name="Tim", status="sold")
        assert api.pet.get(7)["name"] == "Tim"
        assert api.store.get_inventory() == {"available": 1, "sold": 1}
        if store.document["openapi"] == "3.0.0":
            told = api.pet.upload_file(7, additional_metadata="a", file=("tim.png", b"\x89PNG"))
        else:
            told = api.pet.upload_file(7, content=b"\x89PNG")
        assert told["code"] == 200
        assert store.uploads == [("tim.png", b"\x89PNG")]
        assert api.pet.delete(7) is None
        with pytest.raises(nk.NotFound):
            api.pet.get(7)
        order = api.store.place_order(pet_id=1, quantity=2, status="placed")
        assert api.store.get_order_by_id(order["id"]) == {
            "id": 1,
            "petId": 1,
            "quantity": 2,
            "status": "placed",
        }
        api.user.create_with_array_input([{"username": "ada"}, {"username": "bob"}])
        assert api.user.get("ada") == {"username": "ada"}
        assert api.user.login("ada", "secret") == "hello ada"


def test_without_its_key_nothing_is_sent(shop: Shop) -> None:
    """And the error says what to write."""
    _, url = shop
    client = nk.Client.from_openapi(f"{url}/openapi.json")
    with pytest.raises(nk.MissingCredential, match="api_key"):
        client.pet.get(7)
    assert client.stats.requests == 0
    with (
        pytest.warns(DeprecationWarning, match=r"client\.pet\.find_by_tags"),
        pytest.raises(nk.NotFound),
    ):
        client.pet.find_by_tags.with_options(headers=KEYS)(["a"]).result()
    client.close()


def test_awaited_and_mapped(shop: Shop) -> None:
    """As any other endpoints."""
    _, url = shop

    async def main() -> Any:
        async with nk.Client.from_openapi(f"{url}/openapi.json", headers=KEYS) as client:
            rows = [{"name": f"pet {n}", "photo_urls": []} for n in range(20)]
            frame = await client.pet.add.map(rows, progress=False)
            assert (frame["status"] == "ok").all()
            ids = frame["result"].str["id"]
            there = await asyncio.gather(*(client.pet.get(int(key)) for key in ids[:5]))
            return [it["name"] for it in there], len(set(ids))

    # Sent one after the other or at once, each got a number of its own.
    names, count = asyncio.run(main())
    assert sorted(names) == sorted(set(names))
    assert count == 20
