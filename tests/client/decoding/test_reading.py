"""Bodies that are read whole, without their content-encoding."""

from __future__ import annotations

import gzip
import os
import tracemalloc

import httpx
import pytest

from notebook_kit.client.decoding import BoundedDecoder

MIB = 1024**2


def test_what_cannot_explode_any_more_is_not_kept() -> None:
    """Bytes as they came are kept only as long as they could become more than was thought."""
    packed = gzip.compress(os.urandom(4 * MIB), 1)
    decoder = BoundedDecoder(("gzip",), 10 * MIB)
    tracemalloc.start()
    try:
        size = sum(
            len(decoder.decode(packed[at : at + 65_536])) for at in range(0, len(packed), 65_536)
        )
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size + len(decoder.flush()) == 4 * MIB
    assert kept < MIB


@pytest.mark.parametrize("beginning", [0, 100_000, 400_000])
def test_what_explodes_behind_a_beginning_that_does_not(beginning: int) -> None:
    """It is whole where it is within the bound, and refused where it is not."""
    body = os.urandom(beginning) + bytes(16 * MIB)
    packed = gzip.compress(body, 1)
    whole = BoundedDecoder(("gzip",), len(body))
    came = [whole.decode(packed[at : at + 10_000]) for at in range(0, len(packed), 10_000)]
    assert b"".join((*came, whole.flush())) == body
    less = BoundedDecoder(("gzip",), len(body) - 1)
    with pytest.raises(httpx.DecodingError, match="max_body"):
        less.decode(packed)
