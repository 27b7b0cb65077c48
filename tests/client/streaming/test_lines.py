from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.client.streaming.lines import LineSplitter

TEXTS = st.text(alphabet=st.sampled_from(["a", "b", "\n", "\r", "\x0b", "\u2028"]), max_size=30)


def fed(pieces: list[str]) -> list[str]:
    splitter = LineSplitter()
    lines = [line for piece in pieces for line in splitter.feed(piece)]
    return lines + splitter.finish()


@given(st.lists(TEXTS, max_size=8))
def test_lines_do_not_depend_on_where_the_pieces_part(pieces: list[str]) -> None:
    r"""Only \n, \r\n and \r end a line, also where a border of pieces lies between \r and \n."""
    whole = re.split(r"\r\n|\n|\r", "".join(pieces))
    assert fed(pieces) == (whole if whole[-1] else whole[:-1])


def test_a_line_is_given_as_soon_as_it_has_ended() -> None:
    r"""A \r at the border ends its line at once; the \n that follows is no line of its own."""
    splitter = LineSplitter()
    assert splitter.feed("one\r") == ["one"]
    assert splitter.feed("\n") == []
    assert splitter.feed("\n") == [""]
    assert splitter.finish() == []


def test_a_line_in_very_many_pieces_takes_no_longer_than_they_do() -> None:
    """The pieces of an unfinished line are joined once, at its end."""
    splitter = LineSplitter()
    for _ in range(100_000):
        assert splitter.feed("x") == []
    assert splitter.feed("\n") == ["x" * 100_000]
