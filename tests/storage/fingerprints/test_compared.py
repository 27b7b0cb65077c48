"""What of a work is compared: a function that only gets another name is the same function."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from notebook_kit.storage.fingerprints import Fingerprint, fingerprint
from tests.storage.fingerprints.reaching import read
from tests.storage.helpers import run_cell

FUNCTION = (
    "PROMPT = 'Sum up: '\n"
    "def help(x): return PROMPT + x\n"
    "def ask(x, n=(1, [2]), *, m=help): return help(x) * len(n)\n"
)
AROUND = "def make(n):\n    def ask(x): return x + n\n    return ask\nask = make(3)\n"


def renamed(source: str) -> str:
    return source.replace("ask", "query")


@pytest.mark.parametrize("source", [FUNCTION, AROUND, FUNCTION.replace("def ask", "async def ask")])
def test_a_function_with_another_name_is_the_same_work(source: str) -> None:
    """Its code, defaults, closure and globals are the same, and nothing is told."""
    one, other = read(source, "ask"), read(renamed(source), "query")
    assert other.digest == one.digest
    assert other.distance_from(one.to_json()) == 0
    assert other.changes_since(one.to_json()) == one.changes_since(other.to_json()) == ""


def test_functions_that_are_given_beside_or_in_part() -> None:
    """A key, and the function of a partial, may get another name too."""

    def work(name: str) -> Fingerprint:
        scope = run_cell(f"def {name}(x, y): return x\ndef {name}_key(x): return x['id']\n")
        function = functools.partial(scope[name], y=1)
        return fingerprint({"function": function, "key": scope[f"{name}_key"]})

    assert work("ask").digest == work("query").digest
    assert work("query").changes_since(work("ask").to_json()) == ""


def test_two_functions_that_change_places_are_told_apart() -> None:
    """Equal names for what was given stand for what each was given as."""
    scope = run_cell("def a(x): return x\ndef b(x): return -x\n")

    def work(function: Any, key: Any) -> bytes:
        return fingerprint({"function": function, "key": key}).digest

    digests = {work(scope[one], scope[other]) for one in "ab" for other in "ab"}
    assert len(digests) == 4


def test_what_else_has_changed_is_told_in_the_present_names() -> None:
    """A rename is no part of what is told."""
    now = renamed(FUNCTION).replace("n=(1, [2])", "n=(1, [3])").replace("Sum up", "Boil down")
    before, after = read(FUNCTION, "ask"), read(now, "query")
    assert after.changes_since(before.to_json()) == (
        "the code of query() has changed; the default of n[1][0] of query() was 2 and is 3; the "
        "constant PROMPT that help() uses was 'Sum up: ' and is 'Boil down: '"
    )
    assert after.distance_from(before.to_json()) == 3


@pytest.mark.parametrize(
    "source",
    [
        "def ask(x): return ask(x - 1) if x else 0\n",
        "import random\nrng = random.Random(1)\ndef ask(x): return rng\n",
    ],
    ids=["it calls itself", "it cannot be read as a whole"],
)
def test_names_that_count(source: str) -> None:
    """Where the code has its own name in it, or not all of it can be read, it is other work."""
    assert read(renamed(source), "query").digest != read(source, "ask").digest


def test_the_name_of_a_helper_counts() -> None:
    """It stands in the code that calls it."""
    source = FUNCTION.replace("help", "assist")
    assert read(source, "ask").digest != read(FUNCTION, "ask").digest


def test_what_was_kept_in_another_form_is_not_known() -> None:
    """Parts of which the form is another are not compared."""
    work = read(FUNCTION, "ask")
    kept = work.to_json().replace('"form": 2', '"form": 1')
    assert work.changes_since(kept) == "what it was is not known any more"
