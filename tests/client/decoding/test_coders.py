"""Each encoding undone in steps: whole, in pieces, cut off, and exploding."""

from __future__ import annotations

import gzip
import importlib.util
import os
import zlib
from typing import TYPE_CHECKING

import brotli
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.client.decoding.coders import STEP_BYTES, Brotli, Inflater, coder_for
from notebook_kit.testing.faults import bomb

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.decoding.coders import Coder


def made(coder: Coder, data: bytes, size: int) -> list[bytes]:
    """Return the pieces that come of data which comes in pieces of a size."""
    pieces = [
        piece for at in range(0, len(data), size) for piece in coder.feed(data[at : at + size])
    ]
    coder.finish()
    return pieces


def bare(data: bytes) -> bytes:
    """Return deflate without a header."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def zstandard(data: bytes) -> bytes:
    """Return zstandard, where there is the package."""
    library = pytest.importorskip("zstandard")
    packed: bytes = library.ZstdCompressor().compress(data)
    return packed


WAYS = [
    pytest.param("gzip", gzip.compress, id="gzip"),
    pytest.param("deflate", zlib.compress, id="deflate"),
    pytest.param("deflate", bare, id="bare deflate"),
    pytest.param("br", brotli.compress, id="brotli"),
]


@pytest.mark.parametrize(("coding", "compressed"), WAYS)
@given(data=st.binary(max_size=200), size=st.integers(1, 50))
def test_each_form_in_whatever_pieces(
    coding: str, compressed: Callable[[bytes], bytes], data: bytes, size: int
) -> None:
    """What was compressed comes out, wherever the pieces part."""
    assert b"".join(made(coder_for(coding), compressed(data), size)) == data


@pytest.mark.parametrize(
    ("coding", "compressed"), [*WAYS, pytest.param("zstd", zstandard, id="zstandard")]
)
@pytest.mark.parametrize("size", [1_000, 10**9])
def test_large_ones_come_in_bounded_pieces(
    coding: str, compressed: Callable[[bytes], bytes], size: int
) -> None:
    """Also where all of it is read at once, and where a step ends with all of its input read."""
    data = os.urandom(50_000) + b"abc" * 300_000 + bytes(3 * STEP_BYTES)
    packed = compressed(data)
    pieces = made(coder_for(coding), packed, size)
    assert b"".join(pieces) == data
    # brotli takes what it is told as about right, zstandard makes blocks.
    assert max(map(len, pieces)) <= (STEP_BYTES if coding in ("gzip", "deflate") else 2**23)


@pytest.mark.parametrize(
    ("coding", "compressed"), [*WAYS, pytest.param("zstd", zstandard, id="zstandard")]
)
@pytest.mark.parametrize("missing", [1, 5])
def test_one_that_ends_too_early_is_an_error(
    coding: str, compressed: Callable[[bytes], bytes], missing: int
) -> None:
    """Be it in its data or in the check sum behind them."""
    data = compressed(b"hello " * 10 + os.urandom(100))
    with pytest.raises(httpx.DecodingError, match="missing"):
        made(coder_for(coding), data[:-missing], 1000)


@pytest.mark.parametrize(("coding", "compressed"), WAYS)
@pytest.mark.parametrize("size", [7, 10**9])
def test_what_stands_behind_the_end_is_an_error(
    coding: str, compressed: Callable[[bytes], bytes], size: int
) -> None:
    """Nobody knows what it is."""
    with pytest.raises(httpx.DecodingError):
        made(coder_for(coding), compressed(b"hello") + b"and more", size)


@given(st.integers(1, 40))
def test_several_in_a_row_and_zeros_behind(size: int) -> None:
    """A body may be more than one gzip, as `cat` makes it; a block may be filled up with zeros."""
    data = gzip.compress(b"one") + gzip.compress(b"two") + b"\x00" * 20
    assert b"".join(made(Inflater(), data, size)) == b"onetwo"


def test_what_is_not_compressed_is_an_error() -> None:
    """At once, not at the end."""
    with pytest.raises(httpx.DecodingError):
        list(Inflater().feed(b"plainly not"))
    inflater = Inflater()
    list(inflater.feed(gzip.compress(b"one")))
    with pytest.raises(httpx.DecodingError, match="behind its end"):
        list(inflater.feed(b"rubbish"))
    with pytest.raises(httpx.DecodingError, match="brotli"):
        list(Brotli().feed(b"plainly not"))


def test_gzip_has_a_header() -> None:
    """Only deflate may come without one."""
    with pytest.raises(httpx.DecodingError):
        list(coder_for("gzip").feed(bare(b"hello")))


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_nothing_is_nothing(coding: str) -> None:
    """An answer without a body may say that it is compressed."""
    assert made(coder_for(coding), b"", 1) == []


def test_nothing_is_made_that_is_not_asked_for() -> None:
    """Who has enough of a bomb has got no more than a few pieces."""
    pieces = coder_for("gzip").feed(bomb(16))
    assert [len(next(pieces)) for _ in range(3)] == [STEP_BYTES] * 3


def test_a_brotli_that_knows_no_bound_is_given_little_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So it was before its version 1.2."""
    given: list[int] = []
    whole = brotli.Decompressor

    class Old:
        def __init__(self) -> None:
            self._new = whole()

        def process(self, data: bytes) -> bytes:
            given.append(len(data))
            made: bytes = self._new.process(data)
            return made

        def is_finished(self) -> bool:
            return bool(self._new.is_finished())

    monkeypatch.setattr(brotli, "Decompressor", Old)
    assert b"".join(made(Brotli(), brotli.compress(b"hello" * 100), 50)) == b"hello" * 100
    assert max(given) <= 8


def test_whether_zstandard_is_there_is_known() -> None:
    """It is undone where the package is installed, and nowhere else."""
    if importlib.util.find_spec("zstandard") is None:
        with pytest.raises(ModuleNotFoundError):
            coder_for("zstd")
    else:
        assert made(coder_for("zstd"), zstandard(b"one") + zstandard(b"two"), 7) == [b"one", b"two"]
