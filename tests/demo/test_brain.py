from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_kit.demo.brain import count_tokens, embed, pieces, think
from notebook_kit.demo.data import load_airports


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("The lounge was clean and the staff were friendly.", "positive"),
        ("My flight was delayed and my bag was lost.", "negative"),
        ("The food was not very good.", "negative"),
        ("We landed at noon.", "neutral"),
    ],
)
def test_it_tells_the_sentiment_of_a_text(text: str, sentiment: str) -> None:
    """Asked in the prompt or in the instructions; the words of the question do not count."""
    airports = load_airports()
    asked = think(f"Is this positive or negative? {text}", "", airports)
    told = think(text, "Answer with the sentiment: positive, negative or neutral.", airports)
    assert asked == told
    assert (told.kind, told.text) == ("sentiment", sentiment)


@pytest.mark.parametrize(
    ("question", "country"),
    [
        ("Which country is OSL in?", "Norway"),
        ("Where is Buenos Aires?", "Argentina"),
        ("In which country is the airport of Rio de Janeiro?", "Brazil"),
        ("Which country is Atlantis in?", "unknown"),
    ],
)
def test_it_knows_the_country_of_airports_and_cities(question: str, country: str) -> None:
    """By IATA code or by the name of the city."""
    assert think(question, "", load_airports()).text == country


@pytest.mark.parametrize(
    ("question", "result"), [("What is 6 * 7?", "42"), ("12 + 30", "42"), ("50 - 8", "42")]
)
def test_it_does_sums(question: str, result: str) -> None:
    """Of two whole numbers."""
    assert think(question, "", load_airports()).text == result


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("Tell me about aeroplanes", "You wrote 4 words; the longest is 'aeroplanes'."),
        ("Hello", "You wrote 1 word; the longest is 'Hello'."),
        ("?!", "There was nothing to answer."),
    ],
)
def test_it_has_something_to_say_to_anything(text: str, remark: str) -> None:
    """Never nothing, and never something made up."""
    assert think(text, "", load_airports()).text == remark


@settings(max_examples=50)
@given(st.text())
def test_the_tokens_of_a_text_give_the_text_again(text: str) -> None:
    """Nothing is lost when an answer is streamed token by token."""
    assert "".join(pieces(text)) == text
    assert count_tokens(text) == len(pieces(text))


def test_texts_that_share_words_are_near_each_other() -> None:
    """The vectors have length 1, and their product tells the likeness."""

    def likeness(one: str, other: str) -> float:
        return sum(a * b for a, b in zip(embed(one, 64), embed(other, 64), strict=True))

    assert likeness("a cold windy night", "A cold, windy night!") == pytest.approx(1, abs=1e-4)
    near = likeness("a cold windy night", "a cold windy day")
    far = likeness("a cold windy night", "seven green apples")
    assert near > 0.5 > far
    assert math.hypot(*embed("anything", 16)) == pytest.approx(1, abs=1e-4)
