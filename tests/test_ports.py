from __future__ import annotations

import errno
import socket
import sys

import pytest

from tests.ports import kept_port


def test_a_server_may_listen_on_it_again_and_again() -> None:
    """It is free for who names it, also after a server there has had connections."""
    with kept_port() as port:
        for _ in range(2):
            with (
                socket.create_server(("127.0.0.1", port)) as server,
                socket.create_connection(("127.0.0.1", port)),
            ):
                server.accept()[0].close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it cannot be kept")
def test_it_is_given_to_nobody_else() -> None:
    """What does not say that it may share the address, as a connection, cannot have it."""
    with kept_port() as port, socket.socket() as other:
        with pytest.raises(OSError) as refused:  # noqa: PT011 - the number says which
            other.bind(("127.0.0.1", port))
        assert refused.value.errno == errno.EADDRINUSE
