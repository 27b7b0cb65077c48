"""What an answer says of its content-encoding."""

from __future__ import annotations

import gzip
import zlib

import httpx
import pytest

from notebook_kit.client.decoding import Unpacker, codings_of
from notebook_kit.client.decoding.codings import MOST_LAYERS


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        ("", ()),
        ("identity", ()),
        ("GZIP", ("gzip",)),
        ("x-gzip", ("gzip",)),
        (" gzip ,\tDeflate", ("gzip", "deflate")),
        (", identity, br,", ("br",)),
        ("none", ()),
        ("UTF-8", ()),
    ],
)
def test_how_it_may_be_written(header: str, codings: tuple[str, ...]) -> None:
    """Capitals, blanks, empty parts and what changes nothing do not matter; the order does."""
    assert tuple(codings_of(header)) == codings


def test_too_many_are_refused_unpacked() -> None:
    """Five times is the most, and identity does not count."""
    assert len(codings_of(", ".join(["gzip", "identity"] * MOST_LAYERS))) == MOST_LAYERS
    with pytest.raises(httpx.DecodingError, match="packed 6 times"):
        codings_of(", ".join(["gzip"] * (MOST_LAYERS + 1)))


def test_an_unknown_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is known; of one that a package would undo, the package is named."""
    with pytest.raises(httpx.DecodingError, match=r"'morse'.*known are 'gzip'"):
        codings_of("gzip, morse")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(httpx.DecodingError, match="pip install zstandard"):
        codings_of("zstd")


def test_one_of_two_packages_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """What httpx asks for where only the other one is installed is undone by that."""
    found = {"brotlicffi": object()}
    monkeypatch.setattr("importlib.util.find_spec", found.get)
    assert tuple(codings_of("br")) == ("br",)


def test_the_last_one_is_undone_first() -> None:
    """What is within is undone in the same steps, and has to be whole too."""
    inner = gzip.compress(b"hello")
    unpacker = Unpacker(("gzip", "deflate"))
    assert b"".join(unpacker.feed(zlib.compress(inner))) == b"hello"
    unpacker.finish()
    cut = Unpacker(("gzip", "gzip"))
    list(cut.feed(gzip.compress(inner[:-2])))
    with pytest.raises(httpx.DecodingError, match="missing"):
        cut.finish()
