from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.client.preview import first_request
from notebook_kit.widgets.launcher import Heard
from tests.quiet import begin_anew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer

FRAME = pd.DataFrame({"iata": ["ZRH", "GVA"], "n": [1.0, 2.0]})


@pytest.fixture
def client(demo_server: DemoServer) -> Iterator[nk.Client]:
    begin_anew(demo_server)
    made = nk.Client(
        demo_server.url,
        headers={"x-org": nk.Secret("abc"), "accept": "text/plain"},
        params={"key": nk.Secret("k1")},
        max_connections=5,
    )
    yield made
    made.close().wait()


def heard(*given: Any, **options: Any) -> Heard:
    return Heard((), given, options)


def test_it_is_the_request_that_a_map_sends(client: nk.Client) -> None:
    """Method, address, headers and body are those that the server gets from the map."""
    options: dict[str, Any] = {
        "method": "PUT",
        "params": {"n": nk.col("n")},
        "json": nk.col("iata"),
    }
    first = first_request(client, heard("/echo/{iata}", FRAME, **options))
    assert client.stats.requests == 0
    frame = client.map("/echo/{iata}", FRAME[:1], progress=False, **options).result()
    got = frame["result"].iloc[0]
    assert first.head == f"PUT {client.base_url}/echo/ZRH?key=****&n=1"
    assert got["query"] == "key=k1&n=1"
    assert first.body == got["body"]
    sent = {name.lower(): value for name, value in got["headers"]}
    shown = {name.lower(): value for name, value in first.lines}
    assert shown.keys() == sent.keys()
    assert {name for name in shown if shown[name] != sent[name]} == {"x-org"}
    assert shown["x-org"] == "****"


def test_what_the_map_would_refuse_is_refused(client: nk.Client) -> None:
    """Errors that a map raises before anything is sent are raised here, word for word."""
    wrong: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        (("/a/{id}", FRAME), {}),
        (("/a/{iata", FRAME), {}),
        (("/a/{iata}", FRAME), {"params": {"x": nk.col("city")}}),
        (("/a/{iata}", FRAME), {"rate": "fast"}),
        (("/a/{iata}", FRAME), {"metod": "GET"}),
        (("/a/{iata}", FRAME), {"priority": "none"}),
        (("/a/{iata}", FRAME), {"cache": "soon"}),
        (("/a/{iata}", FRAME), {"cache": "1 min", "idempotency_key": True}),
        (("/a/{iata}", FRAME), {"fallback": 3}),
        (("/a/{iata}", FRAME), {"method": "POST", "hedge": nk.Hedge()}),
        (("/a/{iata}", FRAME), {"max_concurrency": 0}),
    ]
    for given, options in wrong:
        with pytest.raises(nk.ConfigurationError) as from_map:
            client.map(*given, **options)
        with pytest.raises(nk.ConfigurationError) as from_preview:
            first_request(client, heard(*given, **options))
        assert str(from_preview.value) == str(from_map.value)


def test_the_error_of_one_row_is_told_and_not_raised(client: nk.Client) -> None:
    """A first row that cannot be sent says nothing of the others."""
    first = first_request(client, heard("/a/{iata}", pd.DataFrame({"iata": [None, "ZRH"]})))
    assert "there is no value" in first.wrong
    assert first.lines == ()


def test_notes(client: nk.Client) -> None:
    """What one should know beside the request stands beside it."""
    first = first_request(client, heard("/a", FRAME, max_concurrency=50, idempotency_key=True))
    assert [note.split(":")[0].split("=")[0] for note in first.notes] == [
        "Every row sends this same request",
        "max_concurrency",
        "Each row gets an idempotency key when it is sent.",
    ]


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b"\xff\xfe", "(2 bytes)"),
        ("plain", "plain"),
        (None, None),
        ('{"password": "hush"}', '{\n  "password": "****"\n}'),
        ('{"password": ', '{"password": '),
        ("x" * 3_000, "x" * 2_000 + " …"),
    ],
)
def test_bodies_are_shown_as_they_can_be(client: nk.Client, content: Any, body: str | None) -> None:
    """Text is shown cut and without credentials, JSON in lines, anything else by its size."""
    given = {} if content is None else {"content": content}
    assert first_request(client, heard("/a/{iata}", FRAME, method="POST", **given)).body == body


def test_no_form_shows_a_credential(client: nk.Client) -> None:
    """Fields of a form are hidden by their names, and short secrets where they were given."""
    data = {"password": "hush-hush", "pin": nk.Secret("1234"), "n": "1"}

    def body(**more: Any) -> str:
        given = heard("/a/{iata}", FRAME, method="POST", data=data, **more)
        shown = first_request(client, given).body
        assert shown is not None
        return shown

    assert body() == "password=****&pin=****&n=1"
    parts = body(files={"f": ("a.txt", b"hello")})
    assert "hush" not in parts
    assert "1234" not in parts
    assert 'name="n"\r\n\r\n1\r\n' in parts
    assert "hello" in parts


def test_what_differs_from_row_to_row_is_that_of_the_first(client: nk.Client) -> None:
    """Options of sending that are columns are read of the first row, and told if they are wrong."""
    options: dict[str, Any] = {"attempt_timeout": nk.col("n"), "auth": ("u", nk.col("iata"))}
    first = first_request(client, heard("/a/{iata}", FRAME, max_concurrency=5, **options))
    assert first.head.startswith("GET ")
    assert first.notes == ("What auth= stands for is added when it is sent.",)
    late = first_request(client, heard("/a/{iata}", FRAME, attempt_timeout=nk.col("iata")))
    assert "attempt_timeout='ZRH' is not a duration" in late.wrong


def test_a_closed_client_says_so(client: nk.Client) -> None:
    """Neither a preview nor a launcher is made of a client that is closed."""
    client.close().wait()
    with pytest.raises(nk.ClosedError):
        first_request(client, heard("/a/{iata}", FRAME))
    with pytest.raises(nk.ClosedError):
        client.launcher()


def test_data_is_not_given_as_the_path(client: nk.Client) -> None:
    """Who gives the launcher data is told where it is chosen."""
    with pytest.raises(nk.ConfigurationError, match="the data is chosen in the form"):
        client.launcher(FRAME)  # type: ignore[arg-type]  # what is tested
