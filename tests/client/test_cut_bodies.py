"""An error says what its status says, however large its body is: that is cut, not refused."""

from __future__ import annotations

import gzip
import pickle
from typing import TYPE_CHECKING, Final

import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer
from notebook_kit.testing.behaviours import answer_chunked
from notebook_kit.testing.faults import bomb
from notebook_kit.testing.faults.fault import head
from notebook_kit.testing.steps import Behaviour, Send, Silence
from tests.client.test_body_bounds import WAYS, ZIPPED, client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PAGE: Final = b"<html>" + b"sorry " * 2000
QUICK: Final = nk.Retry(max_attempts=2, base_delay="1 ms")
#: How a body may come: with its length, without it, compressed.
FORMS: Final[dict[str, Callable[[int], Behaviour]]] = {
    "long": lambda status: answer(PAGE, status=status),
    "chunked": lambda status: answer_chunked([PAGE[:20], PAGE[20:]], status=status),
    "zipped": lambda status: answer(gzip.compress(PAGE), status=status, headers=ZIPPED),
}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """A server that answers as each test says."""
    with FaultServer() as it:
        yield it


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [404, 999])
def test_the_error_is_that_of_the_status(
    way: str, form: str, status: int, server: FaultServer
) -> None:
    """Of its body there is as much as there may be, and its message says that this is not all."""
    server.when("/x", FORMS[form](status))
    with client(way, server, max_body="1 kB", retry=0) as api:
        with pytest.raises(nk.APIError) as caught:
            api.get("/x")
        frame = api.map("/{x}", ["x"], progress=False)
    error = caught.value
    assert type(error) is (nk.NotFound if status == 404 else nk.ServerError)
    assert (error.status_code, error.attempts) == (status, 1)
    assert error.response is not None
    assert error.response.content == PAGE[:1000]
    assert "(its body was cut at 1 kB)" in str(error)
    assert frame["error_type"].tolist() == [type(error).__name__]
    assert frame["status_code"].tolist() == [status]
    assert "(its body was cut at 1 kB)" in frame["error"][0]


@pytest.mark.parametrize("way", WAYS)
def test_it_is_tried_again_and_fallen_back_on(way: str, server: FaultServer) -> None:
    """As any answer of that status."""
    server.when("/x", answer(PAGE, status=503))
    server.when("/y", answer(PAGE, status=503), answer("good"))
    with client(way, server, max_body="1 kB", retry=QUICK) as api:
        assert api.get("/y").text == "good"
        response = api.get("/x", fallback=nk.Fallback(value={"city": None}))
        assert (response.json(), response.source) == ({"city": None}, "fallback")
        assert isinstance(response.fallback_of, nk.ServerError)
        assert response.fallback_of.attempts == 2


@pytest.mark.parametrize("way", WAYS)
def test_its_headers_are_there(way: str, server: FaultServer) -> None:
    """Such as how long it asks to wait."""
    server.when("/x", answer(PAGE, status=429, headers=[("Retry-After", "7")]))
    with (
        client(way, server, max_body="1 kB", retry=0) as api,
        pytest.raises(nk.RateLimited) as caught,
    ):
        api.get("/x")
    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize("way", WAYS)
def test_the_rest_is_not_waited_for(way: str, server: FaultServer) -> None:
    """Whatever length is told; its connection is not used again."""
    lying = head(b"Content-Length: 1125899906842624", status=b"HTTP/1.1 404 Not Found")
    server.when("/x", Behaviour([Send(lying + PAGE), Silence()]))
    server.when("/y", answer("good"))
    with client(way, server, max_body="1 kB", retry=0) as api:
        with pytest.raises(nk.NotFound):
            api.get("/x")
        assert api.get("/y").text == "good"
    assert server.connections.opened == 2


@pytest.mark.parametrize("way", WAYS)
def test_what_just_fits_is_whole(way: str, server: FaultServer) -> None:
    """Nothing is said of a cut then."""
    for name, form in FORMS.items():
        server.when(f"/{name}", form(404))
    with client(way, server, max_body=len(PAGE)) as api:
        for name in FORMS:
            with pytest.raises(nk.NotFound) as caught:
                api.get(f"/{name}")
            assert caught.value.response is not None
            assert caught.value.response.content == PAGE
            assert "cut" not in str(caught.value)


@pytest.mark.parametrize("way", WAYS)
def test_of_a_bomb_little_is_kept(way: str, server: FaultServer) -> None:
    """It is cut where it has grown suspiciously, if that is before the bound."""
    server.when("/x", answer(bomb(40), status=500, headers=ZIPPED))
    with client(way, server, retry=0) as api:
        with pytest.raises(nk.ServerError) as caught:
            api.get("/x", max_body="30 MiB")
        assert caught.value.response is not None
        assert len(caught.value.response.content) <= 9 * 2**20


@pytest.mark.parametrize("form", FORMS)
def test_it_is_the_same_in_a_replay(form: str, server: FaultServer, tmp_path: Path) -> None:
    """By what was taken down of it."""
    server.when("/x", FORMS[form](404))
    said = []
    for tape in (nk.record, nk.replay):
        with tape(tmp_path / "tape.db"), nk.Client(server.url, max_body=1000) as api:
            with pytest.raises(nk.NotFound) as caught:
                api.get("/x")
            assert caught.value.response is not None
            said.append((caught.value.response.content, "cut at 1 kB" in str(caught.value)))
    assert said == [(PAGE[:1000], True)] * 2
    assert len(server.requests) == 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WAYS)
def test_the_error_of_a_stream_is_cut_too(way: str, form: str, server: FaultServer) -> None:
    """At the bound of a call, or at 64 KiB."""
    server.when("/x", FORMS[form](404))
    server.when("/y", answer(bytes(2**17).replace(b"\0", b"y"), status=404))
    with client(way, server, retry=0) as api, pytest.raises(nk.NotFound, match="cut at 64 KiB"):
        list(api.stream("/y").bytes())
    with client(way, server, retry=0, max_body="1 kB") as api:
        with pytest.raises(nk.NotFound, match="cut at 1 kB") as caught:
            list(api.stream("/x").bytes())
        assert caught.value.response is not None
        assert caught.value.response.content == PAGE[:1000]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("form", FORMS)
def test_a_good_answer_is_refused_with_its_status(way: str, form: str, server: FaultServer) -> None:
    """In the error, also after pickling, and in the column of its row."""
    server.when("/x", FORMS[form](201))
    with client(way, server, max_body="1 kB") as api:
        with pytest.raises(nk.TooLarge) as caught:
            api.get("/x")
        frame = api.map("/{x}", ["x"], progress=False)
        with pytest.raises(nk.TooLarge) as streamed:
            list(api.stream("/x", max_body="1 kB").bytes())
        with pytest.raises(nk.TooLarge) as line:
            list(api.stream("/x").lines())
    errors = (caught.value, streamed.value, line.value)
    assert [error.status_code for error in errors] == [201] * 3
    assert pickle.loads(pickle.dumps(caught.value)).status_code == 201  # noqa: S301 - our own
    assert frame["error_type"].tolist() == ["TooLarge"]
    assert frame["status_code"].tolist() == [201]


@pytest.mark.parametrize("way", WAYS)
def test_nobody_is_advised_what_no_machine_holds(way: str, server: FaultServer) -> None:
    """What an answer says of its length may be a lie."""
    server.when("/x", Behaviour([Send(head(b"Content-Length: 1125899906842624")), Silence()]))
    with client(way, server) as api, pytest.raises(nk.TooLarge) as caught:
        api.get("/x")
    assert "write max_body=" not in str(caught.value)
    assert "To read it piece by piece there is client.stream" in str(caught.value)
