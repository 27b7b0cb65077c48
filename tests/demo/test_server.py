from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit.demo
from notebook_kit.demo import serve
from notebook_kit.errors import ClosedError, ConfigurationError
from notebook_kit.redact import Secret
from tests.ports import kept_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.demo import DemoServer

    Connect = Callable[[DemoServer], httpx.Client]


def _is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _demo_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "notebook_kit-demo"]


def _run(script: str) -> subprocess.CompletedProcess[str]:
    root = Path(notebook_kit.demo.__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={**os.environ, "PYTHONPATH": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_server_answers_as_soon_as_it_is_made(connect: Connect) -> None:
    """A plain object in a cell is enough; its URL is where it answers."""
    server = serve(latency=0)
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert connect(server).get("/airports/OSL").json()["city"] == "Oslo"
    server.close()


def test_closing_ends_thread_socket_and_connections(connect: Connect) -> None:
    """When close returns nothing of the server is left, idle connections included."""
    others = _demo_threads()
    server = serve(latency=0)
    connect(server).get("/airports/OSL")
    server.close()
    assert server.is_closed
    assert _demo_threads() == others
    assert not _is_listening(server.port)
    assert server.stats().connections_open == 0


def test_closing_again_does_nothing() -> None:
    """Close may be called any number of times, from any number of threads."""
    server = serve()
    threads = [threading.Thread(target=server.close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    server.close()
    assert server.is_closed


def test_a_with_block_closes_it_whatever_happens() -> None:
    """The error of the block comes through, and the server is closed."""
    with pytest.raises(KeyError), serve() as server:
        raise KeyError
    assert server.is_closed


def test_a_closed_server_cannot_be_entered() -> None:
    """The error is a RuntimeError that says what to do."""
    server = serve()
    server.close()
    with pytest.raises(ClosedError, match="serve"), server:
        pass


def test_a_server_that_nothing_refers_to_ends() -> None:
    """The finalizer holds the thread and the socket, never the server itself."""
    server = serve()
    port = server.port
    others = [thread for thread in _demo_threads() if thread is not server._running._thread]
    del server
    gc.collect()
    assert _demo_threads() == others
    assert not _is_listening(port)


def test_a_forgotten_server_ends_with_the_interpreter() -> None:
    """A script need not close it: it exits at once, without a word."""
    done = _run("from notebook_kit.demo import serve; server = serve(); print(server.url)")
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.startswith("http://127.0.0.1:")


def test_it_starts_beside_a_running_loop_and_serves_it() -> None:
    """In a kernel the loop of the cell runs already; the server has its own."""

    async def cell() -> int:
        async with httpx.AsyncClient() as client:
            with serve(latency=0) as server:
                answer = await client.get(f"{server.url}/airports/OSL")
                return answer.status_code

    assert asyncio.run(cell()) == 200


def test_it_starts_in_less_than_half_a_second() -> None:
    """Once the libraries are loaded, a start takes milliseconds."""

    def start() -> float:
        begun = time.perf_counter()
        serve().close()
        return time.perf_counter() - begun

    # A machine that is busy with other things may be late; the quickest tells how it is built.
    assert any(start() < 0.5 for _ in range(20))


def test_closing_does_not_wait_for_requests_in_flight(connect: Connect) -> None:
    """A request that would take a minute is cut off, and its client told so at once."""
    server = serve(latency=0)
    client = connect(server)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            client.get("/slow?seconds=60")
        except httpx.TransportError as error:
            failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    deadline = time.monotonic() + 20
    while server.stats().in_flight == 0 and time.monotonic() < deadline:
        time.sleep(0.002)
    server.close()
    thread.join(20)
    assert len(failures) == 1
    assert server.stats().in_flight == 0


def test_its_libraries_are_imported_on_first_use() -> None:
    """Importing the package does not cost the time of a web framework."""
    names = ("starlette", "uvicorn", "airportsdata")
    done = _run(
        f"import sys, notebook_kit.demo\nprint([name for name in {names} if name in sys.modules])"
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize("name", ["airportsdata", "starlette", "uvicorn"])
def test_a_missing_library_is_named_with_the_command_that_installs_it(name: str) -> None:
    """Each of the three that the extra brings."""
    done = _run(
        "import sys\n"
        "from notebook_kit.demo import serve\n"
        f"sys.modules[{name!r}] = None\n"
        "try:\n"
        "    serve()\n"
        "except ValueError as error:\n"
        "    print(error)\n"
    )
    assert done.stderr == ""
    assert done.stdout.strip() == f"The demo API needs {name}: pip install 'notebook_kit[demo]'."


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_does_not_end_its_parents_server() -> None:
    """In the child it counts as closed and closing returns; the parent's goes on."""
    done = _run(
        "import os, warnings, urllib.request\n"
        "from notebook_kit.demo import serve\n"
        "warnings.simplefilter('ignore', DeprecationWarning)\n"
        "server = serve()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    closed = server.is_closed\n"
        "    server.close()\n"
        "    os._exit(0 if closed else 1)\n"
        "print(os.waitpid(child, 0)[1])\n"
        "with urllib.request.urlopen(server.url + '/airports/OSL') as answer:\n"
        "    print(answer.status)\n"
    )
    assert (done.stdout.split(), done.stderr) == (["0", "200"], "")


def test_nothing_of_uvicorns_logging_is_touched_or_used(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """The loggers belong to the user's own servers, and no line of the demo's appears."""
    access = logging.getLogger("uvicorn.access")
    before = (list(access.handlers), access.level, access.propagate)
    with caplog.at_level(logging.DEBUG), serve(latency=0) as server:
        connect(server).get("/airports/OSL")
    assert [record for record in caplog.records if "uvicorn" in record.name] == []
    assert (list(access.handlers), access.level, access.propagate) == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"latency": "soon"}, "latency='soon'"),
        ({"flaky_rate": 2}, "flaky_rate=2"),
        ({"rate_limit": "fast"}, "rate_limit='fast'"),
        ({"token": "two words"}, "token"),
        ({"token": ""}, "token"),
        ({"seed": "a"}, "seed='a'"),
        ({"port": 99_999}, "port=99999"),
        ({"host": "no.such.host.invalid"}, "host='no.such.host.invalid'"),
    ],
)
def test_an_option_that_cannot_be_read_is_refused(options: dict[str, Any], told: str) -> None:
    """The error names the option, and nothing was started."""
    others = _demo_threads()
    with pytest.raises(ConfigurationError, match=told):
        serve(**options)
    assert _demo_threads() == others


def test_a_token_that_is_refused_is_not_shown() -> None:
    """It may be a real credential, given by mistake."""
    with pytest.raises(ConfigurationError) as caught:
        serve(token="sk-real-0123456789\n")
    assert "sk-real" not in str(caught.value)


def test_a_port_that_is_taken_is_refused(server: DemoServer) -> None:
    """The error says which, and how to get a free one."""
    with pytest.raises(ConfigurationError, match=f"port={server.port}.*free one"):
        serve(port=server.port)


def test_small_answers_are_sent_without_delay(server: DemoServer, api: httpx.Client) -> None:
    """Without this option the second part of an answer waits 40 ms for an acknowledgement."""
    api.get("/airports/OSL")
    (connection,) = server._world.connections._open.values()
    accepted = connection.transport.get_extra_info("socket")
    assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_it_shows_itself_without_its_token() -> None:
    """The repr is a line of status, in text and in HTML, and holds no credential."""
    with serve(token=Secret("sk-0123456789")) as server:
        shown = repr(server)
        assert shown == f"<DemoServer {server.url} open, 0 requests, 0 in flight>"
        page = server._repr_html_()
        assert f'href="{server.url}"' in page
        assert "sk-0123456789" not in shown + page + repr(server.switches) + repr(server.stats())
        assert (server.token, server.organization_id) == ("sk-0123456789", "demo-org")
    assert repr(server) == f"<DemoServer {server.url} closed after 0 requests>"
    assert "href" not in server._repr_html_()


def test_a_reset_brings_back_switches_counts_and_data(connect: Connect) -> None:
    """After it the server is as it was started, its own options included."""
    with serve(latency=0, flaky_rate=0.0, rate_limit="1000/s") as server:
        client = connect(server)
        client.post("/todos", json={"title": "Forget me"})
        server.switches.outage = True
        server.switches.rate_limit = None
        server.reset()
        assert server.stats().requests == 0
        assert (server.switches.outage, str(server.switches.rate_limit)) == (False, "1000/s")
        titles = [todo["title"] for todo in client.get("/todos?limit=1000").json()["items"]]
        assert "Forget me" not in titles


def test_counts_can_be_read_and_reset_after_closing() -> None:
    """A notebook looks at them when the work is done."""
    server = serve()
    server.close()
    server.reset()
    assert server.stats().requests == 0


def test_the_same_seed_fails_the_same_requests(connect: Connect) -> None:
    """Two servers with one seed answer a sequence of requests alike, another seed does not."""

    def codes(seed: int) -> list[int]:
        with serve(latency=0, flaky_rate=0.5, seed=seed) as server:
            server.switches.flaky_drop_share = 0
            client = connect(server)
            return [client.get("/airports/OSL").status_code for _ in range(30)]

    first = codes(1)
    assert set(first) == {200, 503}
    assert codes(1) == first
    assert codes(2) != first


def test_an_ipv6_address_is_written_in_brackets() -> None:
    """The URL can be used as it is."""
    if not socket.has_ipv6:
        pytest.skip("this system has no IPv6")
    try:
        server = serve(host="::1", latency=0)
    except ConfigurationError:
        pytest.skip("this machine has no IPv6 loopback")
    with server:
        assert server.url == f"http://[::1]:{server.port}"
        assert httpx.get(f"{server.url}/airports/OSL", trust_env=False).status_code == 200


def test_a_cell_that_names_a_port_can_be_run_again() -> None:
    """Its server ends and the next one has its address; one on any free port stays."""
    with kept_port() as port, serve() as bystander, serve(port=port, latency=0) as first:
        client = httpx.Client(base_url=first.url, trust_env=False)
        with serve(port=port, latency=0) as second:
            assert (first.is_closed, bystander.is_closed) == (True, False)
            assert (second.url, second.port) == (first.url, port)
            with client:
                assert client.get("/airports/OSL").status_code == 200
            assert (first.stats().requests, second.stats().requests) == (0, 1)
