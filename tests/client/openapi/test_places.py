from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.client.openapi.places import placed
from tests.client.openapi.papers import operations


def named(paths: Any, reserved: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return how the operations of paths are called."""
    place = placed(operations(paths), reserved)
    return {f"{it.method} {it.path}": ".".join(names) for names, it in place.walk()}


def test_tags_are_resources_and_operations_are_their_methods() -> None:
    """Named by what the document calls them, less the name of the resource."""
    pets = {"tags": ["pets"]}
    assert named(
        {
            "/pets": {
                "get": {**pets, "operationId": "listPets"},
                "post": {**pets, "operationId": "pets_create"},
            },
            "/pets/{petId}": {
                "get": {**pets, "operationId": "getPetById"},
                "delete": {**pets, "operationId": "pets/remove-for-good"},
            },
        }
    ) == {
        "get /pets": "pets.list",
        "post /pets": "pets.create",
        "get /pets/{petId}": "pets.get",
        "delete /pets/{petId}": "pets.remove_for_good",
    }


def test_without_tags_the_parts_of_the_path_are_resources() -> None:
    """And the methods are called by what they do."""
    every: dict[str, Any] = {it: {} for it in ("get", "post")}
    one: dict[str, Any] = {it: {} for it in ("get", "put", "patch", "delete")}
    assert named(
        {"/repos/{owner}/{repo}/issues": every, "/repos/{owner}/{repo}/issues/{n}": one}
    ) == {
        "get /repos/{owner}/{repo}/issues": "repos.issues.list",
        "post /repos/{owner}/{repo}/issues": "repos.issues.create",
        "get /repos/{owner}/{repo}/issues/{n}": "repos.issues.get",
        "put /repos/{owner}/{repo}/issues/{n}": "repos.issues.put",
        "patch /repos/{owner}/{repo}/issues/{n}": "repos.issues.patch",
        "delete /repos/{owner}/{repo}/issues/{n}": "repos.issues.delete",
    }


def test_a_part_with_one_operation_is_a_method() -> None:
    """And what all paths begin with is left out."""
    paths = ["/api/v1/users", "/api/v1/users/{id}", "/api/v1/users/{id}/lock", "/api/v1/search"]
    made = named({path: {"get": {}} for path in paths})
    assert list(made.values()) == ["search", "users.list", "users.get", "users.lock"]


def test_what_a_framework_put_behind_a_name_is_left_out() -> None:
    """The path and the method, which are said already."""
    operation = {"operationId": "read_item_items__item_id__get"}
    assert named({"/items/{item_id}": {"get": operation}}) == {"get /items/{item_id}": "items.read"}


def test_names_that_are_taken_get_an_underscore() -> None:
    """The client's own stay what they are."""
    reserved = frozenset({"get", "stats"})
    made = named({"/stats/{id}": {"get": {}}, "/get": {"get": {}}}, reserved)
    assert set(made.values()) == {"stats_.get", "get_"}


@pytest.mark.parametrize("same", ["list", "", "!", "class"])
def test_operations_of_one_name_are_told_apart(same: str) -> None:
    """Every one can be reached, whatever the document calls it."""
    paths = {
        f"/{name}": {it: {"operationId": same, "tags": ["t"]} for it in ("get", "post")}
        for name in ("a", "b", "a-", "A")
    }
    made = named(paths)
    assert len(set(made.values())) == len(made) == 8


def test_the_order_in_a_document_changes_no_name() -> None:
    """A new operation at its beginning renames nothing."""
    paths = {
        "/pets": {"get": {"operationId": "get", "tags": ["x"]}},
        "/dogs": {"get": {"operationId": "get", "tags": ["x"]}},
        "/cats/{id}": {"get": {"operationId": "cat", "tags": ["x"]}},
    }
    assert named(paths) == named(dict(reversed(paths.items())))


def test_a_tag_with_a_slash_is_a_resource_in_a_resource() -> None:
    """As deep as it says."""
    made = named({"/x": {"get": {"tags": ["Repos/Issues"], "operationId": "listIssues"}}})
    assert made == {"get /x": "repos.issues.list"}


def test_a_method_and_a_resource_of_one_name() -> None:
    """The resource keeps it."""
    made = named(
        {
            "/a/b": {"get": {}},
            "/a/b/c": {"get": {}, "post": {}},
            "/a": {"get": {"operationId": "b", "tags": ["a"]}},
        }
    )
    assert len(set(made.values())) == 4
