"""Clients that a function uses: they count by what changes their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk
from notebook_kit.storage.fingerprints import fingerprint
from tests.storage.fingerprints.reaching import edited, read
from tests.storage.helpers import run_cell

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """Close what the cells have opened."""
    yield
    nk.close_all()


CELL = """
import notebook_kit as nk
from dataclasses import dataclass

@dataclass
class User:
    name: str = "x"

class Users(nk.Resource):
    @nk.endpoint("GET /users/{id}")
    def get(self, id: int, page: int = 1) -> User:
        "Return one."

class Api(nk.Client):
    users: Users
    @nk.composed
    async def both(self): return await self.users.get(1)

api = Api(
    "https://host.example/v1",
    headers={"api-version": "2026-01", "authorization": nk.Secret("one-1234567890")},
    params={"lang": "de", "api_key": "abc"},
    cookies={"theme": "dark", "sid": "0123456789abcdef"},
    auth=("me", "pw"),
    rate="50/s",
    timeout=5,
)
plain = nk.Client("https://plain.example", event_hooks={"response": [lambda answer: None]})
get, sync = api.users.get, plain.sync
other = nk.Client("https://other.example")

async def f(row):
    await get(row)
    await api.users.get(2)
    sync.get("/x")
    return (await plain.get("/x")).json()
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "host.example/v1",
            "host.example/v2",
            (
                "the constant api.base_url that f() uses was 'https://host.example/v1' and is "
                "'https://host.example/v2'"
            ),
        ),
        (
            '"2026-01"',
            '"2026-02"',
            "the constant api.headers['api-version'] that f() uses was '2026-01' and is '2026-02'",
        ),
        ('"de"', '"fr"', "the constant api.params['lang'] that f() uses was 'de' and is 'fr'"),
        (
            '"dark"',
            '"light"',
            "the constant api.cookies['theme'] that f() uses was 'dark' and is 'light'",
        ),
        ("https://plain.", "https://plane.", "plain.base_url"),
        (
            "answer: None",
            "answer: 1",
            "the code of the lambda plain.event_hooks['response'][0] has changed",
        ),
        (
            "GET /users",
            "GET /people",
            "the constant get.path that f() uses was '/users/{id}' and is '/people/{id}'",
        ),
        (
            "page: int = 1",
            "page: int = 2",
            "parameters['page']['default'] that f() uses was 1 and is 2",
        ),
        ("get(1)", "get(3)", "the code of the helper Api.both() has changed"),
        ('name: str = "x"', 'name: str = "y"', "User.name that f() uses was 'x' and is 'y'"),
    ],
)
def test_what_changes_answers(old: str, new: str, said: str) -> None:
    """Addresses, headers, parameters and what is declared count."""
    assert said in edited(CELL, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("one-1234567890", "two-1234567890"),
        ('"abc"', '"def"'),
        ("0123456789abcdef", "fedcba9876543210"),
        ('"me", "pw"', '"you", "pw2"'),
        ('"authorization":', '"x-api-key":'),
        (', "authorization": nk.Secret("one-1234567890")', ""),
        ('    auth=("me", "pw"),\n', ""),
        ('auth=("me", "pw")', "auth=lambda request: request"),
        (', "sid": "0123456789abcdef"', ""),
        ('"50/s"', '"5/s"'),
        ("timeout=5", "timeout=6"),
        ("other.example", "another.example"),
        ('"Return one."', '"Return a user."'),
    ],
)
def test_what_changes_none(old: str, new: str) -> None:
    """Credentials, whether renewed or added, the pace, limits and other clients do not count."""
    assert edited(CELL, old, new) == ""


def test_nothing_of_a_client_is_unreadable_or_secret() -> None:
    """Its parts are plain, and no credential is among them."""
    work = read(CELL)
    assert work.unreadable == ()
    kept = work.to_json()
    assert not [it for it in ("1234567890", "abc", "0123456789", "pw") if f"'{it}" in kept]


def test_another_client_of_the_same_kind_is_the_same_work() -> None:
    """It is not the object that counts, and sending with it changes nothing."""
    scope = run_cell(CELL)
    first = fingerprint({"function": scope["get"]})
    assert fingerprint({"function": run_cell(CELL)["get"]}).digest == first.digest
    assert fingerprint({"function": scope["api"].get}).digest != first.digest


def test_composed_calls_are_mapped() -> None:
    """A composed call counts with its code and its client."""
    source = CELL + "g = api.both\nh = sync\n"
    assert "code of Api.both() has changed" in edited(source, "get(1)", "get(3)", "g")
    assert "function.client.base_url" in edited(source, "host.example/v1", "host.example/v2", "g")


def test_what_a_composed_call_maps() -> None:
    """The function that a run of a composed call is given leads to the client too."""
    source = CELL + (
        "import functools\n"
        "from notebook_kit import mapping\n"
        "found = []\n"
        "def instead(function, items): found.append(function)\n"
        "whole, mapping.map = mapping.map, instead\n"
        "api.both.map([1])\n"
        "mapping.map = whole\n"
        "g = found[0]\n"
    )
    assert "code of Api.both() has changed" in edited(source, "get(1)", "get(3)", "g")
    assert "base_url was" in edited(source, "host.example/v1", "host.example/v2", "g")


OTHERS = """
import httpx, openai, requests
one = httpx.AsyncClient(base_url="https://a.example", headers={"x-version": "1", "x-api-key": "k"})
two = openai.AsyncOpenAI(base_url="https://b.example", api_key="abc")
three = requests.Session()
three.headers["x-version"] = "3"
def f(row): return one, two, three
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("a.example", "c.example", "one.base_url that f() uses was 'https://a.example' and is"),
        ('"1"', '"2"', "one.headers['x-version'] that f() uses was '1' and is '2'"),
        ("b.example", "c.example", "two.base_url that f() uses was"),
        ('"3"', '"4"', "three.headers['x-version'] that f() uses was '3' and is '4'"),
    ],
)
def test_clients_of_other_libraries(old: str, new: str, said: str) -> None:
    """Where they lead and what they add counts; they are not named as unreadable."""
    assert said in edited(OTHERS, old, new)
    assert read(OTHERS).unreadable == ()


def test_keys_of_clients_of_other_libraries() -> None:
    """A renewed key makes no other work."""
    assert edited(OTHERS, '"k"', '"l"') == ""
    assert edited(OTHERS, '"abc"', '"def"') == ""
