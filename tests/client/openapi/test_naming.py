from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.client.openapi.naming import identifier, singular, unique_names, without, words


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("petId", "pet_id"),
        ("X-Request-ID", "x_request_id"),
        ("filter[name]", "filter_name"),
        ("$top", "top"),
        ("class", "class_"),
        ("self", "self_"),
        ("2fa", "x_2fa"),
        ("+1", "x_1"),
        ("", "value"),
        ("---", "value"),
        ("Größe", "größe"),
        ("日本", "日本"),
        ("ﬁle", "file"),
        ("__init__", "init"),
        ("HTTPServer", "http_server"),
    ],
)
def test_names_become_names_of_python(name: str, made: str) -> None:
    """In small letters, with underscores between the words."""
    assert identifier(words(name)) == made


@given(st.text(max_size=60))
def test_any_text_becomes_a_name(text: str) -> None:
    """One that a keyword can have, and that Python compares as it is."""
    name = identifier(words(text))
    namespace: dict[str, object] = {}
    exec(f"def call(*, {name}): return {name}\nvalue = call({name}=7)", namespace)  # noqa: S102
    assert namespace["value"] == 7
    assert not name.startswith("_")


@pytest.mark.parametrize(
    ("said", "resource", "left"),
    [
        ("listPets", "pets", "list"),
        ("pets_list", "pets", "list"),
        ("addPet", "pets", "add"),
        ("getRepositories", "repository", "get"),
        ("getPetsByOwner", "pets", "get_by_owner"),
        ("getAddress", "addresses", "get"),
        ("login", "users", "login"),
    ],
)
def test_what_an_operation_is_of_is_not_said_twice(said: str, resource: str, left: str) -> None:
    """In the singular and the plural."""
    assert "_".join(without(words(said), words(resource))) == left


def test_singular_leaves_what_is_none() -> None:
    """Words that only look like a plural."""
    assert [singular(it) for it in ("status", "analysis", "class")] == [
        "status",
        "analysis",
        "class",
    ]


@given(
    st.dictionaries(
        st.integers(), st.lists(st.sampled_from(["a", "b", "c", "a_2"]), min_size=1), max_size=8
    ),
    st.sets(st.sampled_from(["a", "b", "a_2", "a_"])),
)
def test_every_name_is_its_own(candidates: dict[int, list[str]], reserved: set[str]) -> None:
    """Whatever several would like to be called, and none is reserved."""
    named = unique_names(candidates, reserved=reserved)
    assert list(named) == list(candidates)
    assert len(set(named.values())) == len(named)
    assert not reserved & set(named.values())


def test_names_do_not_depend_on_the_order() -> None:
    """As long as there is one left for each."""
    candidates = {"x": ["get", "get_x"], "y": ["get", "get_y"], "z": ["list"]}
    there, back = unique_names(candidates), unique_names(dict(reversed(candidates.items())))
    assert there == back == {"x": "get_x", "y": "get_y", "z": "list"}
