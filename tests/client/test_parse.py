from __future__ import annotations

from typing import Any

import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer

SECRET = "sk-0123456789abcdef"
JSON = [("Content-Type", "application/json")]


def _row(parse: Any, body: str, *, status: int = 200, **options: Any) -> Any:
    with FaultServer() as server, nk.Client(server.url, retry=0, **options) as api:
        server.when("/a", answer(body, status=status))
        return api.map("/{it}", ["a"], parse=parse, progress=False).iloc[0]


@pytest.mark.parametrize("cache", [None, "5 min"])
@pytest.mark.parametrize("status", [200, 201])
def test_a_function_that_fails_leaves_the_status(status: int, cache: str | None) -> None:
    """The row has the status of its answer, and the error is the function's own."""

    def name(response: nk.Response) -> Any:
        return response.json()["name"]

    row = _row(name, '{"n": 1}', status=status, cache=cache)
    assert (row["status"], row["error_type"], row["error"]) == ("failed", "KeyError", "'name'")
    assert row["status_code"] == status


def test_a_function_may_say_another_status() -> None:
    """An error that has a status of its own keeps it."""

    def refuse(response: nk.Response) -> Any:
        message = "quota"
        raise nk.APIError(message, status_code=429, response=response)

    assert _row(refuse, "{}")["status_code"] == 429


def test_an_error_that_can_carry_nothing_is_the_row_s_all_the_same() -> None:
    """A class that refuses attributes loses the status, and nothing else."""

    class Closed(Exception):
        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    def fail(response: nk.Response) -> Any:
        raise Closed

    assert _row(fail, "{}")["error_type"] == "Closed"


@pytest.mark.parametrize("parse", ["json", lambda response: response.json()])
def test_bad_json_is_the_row_s_error_with_a_piece_of_it(parse: Any) -> None:
    """The beginning of what came is told, without secrets, and not all of it."""
    key = nk.Secret(SECRET)
    row = _row(parse, f"<p>no key {key.reveal()}</p>" + "x" * 10_000)
    assert (row["status"], row["error_type"], row["status_code"]) == ("failed", "DecodeError", 200)
    assert "<p>no key ****</p>" in row["error"]
    assert SECRET not in row["error"]
    assert len(row["error"]) < 400


def test_bad_json_is_no_error_of_the_other_rows() -> None:
    """One answer that cannot be read is one failed row."""
    with FaultServer() as server, nk.Client(server.url, retry=0) as api:
        server.when("/a", answer("{", headers=JSON))
        server.when("/b", answer('{"n": 1}', headers=JSON))
        frame = api.map("/{it}", ["b", "a", "b"], progress=False)
    assert frame["status"].tolist() == ["ok", "failed", "ok"]
    assert frame["result"].tolist() == [{"n": 1}, None, {"n": 1}]
