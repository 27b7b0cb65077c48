from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer

CODES = [
    "OSL", "LHR", "CDG", "JFK", "HND", "SYD", "GRU", "JNB", "SIN", "DXB",
    "FRA", "AMS", "MAD", "FCO", "ARN", "CPH", "HEL", "VIE", "ZRH", "LIS",
]  # fmt: skip


def _outcome(api: httpx.Client, path: str) -> str:
    try:
        return str(api.get(path).status_code)
    except httpx.RemoteProtocolError:
        return "dropped"


@pytest.mark.parametrize("code", ["OSL", "osl"])
def test_one_airport_is_found_by_its_code(api: httpx.Client, code: str) -> None:
    """In capitals or not."""
    answer = api.get(f"/airports/{code}")
    assert answer.headers["content-type"] == "application/json"
    assert (answer.json()["iata"], answer.json()["name"]) == ("OSL", "Oslo Gardermoen Airport")


@pytest.mark.parametrize(
    ("code", "advice"),
    [("QQQQ", "such as LHR"), ("EGLL", "IATA code is LHR"), ("XXQ", "near this one")],
)
@pytest.mark.parametrize(
    "template",
    [
        "/airports/{}",
        "/airports/{}/nearby",
        "/flaky/airports/{}",
        "/limited/airports/{}",
    ],
)
def test_an_unknown_code_is_404_with_advice(
    api: httpx.Client, template: str, code: str, advice: str
) -> None:
    """The message says what was asked for and what to ask for instead."""
    answer = api.get(template.format(code))
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "unknown_airport"
    assert repr(code) in error["message"]
    assert advice in error["message"]


def test_airports_are_listed_by_country(api: httpx.Client) -> None:
    """In the order of their codes; an unknown country has none."""
    found = api.get("/airports?country=no&limit=1000").json()
    assert {airport["country"] for airport in found["items"]} == {"NO"}
    codes = [airport["iata"] for airport in found["items"]]
    assert "OSL" in codes
    assert codes == sorted(codes)
    assert api.get("/airports?country=ZZ").json()["total"] == 0
    assert api.get("/airports").json()["total"] > 7000


def test_airports_of_a_broken_country_cannot_be_had(api: httpx.Client, server: DemoServer) -> None:
    """The gateway says whose source is out of order, and serves the other countries."""
    server.switches.broken_countries = "NO"
    answer = api.get("/airports/OSL")
    assert answer.status_code == 502
    assert "airports of Norway" in answer.json()["error"]["message"]
    assert api.get("/airports/ZRH").status_code == 200
    assert api.get("/airports/QQQQ").status_code == 404


def test_airports_of_a_slow_country_come_late(api: httpx.Client, server: DemoServer) -> None:
    """At least as late as the switch says; other countries have nothing of it."""
    server.switches.update({"slow_countries": ["NO"], "slow_countries_s": 60})
    assert api.get("/airports/ZRH").status_code == 200
    server.switches.slow_countries_s = 0.3
    assert api.get("/airports/OSL").elapsed.total_seconds() >= 0.3


def test_nearby_airports_come_with_their_distance(api: httpx.Client) -> None:
    """Nearest first, none beyond the radius, as many as asked for."""
    found = api.get("/airports/LHR/nearby?radius_km=70&limit=3").json()
    distances = [airport["distance_km"] for airport in found["items"]]
    assert distances == sorted(distances)
    assert distances[-1] <= 70
    assert len(distances) == 3 < found["total"]
    assert api.get("/airports/LHR/nearby?radius_km=far").status_code == 400
    assert api.get("/airports/LHR/nearby?radius_km=nan").status_code == 400


def test_flaky_first_tries_fail_and_the_next_heals(api: httpx.Client, server: DemoServer) -> None:
    """Some are answered 503, some lose their connection, all come right on the second try."""
    server.switches.flaky_first_tries = 0.7
    server.switches.flaky_drop_share = 0.5
    first = [_outcome(api, f"/flaky/airports/{code}") for code in CODES]
    assert {"200", "503", "dropped"} == set(first)
    failed = [code for code, outcome in zip(CODES, first, strict=True) if outcome != "200"]
    assert [_outcome(api, f"/flaky/airports/{code}") for code in failed] == ["200"] * len(failed)


def test_flakiness_repeats_after_a_reset_whatever_the_order(
    api: httpx.Client, server: DemoServer
) -> None:
    """What fails depends on seed, code and how often it was asked, not on the neighbours."""
    first = {code: _outcome(api, f"/flaky/airports/{code}") for code in CODES}
    server.reset()
    again = {code: _outcome(api, f"/flaky/airports/{code}") for code in reversed(CODES)}
    assert again == first


def test_a_healthy_answer_tells_how_often_it_was_asked(
    api: httpx.Client, server: DemoServer
) -> None:
    """So that a notebook can show which rows needed a second try."""
    server.switches.flaky_first_tries = 1
    server.switches.flaky_drop_share = 0
    assert api.get("/flaky/airports/OSL").status_code == 503
    assert api.get("/flaky/airports/osl").headers["x-demo-asked"] == "2"


def test_the_limited_route_has_a_limit_of_its_own(api: httpx.Client, server: DemoServer) -> None:
    """It counts down, refuses with the wait in seconds, and leaves other routes alone."""
    assert api.get("/limited/airports/OSL").headers["x-ratelimit-limit"] == "400"
    server.switches.limited_rate = "1/min"
    assert api.get("/limited/airports/OSL").headers["x-ratelimit-remaining"] == "0"
    refused = api.get("/limited/airports/OSL")
    assert refused.status_code == 429
    assert 55 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert api.get("/airports/OSL").status_code == 200
    server.switches.limited_rate = None
    assert "x-ratelimit-limit" not in api.get("/limited/airports/OSL").headers


def test_retry_after_can_be_a_date(api: httpx.Client, server: DemoServer) -> None:
    """The other form that the header may take, a minute ahead of the date of the answer."""
    server.switches.limited_rate = "1/min"
    api.get("/limited/airports/OSL")
    refused = api.get("/limited/airports/OSL?retry_after=date")
    ahead = parsedate_to_datetime(refused.headers["retry-after"]) - parsedate_to_datetime(
        refused.headers["date"]
    )
    assert 55 <= ahead.total_seconds() <= 63


def test_an_airport_may_be_kept_and_asked_about(api: httpx.Client, server: DemoServer) -> None:
    """It holds for a minute; who has its tag is answered 304 without a body, and counted."""
    whole = api.get("/airports/OSL")
    assert whole.headers["cache-control"] == "max-age=60"
    tag = whole.headers["etag"]
    assert tag != api.get("/airports/ZRH").headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = api.get("/airports/osl", headers={"if-none-match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
    changed = api.get("/airports/OSL", headers={"if-none-match": '"other"'})
    assert (changed.status_code, changed.json()) == (200, whole.json())
    assert api.get("/airports/QQQ", headers={"if-none-match": "*"}).status_code == 404
    stats = server.stats()
    assert stats.by_route["GET /airports/{iata}"] == stats.requests == 8
    assert stats.by_status == {200: 3, 304: 4, 404: 1}


def test_an_airport_in_trouble_is_in_trouble_for_who_has_it_too(
    api: httpx.Client, server: DemoServer
) -> None:
    """A tag gets past no outage."""
    tag = api.get("/airports/OSL").headers["etag"]
    server.switches.broken_countries = ("NO",)
    assert api.get("/airports/OSL", headers={"if-none-match": tag}).status_code == 502
