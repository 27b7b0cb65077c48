from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from notebook_kit.demo import DemoServer


def test_people_are_listed_found_and_known(api: httpx.Client) -> None:
    """The one who asks, all of them, one by id, and those with a name."""
    me = api.get("/users/me").json()
    assert api.get(f"/users/{me['id']}").json() == me
    assert api.get("/users").json()["total"] == 60
    found = api.get("/users/search?q=ADA").json()
    assert found["total"] == 5
    assert all(user["name"].startswith("Ada ") for user in found["items"])
    assert api.get("/users/search?q= ").status_code == 400


def test_a_meeting_has_four_parts(api: httpx.Client) -> None:
    """Attendees, issues, things to do and metrics, each belonging to it."""
    meeting = api.get("/meetings").json()["items"][4]
    key = meeting["id"]
    assert api.get(f"/meetings/{key}").json() == meeting
    attendees = api.get(f"/meetings/{key}/attendees").json()["items"]
    assert [user["id"] for user in attendees] == meeting["attendee_ids"]
    for part in ("issues", "todos", "metrics"):
        items = api.get(f"/meetings/{key}/{part}").json()["items"]
        assert {item["meeting_id"] for item in items} == {key}
    for part in ("issues", "metrics"):
        assert api.get(f"/{part}").json()["total"] == 36


@pytest.mark.parametrize("path", ["/users/999", "/meetings/999", "/meetings/999/todos", "/todos/0"])
def test_what_does_not_exist_is_404(api: httpx.Client, path: str) -> None:
    """The message says what there is none of."""
    answer = api.get(path)
    assert answer.status_code == 404
    assert "There is no" in answer.json()["error"]["message"]


def test_a_todo_is_created_and_found(api: httpx.Client, server: DemoServer) -> None:
    """By its id, in the list, and in that of its meeting."""
    made = api.post("/todos", json={"title": " Buy fuel ", "meeting_id": 3})
    assert made.status_code == 201
    todo = made.json()
    assert (todo["title"], todo["done"]) == ("Buy fuel", False)
    assert api.get(made.headers["location"]).json() == todo
    assert todo in api.get("/todos?limit=1000").json()["items"]
    assert todo in api.get("/meetings/3/todos").json()["items"]
    assert server.stats().todos_created == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, ["title"]),
        ({"title": "  "}, ["title"]),
        ({"title": 7}, ["title"]),
        ({"title": "x" * 201}, ["title"]),
        ({"title": "x", "meeting_id": 999}, ["meeting_id"]),
        ({"title": "x", "meeting_id": True}, ["meeting_id"]),
        ({"title": "x", "due_date": "tomorrow"}, ["due_date"]),
        ({"title": "x", "due_date": 5, "done": "no"}, ["due_date", "done"]),
        ({"title": "x", "colour": "red"}, ["colour"]),
    ],
)
def test_a_todo_that_is_not_valid_is_422_with_every_reason(
    api: httpx.Client, server: DemoServer, fields: dict[str, Any], wrong: list[str]
) -> None:
    """Each field at fault is named, and nothing was created."""
    answer = api.post("/todos", json=fields)
    assert answer.status_code == 422
    assert [entry["field"] for entry in answer.json()["errors"]] == wrong
    assert server.stats().todos_created == 0


def test_an_idempotency_key_creates_once(api: httpx.Client, server: DemoServer) -> None:
    """The second request gets the first one's todo; another body under that key is refused."""

    def create(title: str) -> httpx.Response:
        return api.post("/todos", json={"title": title}, headers={"idempotency-key": "abc"})

    first, second, other = create("Once"), create("Once"), create("Twice")
    assert first.json() == second.json()
    replayed = [answer.headers["idempotent-replayed"] for answer in (first, second)]
    assert replayed == ["false", "true"]
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert server.stats().todos_created == 1


def test_without_a_key_each_request_creates(api: httpx.Client, server: DemoServer) -> None:
    """The same body twice makes two."""
    ids = {api.post("/todos", json={"title": "Again"}).json()["id"] for _ in range(2)}
    assert len(ids) == 2
    assert server.stats().todos_created == 2
