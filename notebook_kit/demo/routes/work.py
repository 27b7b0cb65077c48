"""People, their meetings, and things to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.demo.paging import paged
from notebook_kit.demo.todos import complaints
from notebook_kit.demo.web import Fault, json_body, json_reply, route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.routing import Route

    from notebook_kit.demo.records import Record
    from notebook_kit.demo.web import Answer
    from notebook_kit.demo.world import World

__all__ = ["work_routes"]


def work_routes(world: World) -> list[Route]:
    """Return the routes about people, meetings and things to do."""
    people, meetings, todos = _People(world), _Meetings(world), _Todos(world)
    return [
        route("/todos", todos.page),
        route("/todos", todos.create, "POST"),
        route("/todos/{id:int}", todos.one),
        route("/users", people.page),
        route("/users/me", people.me),
        route("/users/search", people.search),
        route("/users/{id:int}", people.one),
        route("/meetings", meetings.page),
        route("/meetings/{id:int}", meetings.one),
        route("/meetings/{id:int}/attendees", meetings.attendees),
        route("/meetings/{id:int}/issues", meetings.issues_of),
        route("/meetings/{id:int}/todos", meetings.todos_of),
        route("/meetings/{id:int}/metrics", meetings.metrics_of),
        route("/issues", meetings.issues),
        route("/metrics", meetings.metrics),
    ]


class _People:
    def __init__(self, world: World) -> None:
        self._users = world.records.users

    async def page(self, request: Request) -> Answer:
        """People in pages."""
        return paged(request, self._users)

    async def me(self, _request: Request) -> Answer:
        """The person who asks."""
        return json_reply(self._users[0])

    async def search(self, request: Request) -> Answer:
        """People in pages whose name or address holds ?q=."""
        wanted = request.query_params.get("q", "").strip().lower()
        if not wanted:
            raise Fault(400, "Say what to look for: /users/search?q=ada.", param="q")
        found = [
            user for user in self._users if wanted in f"{user['name']} {user['email']}".lower()
        ]
        return paged(request, found)

    async def one(self, request: Request) -> Answer:
        """One person."""
        return json_reply(_by_id(self._users, request, "user"))


class _Meetings:
    def __init__(self, world: World) -> None:
        self._world = world
        self._records = world.records

    async def page(self, request: Request) -> Answer:
        """Meetings in pages."""
        return paged(request, self._records.meetings)

    async def one(self, request: Request) -> Answer:
        """One meeting."""
        return json_reply(self._meeting(request))

    async def attendees(self, request: Request) -> Answer:
        """The people of a meeting in pages."""
        present = set(self._meeting(request)["attendee_ids"])
        return paged(request, [user for user in self._records.users if user["id"] in present])

    async def issues_of(self, request: Request) -> Answer:
        """The issues of a meeting in pages."""
        return self._of_meeting(request, self._records.issues)

    async def todos_of(self, request: Request) -> Answer:
        """The things to do of a meeting in pages."""
        return self._of_meeting(request, self._world.todos.all())

    async def metrics_of(self, request: Request) -> Answer:
        """The metrics of a meeting in pages."""
        return self._of_meeting(request, self._records.metrics)

    async def issues(self, request: Request) -> Answer:
        """The issues of all meetings in pages."""
        return paged(request, self._records.issues)

    async def metrics(self, request: Request) -> Answer:
        """The metrics of all meetings in pages."""
        return paged(request, self._records.metrics)

    def _of_meeting(self, request: Request, records: Iterable[Record]) -> Answer:
        key = self._meeting(request)["id"]
        return paged(request, [record for record in records if record["meeting_id"] == key])

    def _meeting(self, request: Request) -> Record:
        return _by_id(self._records.meetings, request, "meeting")


class _Todos:
    def __init__(self, world: World) -> None:
        self._world = world

    async def page(self, request: Request) -> Answer:
        """Things to do in pages."""
        return paged(request, self._world.todos.all())

    async def one(self, request: Request) -> Answer:
        """One thing to do."""
        todo = self._world.todos.get(request.path_params["id"])
        if todo is None:
            raise _missing(request, "todo")
        return json_reply(todo)

    async def create(self, request: Request) -> Answer:
        """Create a thing to do from its title; the same Idempotency-Key creates it only once."""
        fields = await json_body(request)
        if wrong := complaints(fields, self._world.records.meetings):
            message = "; ".join(f"{entry['field']} {entry['message']}" for entry in wrong)
            raise Fault(422, f"The todo is not valid: {message}.", more={"errors": wrong})
        key = request.headers.get("idempotency-key")
        before = None if key is None else self._world.todos.created_before(key)
        if before is None:
            todo, replayed = self._world.todos.create(fields, key), "false"
            self._world.counters.todos_created += 1
        elif before[0] == fields:
            todo, replayed = before[1], "true"
        else:
            message = "This Idempotency-Key came before with another body; make a new key."
            raise Fault(422, message, code="idempotency_key_reused")
        headers = {"location": f"/todos/{todo['id']}", "idempotent-replayed": replayed}
        return json_reply(todo, status=201, headers=headers)


def _by_id(records: Iterable[Record], request: Request, noun: str) -> Record:
    for record in records:
        if record["id"] == request.path_params["id"]:
            return record
    raise _missing(request, noun)


def _missing(request: Request, noun: str) -> Fault:
    message = f"There is no {noun} {request.path_params['id']}."
    return Fault(404, message, code=f"unknown_{noun}", param="id")
