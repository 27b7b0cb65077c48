"""Fixtures for the whole project: the demo server, and the names that doctests may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.demo import DemoServer

# The tests of the test suite's own machinery run a pytest inside pytest.
pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def demo_server() -> Iterator[DemoServer]:
    """One embedded demo API for the whole session, on loopback, without latency."""
    from notebook_kit.demo import serve

    server = serve(latency=0)
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _doctest_names(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]
) -> Iterator[None]:
    """Give an example `nk`, and `server` and `client` where it names them.

    Both are made only for an example that mentions them, and the client is closed after it, so that
    examples stay short and leave nothing open.
    """
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    import notebook_kit as nk
    from tests.quiet import begin_anew

    doctest_namespace["nk"] = nk
    source = "".join(example.source for example in request.node.dtest.examples)
    client = None
    if "server" in source or "client" in source:
        server = request.getfixturevalue("demo_server")
        begin_anew(server)
        doctest_namespace["server"] = server
        if "client" in source:
            client = doctest_namespace["client"] = nk.Client(server.url)
    yield
    for name in ("server", "client"):
        doctest_namespace.pop(name, None)
    if client is not None:
        client.close()
