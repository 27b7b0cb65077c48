"""A very small mind for the chat route: a few rules that give sensible, repeatable answers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from notebook_kit.demo.chance import chance
from notebook_kit.demo.countries import country_name

if TYPE_CHECKING:
    from notebook_kit.demo.data import Airports

__all__ = ["Thought", "count_tokens", "embed", "pieces", "think"]

_GOOD: Final = re.compile(
    r"amazing|awesome|beautiful|best|brilliant|clean|comfortable|delicious|delighted|easy|enjoy|"
    r"enjoyed|excellent|fantastic|fast|fine|friendly|glad|good|great|happy|helpful|liked|love|"
    r"loved|lovely|nice|perfect|pleasant|pleased|quick|quiet|recommend|smooth|superb|warm|wonderful"
)
_BAD: Final = re.compile(
    r"angry|annoying|awful|bad|boring|broken|cancelled|chaos|chaotic|cold|crowded|delay|delayed|"
    r"dirty|disappointed|disappointing|expensive|failed|hate|hated|horrible|late|lost|mess|missed|"
    r"never|noisy|overpriced|poor|rude|sad|slow|terrible|tired|ugly|uncomfortable|unfriendly|"
    r"unhappy|useless|waste|worse|worst|wrong"
)
_NEGATIONS: Final = frozenset({"not", "no", "isn't", "wasn't", "don't", "didn't", "hardly"})
_SUM: Final = re.compile(r"(-?\d{1,12})\s*([-+*x])\s*(-?\d{1,12})")
_WORD: Final = re.compile(r"[\w'-]+")
_PIECE: Final = re.compile(r"\s*[\w'-]+|\s*[^\w\s]|\s+$")
_CODE: Final = re.compile(r"\b[A-Z]{3}\b")
_LONGEST_CITY: Final = 4


@dataclass(frozen=True, slots=True)
class Thought:
    """An answer, and what kind it is: ``sentiment``, ``country``, ``result`` or ``answer``."""

    kind: str
    text: str


def think(prompt: str, instructions: str, airports: Airports) -> Thought:
    """Return the answer to a prompt; the same prompt always gets the same one.

    It knows the sentiment of a text, the country of an airport or a city, and sums of two whole
    numbers. To anything else it answers with what it noticed of the text.
    """
    asked = f"{instructions}\n{prompt}".lower()
    if re.search(r"sentiment|positive|negative", asked):
        return Thought("sentiment", _sentiment(prompt))
    if re.search(r"country|where is|located", asked):
        return Thought("country", _country(prompt, airports))
    if match := _SUM.search(prompt):
        return Thought("result", str(_sum(int(match[1]), match[2], int(match[3]))))
    return Thought("answer", _remark(prompt))


def _sentiment(text: str) -> str:
    score = 0
    previous = ""
    for word in _WORD.findall(text.lower()):
        value = bool(_GOOD.fullmatch(word)) - bool(_BAD.fullmatch(word))
        score += -value if previous in _NEGATIONS else value
        # "not very good" is denied like "not good".
        previous = previous if word in {"a", "so", "the", "very"} else word
    return "neutral" if score == 0 else "positive" if score > 0 else "negative"


def _country(text: str, airports: Airports) -> str:
    for code in _CODE.findall(text):
        if airport := airports.by_iata.get(code):
            return str(airport["country_name"])
    words = _WORD.findall(text.lower())
    for length in range(_LONGEST_CITY, 0, -1):
        for at in range(len(words) - length + 1):
            if code := airports.country_of_city.get(" ".join(words[at : at + length])):
                return country_name(code)
    return "unknown"


def _sum(left: int, sign: str, right: int) -> int:
    if sign == "+":
        return left + right
    return left - right if sign == "-" else left * right


def _remark(text: str) -> str:
    words = _WORD.findall(text)
    if not words:
        return "There was nothing to answer."
    longest = max(words, key=len)
    noun = "word" if len(words) == 1 else "words"
    return f"You wrote {len(words)} {noun}; the longest is '{longest}'."


def pieces(text: str) -> list[str]:
    """Cut a text into tokens, which give the text again when joined.

    >>> pieces("It rains, again.")
    ['It', ' rains', ',', ' again', '.']
    """
    return _PIECE.findall(text)


def count_tokens(text: str) -> int:
    """Return how many tokens a text is counted as."""
    return len(pieces(text))


def embed(text: str, size: int) -> list[float]:
    """Return a vector of length 1 in which texts that share words are near each other."""
    words = _WORD.findall(text.lower()) or [""]
    vectors = (_word_vector(word, size) for word in words)
    vector = [sum(column) for column in zip(*vectors, strict=True)]
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [round(value / length, 6) for value in vector]


@lru_cache(maxsize=4096)
def _word_vector(word: str, size: int) -> tuple[float, ...]:
    return tuple(chance("embed", word, place) - 0.5 for place in range(size))
