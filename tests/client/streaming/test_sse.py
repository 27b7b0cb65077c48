from __future__ import annotations

import pickle
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import notebook_kit as nk
from notebook_kit.client.streaming.sse import Events


def answered(media_type: str = "text/event-stream") -> nk.Response:
    request = httpx.Request("GET", "http://host/x?api_key=hunter2")
    response = httpx.Response(200, headers={"content-type": media_type}, request=request)
    return nk.Response.adopt(response)


def read(*pieces: bytes) -> list[nk.ServerSentEvent]:
    events = Events(answered())
    found = [event for piece in pieces for event in events.feed(piece)]
    return found + list(events.finish())


def told(*pieces: bytes) -> list[tuple[str, str, str]]:
    return [(event.event, event.data, event.id) for event in read(*pieces)]


def test_the_standard_s_first_example() -> None:
    """Lines of data are joined with a line feed."""
    assert told(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [("message", "YHOO\n+2\n10", "")]


def test_the_standard_s_second_example() -> None:
    """A comment is nothing; an id stays until another is given, also an empty one."""
    stream = (
        b": test stream\n\n"
        b"data: first event\nid: 1\n\n"
        b"data:second event\nid\n\n"
        b"data:  third event\n\n"
    )
    assert told(stream) == [
        ("message", "first event", "1"),
        ("message", "second event", ""),
        ("message", " third event", ""),
    ]


def test_the_standard_s_third_example() -> None:
    """Empty data is an event; a block that does not end with an empty line is none."""
    stream = b"data\n\ndata\ndata\n\ndata:"
    assert told(stream) == [("message", "", ""), ("message", "\n", "")]


def test_the_standard_s_fourth_example() -> None:
    """One space behind the colon is no part of the value."""
    assert told(b"data:test\n\ndata: test\n\n") == [("message", "test", "")] * 2


def test_types_and_blocks_without_data() -> None:
    """A type holds for its own block only; a block without data is no event."""
    stream = b"event: add\ndata: 1\n\ndata: 2\n\nevent: lost\n\ndata: 3\n\n"
    assert told(stream) == [("add", "1", ""), ("message", "2", ""), ("message", "3", "")]


def test_a_mark_of_the_encoding_is_skipped_once() -> None:
    """One BOM at the beginning is no part of the stream; another is a part of a field's name."""
    assert told(b"\xef\xbb\xbfdata: 1\n\n") == [("message", "1", "")]
    assert told(b"\xef\xbb", b"\xbfdata: 1\n\n") == [("message", "1", "")]
    assert told(b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\n") == []


def test_ids_with_a_null_and_retries_that_are_no_number_are_ignored() -> None:
    """As the standard says; digits are ASCII ones, and of a sensible count."""
    assert told(b"id: 1\ndata\n\nid: 2\x003\ndata\n\n") == [("message", "", "1")] * 2
    values = [b"2500", b"+5", b"2_500", "٣".encode(), b"", b"9" * 5000]
    found = [read(b"retry: " + value + b"\ndata\n\n")[0].retry for value in values]
    assert found == [2500, None, None, None, None, None]
    assert [event.retry for event in read(b"retry: 9\n\ndata\n\ndata\n\n")] == [9, None]


def test_fields_that_nobody_knows_are_ignored() -> None:
    """Names count in their exact spelling."""
    assert told(b"Data: 1\n data: 2\nfoo\ndata: 3\n\n") == [("message", "3", "")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_each_end_of_lines(end: bytes) -> None:
    """The three forms are one."""
    stream = b"event: a" + end + b"data: 1" + end + b"data: 2" + end + end
    assert told(stream) == [("a", "1\n2", "")]


@given(st.lists(st.integers(1, 60), max_size=10))
def test_events_do_not_depend_on_where_the_pieces_part(cuts: list[int]) -> None:
    r"""Wherever bytes part, in a character, between \r and \n, the events are the same."""
    stream = "id: ü\r\ndata: é€😀\r\ndata: b\r\n\r\n:c\r\nevent: x\rdata: 2\r\rdata: 3\n\n".encode()
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[low:high] for low, high in pairwise(places)]
    assert told(*pieces) == [("message", "é€😀\nb", "ü"), ("x", "2", "ü"), ("message", "3", "ü")]


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    """A stream is UTF-8, whatever its head says, and is decoded with replacement."""
    assert told(b"data: \xff\n\n") == [("message", "\ufffd", "")]


def test_data_as_json() -> None:
    """What is no JSON says so, with what came and where it came from."""
    assert read(b'data: {"a": [1]}\n\n')[0].json() == {"a": [1]}
    event = read(b"data: [DONE]\n\n")[0]
    with pytest.raises(nk.DecodeError, match=r"GET http://host/x.*not JSON.*\[DONE\]") as caught:
        event.json()
    assert "hunter2" not in str(caught.value)
    with pytest.raises(nk.DecodeError):
        nk.ServerSentEvent("[" * 100_000).json()


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "text/html"])
def test_a_document_is_no_stream_of_events(media_type: str) -> None:
    """It would give no event at all, and nobody would know why."""
    with pytest.raises(nk.DecodeError, match="which is no stream of events"):
        Events(answered(media_type))
    for other in ("text/plain", ""):
        assert [event.data for event in Events(answered(other)).feed(b"data: 1\n\n")] == ["1"]


def test_an_event_is_a_value() -> None:
    """It compares by what it says, travels, and its text is short and shows no key."""
    event = read(b"event: a\nid: 7\nretry: 5\ndata: 1\n\n")[0]
    assert event == nk.ServerSentEvent("1", "a", "7", 5)
    assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301 - its own
    assert repr(event) == "ServerSentEvent('1', event='a', id='7', retry=5)"
    assert len(repr(nk.ServerSentEvent("x" * 1000))) < 200
