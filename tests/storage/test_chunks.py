"""Pairs of positions and rows, in chunks."""

from __future__ import annotations

import sys
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.storage.chunks import packed, parts, unpacked

_numbers = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(st.tuples(_numbers, _numbers), max_size=50))
def test_pairs_come_back(pairs: list[tuple[int, int]]) -> None:
    """Whatever numbers are packed come out again, in their order."""
    flat = array("q", [number for pair in pairs for number in pair])
    back = [number for part in parts(flat) for number in unpacked(packed(part))]
    assert back == flat.tolist()


def test_many_pairs_are_several_chunks() -> None:
    """A chunk holds 65,536 pairs at most."""
    flat = array("q", range(2 * 100_000))
    several = list(parts(flat))
    assert [part[0] for part in several] == [0, 2 * 65_536]
    assert [it for part in several for it in unpacked(packed(part))] == flat.tolist()


@pytest.mark.skipif(sys.byteorder != "little", reason="there the numbers are as they are")
def test_other_machines_write_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where numbers are kept the other way round, they are turned before and after."""
    turned = array("q", [1, 2])
    turned.byteswap()
    little = packed(array("q", [1, 2]))
    monkeypatch.setattr(sys, "byteorder", "big")
    assert packed(turned) == little
    assert unpacked(little) == turned
