from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.client.inflate import Inflater

if TYPE_CHECKING:
    from collections.abc import Callable


def inflated(data: bytes, size: int) -> bytes:
    inflater = Inflater()
    parts = [inflater.feed(data[at : at + size]) for at in range(0, len(data), size)]
    return b"".join(parts) + inflater.finish()


def bare(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize("compressed", [gzip.compress, zlib.compress, bare])
@given(data=st.binary(max_size=200), size=st.integers(2, 50))
def test_each_form_in_whatever_pieces(
    compressed: Callable[[bytes], bytes], data: bytes, size: int
) -> None:
    """gzip, and deflate with and without its header."""
    assert inflated(compressed(data), size) == data


@given(st.integers(1, 40))
def test_several_in_a_row_and_zeros_behind(size: int) -> None:
    """A body may be more than one gzip, as `cat` makes it; a block may be filled up with zeros."""
    data = gzip.compress(b"one") + gzip.compress(b"two") + b"\x00" * 20
    assert inflated(data, size) == b"onetwo"


@pytest.mark.parametrize("missing", [1, 8, 12])
def test_one_that_ends_too_early_is_an_error(missing: int) -> None:
    """Be it in its data or in the check sum behind them."""
    data = gzip.compress(b"hello " * 1000)
    with pytest.raises(httpx.DecodingError, match="missing"):
        inflated(data[:-missing], 1000)


def test_what_is_not_compressed_is_an_error() -> None:
    """At once, not at the end."""
    with pytest.raises(httpx.DecodingError):
        Inflater().feed(b"plainly not")
    inflater = Inflater()
    inflater.feed(gzip.compress(b"one"))
    with pytest.raises(httpx.DecodingError):
        inflater.feed(b"rubbish")


def test_nothing_is_nothing() -> None:
    """An answer without a body may say that it is compressed."""
    assert inflated(b"", 1) == b""
