"""Pictures, sounds and prose made from a prompt; the same prompt always gives the same bytes."""

from __future__ import annotations

import array
import colorsys
import io
import math
import re
import struct
import sys
import wave
import zlib
from functools import lru_cache
from typing import Final

from notebook_kit.demo.chance import chance

__all__ = ["drawn", "played", "written"]

_CELLS: Final = 8
_COLOURS: Final = 4
_SAMPLES_PER_S: Final = 8000
_NOTE_S: Final = 0.12
_MOST_NOTES: Final = 40
_LOUDNESS: Final = 12_000
_LOWEST_HZ: Final = 220.0
#: The steps of a pentatonic scale, in semitones: any order of them sounds well.
_SCALE: Final = (0, 2, 4, 7, 9, 12, 14, 16, 19, 21)

_OPENINGS: Final = (
    "{subject} is a subject that rewards a closer look.",
    "Few things are as often asked for as {subject}.",
    "Here is what can be said of {subject} in a few words.",
)
_MIDDLES: Final = (
    "It begins with a question and ends with a better one.",
    "Those who know it well say that patience helps.",
    "The numbers tell one half of the story.",
    "It looks different in the morning than at night.",
    "Every detail has a reason, though not always a good one.",
    "What matters most is easily overlooked.",
)
_ENDINGS: Final = (
    "That is all there is to say about {subject}.",
    "The rest is left to the reader.",
    "And so {subject} goes on.",
)


@lru_cache(maxsize=256)
def drawn(prompt: str, width: int, height: int) -> bytes:
    """Return a PNG: a pattern of squares, the same on the left and on the right."""
    palette = bytes(value for index in range(_COLOURS) for value in _colour(prompt, index))
    rows = [_row(prompt, row, width) for row in range(_CELLS)]
    pixels = b"".join(rows[y * _CELLS // height] for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", palette),
            _chunk(b"IDAT", zlib.compress(pixels)),
            _chunk(b"IEND", b""),
        )
    )


def _colour(prompt: str, index: int) -> tuple[int, int, int]:
    hue = (chance("hue", prompt) + index * 0.12) % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.25 + 0.18 * index, 0.6)
    return int(red * 255), int(green * 255), int(blue * 255)


def _row(prompt: str, row: int, width: int) -> bytes:
    half = [int(chance("cell", prompt, row, cell) * _COLOURS) for cell in range(_CELLS // 2)]
    cells = half + half[::-1]
    # A row begins with the number of its filter; 0 is none.
    return bytes((0, *(cells[x * _CELLS // width] for x in range(width))))


def _chunk(name: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)


@lru_cache(maxsize=64)
def played(text: str) -> bytes:
    """Return a WAV: one note for each word, at most 40."""
    samples = array.array("h")
    for place, word in enumerate(text.split()[:_MOST_NOTES]):
        step = _SCALE[int(chance("note", word, place % 2) * len(_SCALE))]
        samples.extend(_note(_LOWEST_HZ * 2 ** (step / 12)))
    if sys.byteorder == "big":
        samples.byteswap()
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_SAMPLES_PER_S)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _note(frequency_hz: float) -> list[int]:
    count = int(_SAMPLES_PER_S * _NOTE_S)
    turn = 2 * math.pi * frequency_hz / _SAMPLES_PER_S
    # It swells and fades, so that notes do not click.
    return [
        int(_LOUDNESS * math.sin(math.pi * at / count) * math.sin(turn * at)) for at in range(count)
    ]


def written(prompt: str) -> str:
    """Return a short paragraph about the prompt.

    >>> written("the sea") == written("the sea")
    True
    """
    subject = " ".join(re.sub(r"\s+", " ", prompt).strip().split(" ")[:12]) or "nothing"
    count = 2 + int(chance("length", prompt) * 3)
    order = sorted(_MIDDLES, key=lambda sentence: chance("middle", prompt, sentence))
    opening = _OPENINGS[int(chance("opening", prompt) * len(_OPENINGS))]
    ending = _ENDINGS[int(chance("ending", prompt) * len(_ENDINGS))]
    text = " ".join((opening, *order[:count], ending)).replace("{subject}", subject)
    return text[:1].upper() + text[1:]
