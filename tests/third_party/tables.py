"""The database that datasette serves: made here, the same each time."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import airportsdata

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["AIRPORTS", "FLIGHTS", "make_database"]

AIRPORTS = 5_000
FLIGHTS = 20_000


def make_database(path: Path) -> None:
    """Write airports, with names in many scripts and missing values, and flights between them."""
    chance = random.Random(7)
    known = sorted(airportsdata.load("IATA").values(), key=lambda airport: airport["iata"])
    airports = [
        (it["iata"], it["name"], it["city"] or None, it["country"], it["lat"], it["elevation"])
        for it in known[:AIRPORTS]
    ]
    codes = [airport[0] for airport in airports]
    flights = [
        (number, *chance.sample(codes, 2), chance.randrange(30, 900), chance.choice([None, "late"]))
        for number in range(FLIGHTS)
    ]
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE airports (iata TEXT PRIMARY KEY, name TEXT, city TEXT, country TEXT, "
            "lat REAL, elevation REAL)"
        )
        db.execute(
            "CREATE TABLE flights (id INTEGER PRIMARY KEY, origin TEXT REFERENCES airports, "
            "destination TEXT REFERENCES airports, minutes INTEGER, note TEXT)"
        )
        db.executemany("INSERT INTO airports VALUES (?, ?, ?, ?, ?, ?)", airports)
        db.executemany("INSERT INTO flights VALUES (?, ?, ?, ?, ?)", flights)
