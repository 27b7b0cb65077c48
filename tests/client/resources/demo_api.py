"""The demo API as classes: what a user writes once for an API, and what the tests here call."""
# An endpoint has no body: pyright asks for `...` under its docstring, and mypy is told so here. Its
# types are looked up when it runs, so nothing is imported for type checkers alone.
# mypy: disable-error-code="empty-body"
# ruff: noqa: PIE790, TC003

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, TypedDict

import notebook_kit as nk

__all__ = ["Api", "Dataset", "Meeting", "MeetingDetails", "RunState", "Todo", "User"]

BY_CURSOR = nk.CursorPaging(total="total")
BY_OFFSET = nk.OffsetPaging(total="total")
BY_NUMBER = nk.PageNumberPaging(pages="pages", total="total")
BY_LINK = nk.LinkPaging(total="header:x-total-count")


@dataclass
class Dataset:
    """Pictures that belong together."""

    id: str
    name: str
    country: str
    asset_count: int


class Asset(TypedDict):
    """One picture."""

    id: str
    iata: str
    url: str


class RunState(Enum):
    """How a run stands."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RUNNING = "running"


@dataclass
class TrainingRun:
    """A run made on a dataset."""

    id: str
    dataset_id: str
    status: RunState


@dataclass
class User:
    """A person."""

    id: int
    name: str
    email: str


@dataclass
class Meeting:
    """A meeting that comes again."""

    id: int
    name: str
    attendee_ids: list[int]


@dataclass
class Todo:
    """Something to do."""

    id: int
    title: str
    meeting_id: int | None
    due_date: dt.date | None
    done: bool


@dataclass
class MeetingDetails:
    """A meeting with everything that belongs to it."""

    meeting: Meeting
    attendees: list[User]
    issues: list[dict[str, object]]
    todos: list[Todo]
    metrics: list[dict[str, object]]


class Datasets(nk.Resource):
    """Datasets of the organisation."""

    @nk.endpoint("GET /datasets/{dataset_id}")
    def get(self, dataset_id: str) -> Dataset:
        """Return one dataset."""
        ...

    @nk.endpoint("GET /datasets", paging=BY_CURSOR)
    def list(self, limit: int | None = None, cursor: str | None = None) -> nk.Page[Dataset]:
        """Return the datasets, page by page."""
        ...


class Assets(nk.Resource):
    """Pictures of a dataset."""

    @nk.endpoint("GET /datasets/{dataset_id}/assets/{asset_id}")
    def get(self, dataset_id: str, asset_id: str) -> Asset:
        """Return one picture's description."""
        ...

    @nk.endpoint("GET /datasets/{dataset_id}/assets", paging=BY_OFFSET)
    def list(self, dataset_id: str, limit: int = 25, offset: int = 0) -> nk.Page[Asset]:
        """Return the pictures of a dataset."""
        ...


class Annotations(nk.Resource):
    """What is seen in the pictures."""

    @nk.endpoint("GET /datasets/{dataset_id}/annotations", paging=BY_LINK)
    def list(
        self, dataset_id: str, *, asset_id: str | None = None, limit: int = 50
    ) -> nk.Page[dict[str, object]]:
        """Return the annotations of a dataset, or of one of its pictures."""
        ...


class Runs(nk.Resource):
    """Runs made on datasets."""

    @nk.endpoint("GET /runs", paging=BY_NUMBER)
    def list(
        self, status: RunState | None = None, per_page: int = 10, page: int = 1
    ) -> nk.Page[TrainingRun]:
        """Return the runs."""
        ...


class Users(nk.Resource):
    """People."""

    @nk.endpoint("GET /users/me")
    def me(self) -> User:
        """Return who asks."""
        ...

    @nk.endpoint("GET /users/{user_id}")
    def one(self, user_id: int) -> User:
        """Return one person."""
        ...

    def details(self, user_id: int | None = None) -> nk.EndpointCall[User]:
        """Return a person, or who asks."""
        return self.me() if user_id is None else self.one(user_id)

    @nk.endpoint("GET /users/search", paging=BY_OFFSET)
    def search(self, q: str, limit: int = 50) -> nk.Page[User]:
        """Return people whose name or address holds a text."""
        ...

    @nk.endpoint("GET /users", paging=BY_OFFSET)
    def all(self, limit: int = 50) -> nk.Page[User]:
        """Return everybody."""
        ...


class Meetings(nk.Resource):
    """Meetings."""

    @nk.endpoint("GET /meetings/{meeting_id}")
    def get(self, meeting_id: int) -> Meeting:
        """Return one meeting, bare."""
        ...

    @nk.endpoint("GET /meetings/{meeting_id}/attendees", paging=BY_OFFSET)
    def attendees(self, meeting_id: int) -> nk.Page[User]:
        """Return who comes."""
        ...

    @nk.endpoint("GET /meetings/{meeting_id}/issues", paging=BY_OFFSET)
    def issues(self, meeting_id: int) -> nk.Page[dict[str, object]]:
        """Return what is open."""
        ...

    @nk.endpoint("GET /meetings/{meeting_id}/todos", paging=BY_OFFSET)
    def todos(self, meeting_id: int) -> nk.Page[Todo]:
        """Return what is to be done."""
        ...

    @nk.endpoint("GET /meetings/{meeting_id}/metrics", paging=BY_OFFSET)
    def metrics(self, meeting_id: int) -> nk.Page[dict[str, object]]:
        """Return what is measured."""
        ...

    @nk.composed
    async def details(self, meeting_id: int) -> MeetingDetails:
        """Return a meeting with everything that belongs to it; its five parts are asked at once."""
        meeting, attendees, issues, todos, metrics = await asyncio.gather(
            self.get(meeting_id),
            self.attendees(meeting_id),
            self.issues(meeting_id),
            self.todos(meeting_id),
            self.metrics(meeting_id),
        )
        return MeetingDetails(meeting, attendees.items, issues.items, todos.items, metrics.items)

    @nk.endpoint("GET /meetings", paging=BY_OFFSET)
    def list(self, limit: int = 5) -> nk.Page[Meeting]:
        """Return the meetings."""
        ...


class Todos(nk.Resource):
    """Things to do."""

    @nk.endpoint("POST /todos")
    def create(
        self, title: str, meeting_id: int | None = None, due_date: dt.date | None = None
    ) -> Todo:
        """Create something to do."""
        ...

    @nk.endpoint("GET /todos/{todo_id}")
    def details(self, todo_id: int) -> Todo:
        """Return one thing to do."""
        ...

    @nk.endpoint("GET /todos", paging=BY_OFFSET)
    def list(self, limit: int = 20) -> nk.Page[Todo]:
        """Return everything there is to do."""
        ...


class Images(nk.Resource):
    """Pictures made from words."""

    @nk.endpoint("GET /image/{prompt}")
    def generate(self, prompt: str, width: int = 16, height: int = 16) -> bytes:
        """Return a picture, as the bytes of a PNG."""
        ...


class Api(nk.Client):
    """The demo API."""

    datasets: Datasets
    assets: Assets
    annotations: Annotations
    runs: Runs
    user: Users
    meeting: Meetings
    todo: Todos
    image: Images

    @nk.endpoint("GET /airports/{iata}")
    def airport(self, iata: str) -> dict[str, object]:
        """Return one airport."""
        ...

    @nk.endpoint("GET /echo")
    def echo(
        self,
        word: str | None = None,
        trace: Annotated[str | None, nk.Header("x-trace")] = None,
    ) -> dict[str, object]:
        """Return what was sent."""
        ...
