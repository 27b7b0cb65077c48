"""Idempotency keys: one for all attempts at a request, and what may be repeated because of them."""

from __future__ import annotations

import itertools
import threading
import uuid
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.client.idempotency import RowKeys, row_keys
from notebook_kit.testing import answer, reset_before_headers
from tests.client.origins import Origin, comes_true, fine

if TYPE_CHECKING:
    from notebook_kit.demo import DemoServer
    from notebook_kit.testing import Behaviour, ReceivedRequest

RETRY = nk.Retry(max_attempts=3, base_delay=0)


def _unlucky(times: int = 1) -> Origin:
    """Break the connection for the first tries of each path, after they were read."""
    tries: dict[str, int] = {}

    def rule(_number: int, request: ReceivedRequest) -> Behaviour | None:
        tries[request.path] = tries.get(request.path, 0) + 1
        return reset_before_headers() if tries[request.path] <= times else None

    return Origin(rule)


def _keys(origin: Origin) -> list[str | None]:
    said = [request.header("idempotency-key") for request in origin.requests]
    return [None if key is None else key.decode() for key in said]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_without_a_word_no_post_is_sent_twice(method: str) -> None:
    """A POST whose connection broke after it was sent fails, and carries no key."""
    with _unlucky() as origin, nk.Client(origin.url, retry=RETRY) as api:
        frame = api.map("/{n}", [1, 2], method=method, json={}, progress=False)
        with pytest.raises(nk.ConnectionLost):
            api.request(method, "/single", json={})
    assert frame["error_type"].tolist() == ["ConnectionLost"] * 2
    assert sorted(request.path for request in origin.requests) == ["/1", "/2", "/single"]
    assert _keys(origin) == [None] * 3


def test_with_a_key_it_is_sent_again() -> None:
    """With a key a POST is tried again; every attempt carries the same, every row its own."""
    with _unlucky(times=2) as origin, nk.Client(origin.url, retry=RETRY) as api:
        frame = api.map(
            "/{n}", range(5), method="POST", json={}, idempotency_key=True, progress=False
        )
        api.post("/single", idempotency_key=True)
    assert frame["status"].eq("ok").all()
    assert frame["attempts"].tolist() == [3] * 5
    seen: dict[str, set[str | None]] = {}
    for request, key in zip(origin.requests, _keys(origin), strict=True):
        seen.setdefault(request.path, set()).add(key)
    assert all(len(keys) == 1 for keys in seen.values())
    keys = [key for (key,) in seen.values()]
    assert len(set(keys)) == 6
    assert all(uuid.UUID(key) for key in keys)


def test_retry_failed_sends_the_same_keys() -> None:
    """Rows that are sent anew by `retry_failed` have the keys that they had, at any depth."""
    with _unlucky(times=3) as origin:
        client = nk.Client(origin.url, retry=0)
        options: dict[str, Any] = {"method": "POST", "idempotency_key": True, "progress": False}
        run = client.map("/{n}", ["a", "b", "c"], **options)
        for _ in range(3):
            assert run.result()["status"].ne("ok").all()
            run = run.retry_failed()
        assert run.result()["status"].eq("ok").all()
        client.close()
    by_path = {
        path: {
            key
            for request, key in zip(origin.requests, _keys(origin), strict=True)
            if request.path == path
        }
        for path in ("/a", "/b", "/c")
    }
    assert all(len(keys) == 1 for keys in by_path.values())
    assert len(set.union(*by_path.values())) == 3


def test_retry_failed_of_some_rows_keeps_their_keys() -> None:
    """Keys go by the position in the first input, not by that among the failed."""

    def rule(number: int, request: ReceivedRequest) -> Behaviour | None:
        return answer(status=400) if number <= 4 and request.path in ("/1", "/3") else None

    with Origin(rule) as origin:
        client = nk.Client(origin.url)
        run = client.map(
            "/{n}", range(4), method="POST", idempotency_key=True, max_concurrency=1, progress=False
        )
        run.result()
        run.retry_failed().result()
        client.close()
    assert [request.path for request in origin.requests] == ["/0", "/1", "/2", "/3", "/1", "/3"]
    keys = _keys(origin)
    assert keys[4:] == [keys[1], keys[3]]


@pytest.mark.parametrize(
    "option", [nk.col("order"), lambda row: f"{row.order}", lambda row: row["order"]]
)
def test_a_column_or_a_function_gives_the_key(option: Any) -> None:
    """`nk.col` and a function of the row give each row the key that the user wants."""
    table = pd.DataFrame({"order": ["o-1", "o-2"]})
    with Origin() as origin, nk.Client(origin.url) as api:
        api.map("/x", table, method="POST", idempotency_key=option, progress=False)
    assert sorted(map(str, _keys(origin))) == ["o-1", "o-2"]


def test_a_function_that_gives_another_key_each_time_is_asked_once() -> None:
    """What a function gave for a row holds for all attempts at it, and for `retry_failed`."""
    numbers = itertools.count()
    with _unlucky(times=2) as origin:
        client = nk.Client(origin.url, retry=1)
        run = client.map(
            "/{n}",
            ["a"],
            method="POST",
            idempotency_key=lambda _row: f"key-{next(numbers)}",
            retry=nk.Retry(max_attempts=2, base_delay=0),
            progress=False,
        )
        assert run.result()["status"].tolist() == ["failed"]
        assert run.retry_failed().result()["status"].tolist() == ["ok"]
        client.close()
    assert _keys(origin) == ["key-0"] * 3


def test_a_header_of_the_users_own_wins() -> None:
    """A key that stands in the headers already is not replaced; the POST is safe all the same."""
    with _unlucky() as origin, nk.Client(origin.url, retry=RETRY) as api:
        api.map(
            "/{n}",
            ["a"],
            method="POST",
            headers=lambda row: {"Idempotency-Key": row},
            idempotency_key=True,
            progress=False,
        )
        api.post("/b", headers={"idempotency-key": "mine"}, idempotency_key="yours")
    assert _keys(origin) == ["a", "a", "mine", "mine"]


def test_a_single_call_with_a_key_as_text() -> None:
    """The key of a single call is sent as it is, each time that the call is awaited."""
    with Origin() as origin:
        client = nk.Client(origin.url)
        call = client.post("/x", idempotency_key="order-7")
        random = client.post("/x", idempotency_key=True)
        for each in (call, call, random, random):
            each.result()
        client.close()
    keys = _keys(origin)
    assert keys[:2] == ["order-7"] * 2
    assert len(set(keys)) == 3


def _raises(_row: Any) -> str:
    message = "no such order"
    raise ConnectionError(message)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda _row: None, "gave None, which must be text"),
        (lambda _row: 7, "gave 7, which must be text"),
        (lambda _row: "", "gave ''"),
        (lambda _row: " ", "gave ' '"),
        (lambda _row: "a\nb", r"gave 'a\\nb'"),
        (lambda _row: "schlüssel", "gave 'schlüssel'"),
        (lambda _row: nk.Secret("sk-0123456789abcdef"), "gave Secret"),
        (_raises, "raised ConnectionError for this row: no such order"),
        (lambda row: row.nothing, "raised AttributeError"),
    ],
)
def test_a_function_that_gives_nonsense_is_that_rows_error(function: Any, said: str) -> None:
    """A key that cannot be sent fails its row before anything is sent, once, and no other row."""
    with Origin() as origin, nk.Client(origin.url, retry=RETRY) as api:
        frame = api.map(
            "/{n}",
            ["bad", "good"],
            method="POST",
            idempotency_key=lambda row: function(row) if row == "bad" else "fine",
            progress=False,
        )
    assert frame["status"].tolist() == ["failed", "ok"]
    assert frame["error_type"].tolist()[0] == "ConfigurationError"
    assert frame["error"].str.contains(said).tolist()[0]
    assert "0123456789" not in frame["error"].tolist()[0]
    assert frame["attempts"].tolist() == [0, 1]
    assert origin.count == 1


@pytest.mark.parametrize("value", ["one-for-all", 7, 1.5, ["a"]])
def test_a_map_wants_a_key_for_each_row(value: Any) -> None:
    """One key for all rows is refused before anything is sent."""
    client = nk.Client("http://host")
    with pytest.raises(nk.ConfigurationError, match="each row needs a key of its own"):
        client.map("/{n}", [1], method="POST", idempotency_key=value)
    client.close()


@pytest.mark.parametrize("value", [7, nk.col("x"), "a\nb", ""])
def test_a_single_call_wants_text(value: Any) -> None:
    """What is no text, or cannot be a header, is refused when the call is made."""
    client = nk.Client("http://host")
    with pytest.raises(nk.ConfigurationError, match="idempotency_key"):
        client.post("/x", idempotency_key=value)
    client.close()


def test_a_missing_column_is_named() -> None:
    """A column of keys that the table does not have is refused before anything is sent."""
    client = nk.Client("http://host")
    with pytest.raises(nk.ConfigurationError, match="idempotency_key= needs the column 'order'"):
        client.map("/{n}", pd.DataFrame({"n": [1]}), method="POST", idempotency_key=nk.col("order"))
    client.close()


def test_off_is_off() -> None:
    """None and False ask for no key."""
    off: list[bool | None] = [None, False]
    assert [row_keys(value) for value in off] == [None, None]
    with Origin() as origin, nk.Client(origin.url) as api:
        api.map("/{n}", [1], method="POST", idempotency_key=False, progress=False)
        api.post("/x", idempotency_key=None)
    assert _keys(origin) == [None, None]


def test_hedging_wants_what_may_be_repeated() -> None:
    """`hedge=` is refused for a POST without a key, and sends both attempts with the same one."""
    first_is_slow = threading.Event()

    def rule(number: int, _: ReceivedRequest) -> Behaviour:
        if number == 1:
            first_is_slow.set()
        return fine(60.0 if number == 1 else 0.0)

    with Origin(rule) as origin:
        client = nk.Client(origin.url)
        with pytest.raises(nk.ConfigurationError, match="a POST may do its work twice"):
            client.map("/{n}", [1], method="POST", hedge=0.05)
        run = client.map(
            "/{n}", [1], method="POST", hedge=0.05, idempotency_key=True, progress=False
        )
        assert run.result(timeout=20)["status"].tolist() == ["ok"]
        assert comes_true(lambda: origin.count == 2)
        client.close()
    assert len(set(_keys(origin))) == 1


def test_the_demo_api_makes_each_thing_once(demo: DemoServer) -> None:
    """Creations whose answers were lost are repeated, and the server has made each once."""
    demo.switches.flaky_rate = 0.3
    demo.switches.flaky_drop_share = 1.0
    demo.switches.drop_after_processing = True
    headers = {"authorization": nk.Secret(demo.token).bearer()}
    with nk.Client(demo.url, headers=headers, retry=nk.Retry(max_attempts=9, base_delay=0)) as api:
        frame = api.map(
            "/todos",
            [f"thing {number}" for number in range(60)],
            method="POST",
            json=lambda text: {"title": text},
            idempotency_key=True,
            progress=False,
        )
    assert frame["status"].eq("ok").all()
    assert frame["attempts"].sum() > 60
    assert demo.stats().todos_created == 60


def test_answered_rows_are_forgotten() -> None:
    """A map of very many rows keeps the keys of those only that have no answer yet."""
    keys = RowKeys(lambda item: f"key-{item}")
    assert [keys.of(position, position) for position in range(3)] == ["key-0", "key-1", "key-2"]
    keys.answered(0)
    keys.answered(0)
    assert sorted(keys._given) == [1, 2]
