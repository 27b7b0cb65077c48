from __future__ import annotations

import gzip
import importlib
import zlib

import pytest

import notebook_kit as nk
from notebook_kit.testing import FaultServer, answer, answer_chunked

TEXT = b"one\n" * 20_000


@pytest.mark.parametrize("package", ["httpx", "httpx2"])
@pytest.mark.parametrize(
    ("coding", "packed"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_compressed_stream_of_a_lent_client_is_read_once(
    package: str, coding: str, packed: object
) -> None:
    """It is decompressed by the client or by the stream, and not by both."""
    assert callable(packed)
    body = packed(TEXT)
    kind = importlib.import_module(package).AsyncClient
    with FaultServer() as server:
        pieces = [body[at : at + 20] for at in range(0, len(body), 20)]
        server.when("/x", answer_chunked(pieces, headers=[("content-encoding", coding)]))
        client = nk.Client(http_client=kind(base_url=server.url), retry=0)
        assert b"".join(client.stream("/x").bytes()) == TEXT
        assert set(client.stream("/x").lines()) == {"one"}
        client.close().wait()


def test_a_lent_client_tells_of_a_body_that_is_no_gzip() -> None:
    """What cannot be decompressed is an error, whichever of them tries."""
    httpx2 = importlib.import_module("httpx2")
    with FaultServer() as server:
        server.when("/x", answer(b"plain", headers=[("content-encoding", "gzip")]))
        client = nk.Client(http_client=httpx2.AsyncClient(base_url=server.url), retry=0)
        with pytest.raises(nk.DecodeError):
            list(client.stream("/x").bytes())
        client.close().wait()
