from __future__ import annotations

import json

import pytest

from notebook_kit.demo.countries import country_name
from notebook_kit.demo.data import distance_km, load_airports


def test_the_airports_are_the_real_ones() -> None:
    """All with an IATA code, with the fields of the published table and the country's name."""
    airports = load_airports()
    assert len(airports.all) > 7000
    oslo = airports.by_iata["OSL"]
    assert (oslo["icao"], oslo["city"], oslo["country_name"]) == ("ENGM", "Oslo", "Norway")
    assert json.loads(airports.bodies["OSL"]) == oslo


def test_every_country_of_the_table_has_a_name() -> None:
    """A code shown in place of a name would be a gap in the list."""
    codes = load_airports().by_country
    assert [code for code in codes if country_name(code) == code] == []


def test_distances_are_great_circles() -> None:
    """London to New York is 5,540 km by the published tables, within a third of a percent."""
    airports = load_airports().by_iata
    assert distance_km(airports["LHR"], airports["JFK"]) == pytest.approx(5540, rel=0.0033)
    assert distance_km(airports["LHR"], airports["LHR"]) == 0


@pytest.mark.parametrize(("code", "radius_km"), [("LHR", 60), ("NAN", 900), ("LYR", 1500)])
def test_nearby_finds_what_a_search_of_all_finds(code: str, radius_km: float) -> None:
    """The search by latitude loses nothing, not across the date line nor near the pole."""
    airports = load_airports()
    centre = airports.by_iata[code]
    expected = {
        airport["iata"]
        for airport in airports.all
        if airport is not centre and distance_km(centre, airport) <= radius_km
    }
    found = airports.nearby(centre, radius_km)
    assert {airport["iata"] for _, airport in found} == expected
    assert [distance for distance, _ in found] == sorted(distance for distance, _ in found)
    assert expected
