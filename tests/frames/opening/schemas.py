"""Schemas for tests: a dataclass with a field of each kind, and the same things in other ways."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - a schema is read when it runs
import enum
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
import pydantic

from notebook_kit.frames import columns


class State(enum.Enum):
    """An enumeration."""

    OPEN = "open"
    SHUT = "shut"


class Owner(TypedDict):
    """A typed dictionary inside of a class."""

    name: str
    since: NotRequired[int]


@dataclass
class Runway:
    """A member of a list."""

    id: str
    length_ft: int | None = None


@dataclass
class Airport:
    """A field of each kind."""

    id: int
    elevation_ft: float
    city: str | None
    big: bool
    made: dt.datetime
    local: Annotated[dt.datetime, msgspec.Meta(tz=False)]
    day: dt.date
    delay: dt.timedelta
    state: State
    size: Literal["small", "large"] | None
    any: Any
    owner: Owner | None = None
    runways: list[Runway] = field(default_factory=list)


#: What an API says that fits.
PLAIN = {
    "id": 1, "elevation_ft": 1416, "city": "Zurich", "big": True,
    "made": "2026-01-31T12:00:00+02:00", "local": "2026-01-31T12:00:00", "day": "2026-01-31",
    "delay": "PT90S", "state": "open", "size": "large", "any": [1],
    "owner": {"name": "FZAG"}, "runways": [{"id": "10", "length_ft": 8202}, {"id": "14"}],
}  # fmt: skip
TEXT = str(columns.TEXT)
DTYPES = {
    "id": "Int64", "elevation_ft": "float64", "city": TEXT, "big": "boolean",
    "made": "datetime64[us, UTC]", "local": "datetime64[us]", "day": "datetime64[us]",
    "delay": "timedelta64[us]", "state": "category", "size": "category", "any": "object",
    "owner.name": TEXT, "owner.since": "Int64", "runways": "object", "schema_error": TEXT,
}  # fmt: skip


class Seat(pydantic.BaseModel):
    """A model inside of one."""

    canton: str


class Model(pydantic.BaseModel):
    """A model of pydantic with an alias and checks of its own."""

    id: int = pydantic.Field(alias="ID", gt=0)
    made: pydantic.AwareDatetime
    seat: Seat | None = None
    tags: list[str] = []


class Struct(msgspec.Struct):
    """A struct with a field that may be left out."""

    id: int
    note: str | msgspec.UnsetType = msgspec.UNSET


@dataclass
class Tree:
    """A class inside itself."""

    name: str
    left: Tree | None = None
