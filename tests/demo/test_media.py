from __future__ import annotations

import io
import wave

import pytest
from PIL import Image

from notebook_kit.demo.media import drawn, played, written


@pytest.mark.parametrize(("width", "height"), [(8, 8), (128, 128), (1024, 9)])
def test_a_drawing_is_a_png_that_other_programs_read(width: int, height: int) -> None:
    """Of the size asked for, with more than one colour, the same on the left and the right."""
    with Image.open(io.BytesIO(drawn("a red fox", width, height))) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (width, height))
        rgb = picture.convert("RGB")
        assert len(rgb.getcolors() or []) > 1
        assert rgb.getpixel((0, 0)) == rgb.getpixel((width - 1, 0))


def test_a_drawing_belongs_to_its_prompt() -> None:
    """The same prompt gives the same bytes, another prompt others."""
    drawn.cache_clear()
    first = drawn("fox", 64, 64)
    drawn.cache_clear()
    assert drawn("fox", 64, 64) == first
    assert drawn("hen", 64, 64) != first


def test_a_sound_is_a_wav_with_a_note_for_each_word() -> None:
    """120 ms each, at most 40 of them, and not silent."""
    with wave.open(io.BytesIO(played("one two three"))) as sound:
        assert sound.getnframes() == 3 * 960
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        assert len(set(sound.readframes(960))) > 100
    with wave.open(io.BytesIO(played("word " * 100))) as sound:
        assert sound.getnframes() == 40 * 960


def test_a_text_speaks_of_its_prompt_and_nothing_else_changes_it() -> None:
    """The subject is in it, as written, and the text is the same each time."""
    text = written("the {subject}  of\nthe sea")
    assert text == written("the {subject}  of\nthe sea")
    assert "of the sea" in text
    assert text != written("the hills")


@pytest.mark.parametrize("prompt", ["", "   ", "\ud800", "word " * 1000])
def test_any_prompt_gives_a_text_of_moderate_length(prompt: str) -> None:
    """Also an empty, a broken and a very long one."""
    assert 50 < len(written(prompt)) < 1000
