"""The airports of the world, kept ready to be sent."""

from __future__ import annotations

import functools
import json
import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import airportsdata

from notebook_kit.demo.countries import country_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Airport", "Airports", "load_airports"]

#: One airport as plain data.
Airport: TypeAlias = dict[str, Any]

_EARTH_RADIUS_KM: Final = 6371.0088
_KM_PER_DEGREE: Final = math.pi * _EARTH_RADIUS_KM / 180


class Airports:
    """All airports with an IATA code, in the order of their codes."""

    def __init__(self, records: Iterable[Airport]) -> None:
        named = ({**record, "country_name": country_name(record["country"])} for record in records)
        self.all: Sequence[Airport] = sorted(named, key=lambda airport: str(airport["iata"]))
        self.by_iata = {str(airport["iata"]): airport for airport in self.all}
        self.by_country: dict[str, list[Airport]] = defaultdict(list)
        for airport in self.all:
            self.by_country[airport["country"]].append(airport)
        write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        #: The JSON of each airport, by its code.
        self.bodies = {code: write(airport).encode() for code, airport in self.by_iata.items()}
        self._by_icao = {airport["icao"]: code for code, airport in self.by_iata.items()}
        self._northwards = sorted(self.all, key=lambda airport: float(airport["lat"]))
        self._latitudes = [airport["lat"] for airport in self._northwards]

    def nearby(self, centre: Airport, radius_km: float) -> list[tuple[float, Airport]]:
        """Return the other airports within the great-circle distance, nearest first."""
        span = radius_km / _KM_PER_DEGREE
        first = bisect_left(self._latitudes, centre["lat"] - span)
        last = bisect_right(self._latitudes, centre["lat"] + span)
        measured = (
            (distance_km(centre, airport), airport)
            for airport in self._northwards[first:last]
            if airport is not centre
        )
        near = [(distance, airport) for distance, airport in measured if distance <= radius_km]
        return sorted(near, key=lambda pair: (pair[0], pair[1]["iata"]))

    def advice(self, code: str) -> str:
        """Return what to ask for instead of a code that no airport has."""
        if iata := self._by_icao.get(code.upper()):
            return f"{code} is an ICAO code; its IATA code is {iata}."
        near = [known for known in self.by_iata if known[:2] == code.upper()[:2]][:5]
        if near:
            return f"IATA codes are three letters; near this one are {', '.join(near)}."
        return "IATA codes are three letters, such as LHR."

    @functools.cached_property
    def country_of_city(self) -> dict[str, str]:
        """The country of each city, in lower case; of several, the one with most airports."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for airport in self.all:
            if airport["city"]:
                found[airport["city"].lower()][airport["country"]] += 1
        return {city: countries.most_common(1)[0][0] for city, countries in found.items()}


def distance_km(one: Airport, other: Airport) -> float:
    """Return the great-circle distance of two airports in kilometres (haversine).

    >>> north, south = {"lat": 90.0, "lon": 0.0}, {"lat": -90.0, "lon": 0.0}
    >>> round(distance_km(north, south))
    20015
    """
    phi, other_phi = math.radians(one["lat"]), math.radians(other["lat"])
    turn = math.radians(other["lon"] - one["lon"])
    part = (
        math.sin((other_phi - phi) / 2) ** 2
        + math.cos(phi) * math.cos(other_phi) * math.sin(turn / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, part)))


@functools.cache
def load_airports() -> Airports:
    """Read the airports once for the whole process."""
    return Airports(dict(record) for record in airportsdata.load("IATA").values())
