"""What several kinds of resource are made of: libraries, addresses, JSON, ends of connections."""

from __future__ import annotations

import asyncio
import socket
import sys
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.ultratb import VerboseTB

import notebook_kit as nk
from notebook_kit.client.strict_json import loads
from notebook_kit.integrations.addresses import Address
from notebook_kit.integrations.letting_go import let_go
from notebook_kit.integrations.libraries import needed
from notebook_kit.integrations.plain_json import json_text
from notebook_kit.integrations.postgres import PostgresPool
from notebook_kit.integrations.redis import SharedCache
from notebook_kit.integrations.sqlite import SQLitePool
from notebook_kit.redact import scrub

SCHEMES = ("wss", "ws")


def test_a_library_that_is_not_there() -> None:
    """Says which extra brings it; one that is too old is told apart."""
    assert needed("json", extra="files").dumps([]) == "[]"
    with pytest.raises(nk.ConfigurationError, match=r'not installed: .*"notebook_kit\[redis\]"'):
        needed("no_such_library.asyncio", extra="redis")
    with pytest.raises(nk.ConfigurationError, match=r"json package.*too old here.*json\.newer"):
        needed("json.newer.still", extra="redis")


def test_a_library_that_lacks_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Is there: what it says itself is more to the point."""
    (tmp_path / "lacking_one.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        needed("lacking_one", extra="redis")
    assert "lacking_one" not in sys.modules


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ws://example.com", "ws://example.com"),
        ("WSS://example.com:8443/a?b=c", "WSS://example.com:8443/a?b=c"),
        ("ws://me:hunter2@example.com/a?api_key=abc", "ws://****@example.com/a?api_key=****"),
        ("ws://[::1]:8000/", "ws://[::1]:8000/"),
    ],
)
def test_addresses(url: str, shown: str) -> None:
    """Are kept whole, and shown without their credentials."""
    address = Address.checked(url, schemes=SCHEMES)
    assert (address.url, repr(address), str(address)) == (url, shown, shown)
    assert Address.checked(nk.Secret(url), schemes=SCHEMES).url == url
    assert address.secure == url.lower().startswith("wss")


def test_credentials_of_an_address_are_known() -> None:
    """So that they are struck out of whatever a server or a library says."""
    Address.checked("ws://me:pass%20word-1@example.com/?api_key=key-value-2&n=3", schemes=SCHEMES)
    assert scrub("refused: pass word-1, key-value-2, n") == "refused: ****, ****, n"


def test_the_port_zero() -> None:
    """Is no port that anybody listens on."""
    with pytest.raises(nk.ConfigurationError, match="ports are numbers from 1"):
        Address.checked("ws://example.com:0", schemes=SCHEMES)


PASSWORD = "a-password-that-nobody-sees"


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("kind", "url", "options"),
    [
        (PostgresPool, f"postgresql://me:{PASSWORD}@host/x", {"maxsize": 3}),
        (PostgresPool, f"postgres:/me:{PASSWORD}@host/x", {}),
        (PostgresPool, f"postgresql://me:an@{PASSWORD}@host/x", {}),
        (PostgresPool, "postgresql://me@host/x", {"password": PASSWORD, "connect_timeout": 0}),
        (SQLitePool, "file:/x", {"maxsize": PASSWORD}),
        (SQLitePool, "x", {"busy_timeout": 0.1, "maxsize": PASSWORD}),
        (SharedCache, f"redis://me:{PASSWORD}@host/x", {"timeout": 0}),
    ],
)
def test_no_traceback_shows_a_password(
    monkeypatch: pytest.MonkeyPatch, kind: Any, url: str, options: dict[str, Any], *, full: bool
) -> None:
    """Of what was refused, in any mode: the frames of the package hold no values."""
    monkeypatch.setattr(nk.options, "full_tracebacks", full)
    with pytest.raises(nk.ConfigurationError) as caught:
        kind(url, **options)
    render: Any = VerboseTB()
    own, *others = traceback.walk_tb(caught.value.__traceback__)
    assert own[0].f_code.co_filename == __file__
    assert bool(others) == full
    if caught.value.__traceback__ is not None and caught.value.__traceback__.tb_next is not None:
        below = caught.value.__traceback__.tb_next
        assert PASSWORD not in render.text(type(caught.value), caught.value, below)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_an_at_sign_in_a_password_of_postgres(scheme: str) -> None:
    """Would have the library look up the end of the password as a host."""
    with pytest.raises(nk.ConfigurationError, match=r"has an @ in its password.* %40") as caught:
        PostgresPool(f"{scheme}://me:hun@ter2@host/x")
    assert "ter2" not in str(caught.value)
    PostgresPool(f"{scheme}://me:hun%40ter2@host/x")


@pytest.mark.parametrize(
    "url", ["postgresql://me:one@host/x", "postgresql://me@host/x?password=one-password"]
)
def test_two_passwords(url: str) -> None:
    """Are refused: only one of them would be tried."""
    with pytest.raises(nk.ConfigurationError, match="both give a password"):
        PostgresPool(url, password="another")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_json_gives_back_the_same(value: Any) -> None:
    """To the type of each number."""
    assert repr(loads(json_text(value))) == repr(value)


ODD = st.one_of(
    st.tuples(JSON),
    st.binary(),
    st.sets(st.integers()),
    st.dates(),
    st.decimals(),
    st.sampled_from([float("nan"), float("inf"), {1: 2}, {None: 1}, {(): 1}, object()]),
)


@given(ODD, st.integers(0, 3))
def test_all_else_is_refused(value: Any, depth: int) -> None:
    """However deep it is hidden; the message tells its place."""
    whole = value
    for _ in range(depth):
        whole = [0, {"a": whole}]
    with pytest.raises(nk.ConfigurationError, match="cannot be kept as JSON") as caught:
        json_text(whole)
    assert str(caught.value).count("['a']") == depth


def test_what_is_too_deep_or_too_long() -> None:
    """Or holds itself: no reader could take it."""
    circle: list[Any] = []
    circle.append(circle)
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    assert loads(json_text(deep)) == deep
    for value in (circle, [deep]):
        with pytest.raises(nk.ConfigurationError, match="more than 200 deep"):
            json_text(value)
    with pytest.raises(nk.ConfigurationError, match="cannot be written as JSON"):
        json_text(10**5_000)


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_connection_that_is_let_go_of(*, is_closed: bool) -> None:
    """Has no socket any more, also where its loop is closed already."""
    let_go(None)
    loop = asyncio.new_event_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        connecting = loop.create_connection(asyncio.Protocol, *address)
        transport, _ = loop.run_until_complete(connecting)
        if is_closed:
            loop.close()
        let_go(transport)
        if not is_closed:
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()
    assert transport.get_extra_info("socket").fileno() == -1
