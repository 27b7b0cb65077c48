"""What a function reaches: helpers, constants, closures, defaults, partials, decorators."""

from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.storage.fingerprints import fingerprint
from tests.storage.fingerprints.reaching import changed, edited, read
from tests.storage.helpers import run_cell

CELL = '''
import functools
import json as written
from textwrap import shorten

PROMPT = "Sum up: "
LIMIT = 100
OPTIONS = {"model": "small", "stop": [".", ";"]}
unrelated = 1

def clean(text):
    """Return it without blanks."""
    return text.strip()[:LIMIT]

def score(text, weight):
    return len(text) * weight

tidy, loud = (lambda text: text.lower()), (lambda text: text.upper())
weighed = functools.partial(score, weight=2)

async def f(row, times: int = 3):
    """Ask."""
    text = shorten(tidy(clean(row)), 50)
    return PROMPT + written.dumps([text * times, weighed(text), OPTIONS])
'''


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"Sum up: "',
            '"Summarise: "',
            "the constant PROMPT that f() uses was 'Sum up: ' and is 'Summarise: '",
        ),
        ("LIMIT = 100", "LIMIT = 120", "the constant LIMIT that clean() uses was 100 and is 120"),
        (
            '"small"',
            '"large"',
            "the constant OPTIONS['model'] that f() uses was 'small' and is 'large'",
        ),
        ('";"]', '"!"]', "the constant OPTIONS['stop'][1] that f() uses was ';' and is '!'"),
        ("text.strip()", "text.lstrip()", "the code of the helper clean() has changed"),
        ("len(text) *", "len(text) +", "the code of the helper score() has changed"),
        ("text.lower()", "text.title()", "the code of the lambda tidy has changed"),
        ("weight=2", "weight=3", "the argument weight of partial(score()) was 2 and is 3"),
        (
            "times: int = 3",
            "times: int = 4",
            "the code of f() has changed; the default of times of f() was 3 and is 4",
        ),
        ("text * times", "times * text", "the code of f() has changed"),
        (
            "import json as",
            "import pickle as",
            "written that f() uses was the module json and is the module pickle",
        ),
        (
            "from textwrap import shorten",
            "from textwrap import fill as shorten",
            "shorten that f() uses was textwrap.shorten() and is textwrap.fill()",
        ),
    ],
)
def test_edits_are_noticed_and_named(old: str, new: str, said: str) -> None:
    """Each edit of what is reached makes other work, and is told by name."""
    assert edited(CELL, old, new) == said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("unrelated = 1", "unrelated = 2"),
        ("text.upper()", "text.title()"),
        ('"""Ask."""', '"""Ask once more."""'),
        ("times: int = 3", "times: float=3"),
        ("\ndef clean", "\n# Better\n\n\ndef clean"),
        (
            "[text * times, weighed(text), OPTIONS]",
            "[\n        text*times,\n weighed(text), OPTIONS]",
        ),
        ('"model": "small", "stop": [".", ";"]', '"stop": [".", ";"], "model": "small"'),
        ("LIMIT = 100", "LIMIT = 10 * 10"),
    ],
)
def test_other_edits_are_not(old: str, new: str) -> None:
    """What nothing reaches, and what says the same in other words, makes no other work."""
    assert edited(CELL, old, new) == ""


def test_a_cell_that_is_run_again_is_the_same_work() -> None:
    """Neither the objects nor the names of the cells count."""
    assert changed(CELL, CELL) == ""


def test_another_function_under_the_same_name() -> None:
    """A name that stands for another function is told as that."""
    source = "def one(x): return 1\ndef two(x): return 2\nhelp = one\ndef f(x): return help(x)\n"
    said = edited(source, "help = one", "help = two")
    assert "help that f() uses was one() and is two()" in said
    assert "the code of the helper one() is not used any more" in said
    assert "the code of the helper two() is new" in said


def test_circles_end() -> None:
    """Functions that call themselves and each other are looked at once."""
    source = "def g(x): return f(x - 1) if x else 0\ndef f(x): return g(x) + f(x - 1) if x else 1\n"
    assert edited(source, "else 0", "else 2") == "the code of the helper g() has changed"


def test_generators_and_async_functions() -> None:
    """Of every kind of function what it reaches counts."""
    source = (
        "N = 3\n"
        "def h(x): yield from range(N)\n"
        "async def g(x):\n"
        "    yield [z for z in h(x)]\n"
        "async def f(x):\n"
        "    async for y in g(x):\n"
        "        return y\n"
    )
    assert edited(source, "N = 3", "N = 4") == "the constant N that h() uses was 3 and is 4"


def test_closures() -> None:
    """What a function was made with counts, for each that was made of it."""
    source = (
        "def make(n):\n"
        "    return lambda x: x + n\n"
        "one, two = make(1), make(2)\n"
        "def f(x): return one(x) + two(x)\n"
    )
    said = edited(source, "make(2)", "make(3)")
    assert said == "the variable n around the lambda two was 2 and is 3"


def test_inner_functions_that_call_themselves() -> None:
    """A variable that is not there yet is passed over."""
    source = (
        "def make():\n"
        "    def f(x): return late if x else f(x - 1)\n"
        "    inner = f\n"
        "    return f\n"
        "    late = 1\n"
        "f = make()\n"
    )
    assert edited(source, "x - 1", "x - 2") == "the code of make.f() has changed"


def test_what_a_function_changes_itself_is_not_compared() -> None:
    """Counters and lists that fill while it runs are named, because nobody can tell an edit."""
    source = (
        "seen, total, cache, kept = [], 0, {}, {'a': 1}\n"
        "def f(x):\n"
        "    global total\n"
        "    total += 1\n"
        "    seen.append(x)\n"
        "    cache[x] = 1\n"
        "    return kept.get(x)\n"
    )
    assert edited(source, "'a': 1", "'a': 2") != ""
    scope = run_cell(source)
    before = fingerprint({"function": scope["f"]})
    scope["f"](1)
    assert fingerprint({"function": scope["f"]}).digest == before.digest
    assert before.left_out == (
        "cache, which f() changes itself",
        "seen, which f() changes itself",
        "total, which f() changes itself",
    )


def test_an_object_that_a_function_changes() -> None:
    """Only the attribute that it sets is left out; methods called `add` are the object's own."""
    source = (
        "class State:\n"
        "    def __init__(self, n): self.n = n; self.last = self.items = None\n"
        "    def add(self, x): return x\n"
        "state, kept = State(1), State(2)\n"
        "state.items = []\n"
        "def f(x):\n"
        "    global kept\n"
        "    state.last = x\n"
        "    state.items.append(x)\n"
        "    kept = x\n"
        "    return state.add(x)\n"
    )
    assert edited(source, "State(1)", "State(3)") == (
        "the constant state.n that f() uses was 1 and is 3"
    )
    scope = run_cell(source)
    before = fingerprint({"function": scope["f"]})
    scope["f"](1)
    assert fingerprint({"function": scope["f"]}).digest == before.digest
    assert before.left_out == (
        "state.items, which f() changes itself",
        "state.last, which f() changes itself",
    )


def test_a_variable_around_that_a_function_changes() -> None:
    """The same of variables of the function around it."""
    source = (
        "def make(n):\n"
        "    seen, total = [], 0\n"
        "    def inner(x):\n"
        "        nonlocal total\n"
        "        total += 1\n"
        "        seen.append(x)\n"
        "        return x + n\n"
        "    return inner\n"
        "f = make(3)\n"
    )
    scope = run_cell(source)
    before = fingerprint({"function": scope["f"]})
    scope["f"](1)
    assert fingerprint({"function": scope["f"]}).digest == before.digest
    assert [it.partition(",")[0] for it in before.left_out] == ["seen", "total"]


DECORATED = """
import functools
def deco(p):
    def outer(fn):
        @functools.wraps(fn)
        def call(*args):
            return fn(*args) + p
        return call
    return outer
PLUS = 1
@deco(PLUS)
def f(x): return x
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return x\n", "return -x\n", "the code of the helper f() has changed"),
        ("+ p", "- p", "the code of deco.outer.call() has changed"),
        ("PLUS = 1", "PLUS = 2", "the variable p around deco.outer.call() was 1 and is 2"),
    ],
)
def test_decorators_of_the_users_own(old: str, new: str, said: str) -> None:
    """The function, the decorator and what it was given count."""
    assert edited(DECORATED, old, new) == said


@pytest.mark.parametrize(
    "decorator",
    [
        "functools.lru_cache",
        "functools.cache",
        "contextlib.contextmanager",
        "nk.cached",
        "nk.retry",
        "toolz.curry",
        "functools.partial(functools.partial, len=len)",
    ],
)
def test_decorators_of_libraries(decorator: str) -> None:
    """What they wrap counts."""
    source = (
        "import contextlib, functools, toolz, notebook_kit as nk\n"
        f"@{decorator}\n"
        "def f(x): return g(x)\n"
        "def g(x): return 1\n"
    )
    assert edited(source, "return 1", "return 2") == "the code of the helper g() has changed"


def test_functions_that_a_library_has_put_together() -> None:
    """An object that holds functions of the user's reaches them."""
    source = (
        "import operator, toolz, numpy as np\n"
        "def g(x): return 1\n"
        "def h(x): return 2\n"
        "both, many = toolz.compose(g, h), np.vectorize(h)\n"
        "def f(x): return both(x), many(x)\n"
    )
    assert edited(source, "return 1", "return 3") == "the code of the helper g() has changed"
    assert edited(source, "return 2", "return 3") == "the code of the helper h() has changed"


def test_partials_of_partials() -> None:
    """Arguments by place and by name count, of each partial."""
    source = (
        "from functools import partial\n"
        "def g(a, b, c): return a\n"
        "f = partial(partial(g, 1), c=[2])\n"
    )
    assert edited(source, "g, 1", "g, 3") == "the argument 0 of partial(g()) was 1 and is 3"
    assert edited(source, "c=[2]", "c=[4]") == "the argument c[0] of partial(g()) was 2 and is 4"
    assert edited(source, ", c=[2]", "") == "the argument c[0] of partial(g()) is gone"


def test_two_partials_of_one_function() -> None:
    """The arguments of each are kept apart."""
    source = (
        "from functools import partial\n"
        "def g(a): return a\n"
        "one, two = partial(g, 1), partial(g, 2)\n"
        "def f(x): return one() + two()\n"
    )
    said = edited(source, "partial(g, 2)", "partial(g, 3)")
    assert said == "the argument 0 of partial(g()) (2) was 2 and is 3"


def test_static_methods_outside_of_classes() -> None:
    """A function in such a wrapping counts as itself."""
    source = "@staticmethod\ndef g(x): return 1\ndef f(x): return g(x)\n"
    assert edited(source, "return 1", "return 2") == "the code of the helper g() has changed"


def test_lambdas_on_one_line() -> None:
    """Only the one that is mapped counts, whatever else is on its line."""
    source = "f, g = (lambda x: x + 1), (lambda x: x + 2)\n"
    assert edited(source, "x + 1", "x + 3") == "the code of the lambda has changed"
    assert edited(source, "x + 2", "x + 3") == ""


def test_functions_in_structures() -> None:
    """Functions in lists and dictionaries count as they stand there, in large ones too."""
    source = (
        "def a(x): return 1\n"
        "def b(x): return 2\n"
        "STEPS, BY_NAME, MANY = [a], {'b': b}, [b] * 200\n"
        "def f(x): return STEPS, BY_NAME, MANY\n"
    )
    assert edited(source, "return 1", "return 3") == "the code of the helper a() has changed"
    assert edited(source, "return 2", "return 3") == "the code of the helper b() has changed"
    assert edited(source, "[b] * 200", "[a] * 200") == "the constant MANY that f() uses is another"


def test_attributes_of_functions() -> None:
    """What is written onto a function counts where it is asked for."""
    source = "def g(x): return 1\ng.limit = 1\ng.note = 2\ndef f(x): return g.limit\n"
    assert (
        edited(source, "limit = 1", "limit = 2")
        == "the constant g.limit that f() uses was 1 and is 2"
    )
    assert edited(source, "note = 2", "note = 3") == ""


def test_without_a_source_the_bytecode_counts() -> None:
    """A function that exec has made of a text is read all the same, and nothing is amiss."""
    texts = {
        "first": "K = 2\ndef g(x): return x + K\ndef f(x): return g(x)\n",
        "laid out": "K = 2\ndef g(x):\n    'doc'\n\n    return x + K\ndef f(x): return g(x)\n",
        "edited": "K = 2\ndef g(x): return x - K\ndef f(x): return g(x)\n",
    }
    made: dict[str, Any] = {}
    for name, text in texts.items():
        scope: dict[str, Any] = {}
        exec(text, scope)  # noqa: S102 - the test's own text
        made[name] = fingerprint({"function": scope["f"]})
    assert made["first"].digest == made["laid out"].digest
    assert made["first"].unreadable == ()
    said = made["edited"].changes_since(made["first"].to_json())
    assert said == "the code of the helper g() has changed"
    upgraded = made["first"].to_json().replace("bytecode:3", "bytecode:2")
    assert "because its source is not there and Python is another" in made["first"].changes_since(
        upgraded
    )


def test_a_name_that_is_not_there_yet() -> None:
    """A helper that is defined later is new then."""
    source = "def f(x): return later(x)\n"
    said = changed(source, source + "def later(x): return 1\n")
    assert said == "the code of the helper later() is new; later that f() uses is new"


def test_functions_of_libraries_count_by_name() -> None:
    """Python's own and installed functions are known by name, bound ones with their objects."""
    found = {
        fingerprint({"function": each}).digest
        for each in (len, print, str.upper, "a".join, "b".join, [1].index, int, dict.fromkeys)
    }
    assert len(found) == 8
    assert fingerprint({"function": "a".join}).unreadable == ()


def test_the_versions_of_what_is_used() -> None:
    """Installed modules and Python are told with their versions, and make no other work."""
    import pandas as pd

    work = read(
        "import pandas, json\n"
        "from httpx import URL\n"
        "def f(x):\n"
        "    import yarl\n"
        "    return pandas.DataFrame(json.loads(x)), URL\n"
    )
    assert set(work.versions) == {"pandas", "Python", "httpx", "yarl"}
    assert work.versions["pandas"] == pd.__version__
    kept = work.to_json().replace(f'"pandas": "{pd.__version__}"', '"pandas": "2.0.0"')
    assert work.version_changes_since(kept) == f"pandas was 2.0.0 and is {pd.__version__}"
    assert work.version_changes_since(work.to_json()) == ""


def test_what_a_version_says_stands_for_what_cannot_be_read() -> None:
    """With version= nothing is named as unreadable, and the version is part of the work."""
    scope = run_cell("import random\nrng = random.Random(1)\ndef f(x): return x, rng.random()\n")
    without = fingerprint({"function": scope["f"], "version": None})
    assert without.unreadable == ("rng that f() uses, an object of random.Random",)
    one, two = (fingerprint({"function": scope["f"], "version": it}) for it in ("1", "2"))
    assert one.unreadable == ()
    assert two.changes_since(one.to_json()) == "version was '1' and is '2'"
    assert without.changes_since(one.to_json()) == ("version is not given any more ('1')")


def test_a_very_long_expression() -> None:
    """Code that is nested deeply is read like any other."""
    source = "def f(x): return x" + "+x" * 900 + "\n"
    assert (
        changed(source, source.replace("return x", "return -x", 1)) == "the code of f() has changed"
    )


def test_the_name_of_the_function_that_is_mapped() -> None:
    """A given function is told by name, a lambda as one."""
    f = run_cell("def f(x): return x\n")["f"]
    one, two = fingerprint({"parse": "json"}), fingerprint({"parse": f})
    assert "parse was 'json' and is f()" in two.changes_since(one.to_json())
    json_ = fingerprint({"json": run_cell("f = lambda row: row\n")["f"]})
    assert set(json_.parts) == {"given json", "code the lambda of json="}
