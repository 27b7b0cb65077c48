from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    from notebook_kit.demo import DemoServer


def test_the_index_lists_every_route_with_what_it_does(api: httpx.Client) -> None:
    """A newcomer finds the way from the address alone."""
    routes = api.get("/").json()["routes"]
    paths = {route["path"] for route in routes}
    assert {"/airports/{iata}", "/v1/chat/completions", "/_demo/switches"} <= paths
    assert [route["path"] for route in routes if not route["about"]] == []


def test_switches_are_set_over_http(api: httpx.Client, server: DemoServer) -> None:
    """The answer holds all of them, and the object in Python has changed too."""
    answer = api.post("/_demo/switches", json={"latency_s": "20 ms", "rate_limit": "200/s"})
    assert answer.json()["rate_limit"] == "200/s"
    assert server.switches.latency_s == 0.02
    assert api.get("/_demo/switches").json() == server.switches.as_dict()


@pytest.mark.parametrize("settings", [{"flaky": 1}, {"flaky_rate": 2}, {"outage": []}])
def test_a_switch_that_cannot_be_set_is_refused(
    api: httpx.Client, server: DemoServer, settings: dict[str, object]
) -> None:
    """Status 400 with the reason, and nothing has changed."""
    before = server.switches.as_dict()
    answer = api.post("/_demo/switches", json={"latency_s": 9, **settings})
    assert answer.status_code == 400
    assert next(iter(settings)) in answer.json()["error"]["message"]
    assert server.switches.as_dict() == before


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"latency_s": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(api: httpx.Client, body: bytes) -> None:
    """Status 400, also for what is JSON to Python alone or too deep to read."""
    answer = api.post("/_demo/switches", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json")


def test_counts_are_read_over_http(api: httpx.Client, server: DemoServer) -> None:
    """The same as from Python; arrivals only where they are asked for."""
    api.get("/airports/OSL")
    api.get("/airports/none")
    seen = api.get("/_demo/stats").json()
    assert seen["by_route"] == {"GET /airports/{iata}": 2}
    assert seen["by_status"] == {"200": 1, "404": 1}
    assert seen["arrivals"] == []
    last = api.get("/_demo/stats?arrivals=1").json()["arrivals"]
    assert last == [server.stats().arrivals[-1]]


def test_a_reset_is_asked_for_over_http(api: httpx.Client, server: DemoServer) -> None:
    """Counts and switches are as at the start."""
    api.get("/airports/OSL")
    server.switches.flaky_rate = 0.5
    assert api.post("/_demo/reset").json() == {"reset": True}
    assert (server.stats().requests, server.switches.flaky_rate) == (0, 0.0)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "no_route"),
        ("DELETE", "/airports/OSL", 405, "method_not_allowed"),
        ("PURGE", "/airports/OSL", 405, "method_not_allowed"),
    ],
)
def test_what_no_route_takes_is_told_as_json(
    api: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    """In the shape of every other error."""
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_methods_that_do_not_exist_do_not_fill_the_counts(
    api: httpx.Client, server: DemoServer
) -> None:
    """They count as one, so that a stray client cannot make the table grow."""
    for method in ("LINK", "UNLINK", "PURGE"):
        api.request(method, "/echo")
    assert server.stats().by_route == {"OTHER /echo": 3}


def test_a_fault_of_the_demo_itself_is_a_500_that_names_only_its_kind(
    api: httpx.Client, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback goes to the client, and the next request is served."""

    def break_down() -> list[object]:
        message = "secret detail"
        raise LookupError(message)

    monkeypatch.setattr(server._world.todos, "all", break_down)
    answer = api.get("/todos")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "bug")
    assert "LookupError" in answer.text
    assert "secret detail" not in answer.text
    assert api.get("/airports/OSL").status_code == 200
