"""The normal form of code: what is left when all that changes nothing is taken away."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_kit.storage.fingerprints.normal import form_of_bytecode, form_of_tree
from tests.storage.fingerprints.reaching import read

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = '''
async def f(row, *rest: int, limit: "int" = 10, **more) -> str:
    """What it does."""
    # to be improved
    answers: list[str] = []
    nothing: int
    for part in row["parts"][1:limit]:
        async with opened(part, mode="r") as source:
            answers.append(f"{await source.read()!r:>{limit}} of {part}" "!")
    if not answers and limit > 0x10:
        raise ValueError(b"none", -1.50, 1e3, ...)
    f"", f"{x!s:}", f'{x:>{y}.{z}f}' "", "a" f"{1}"
    return {key: [v for v in value if v is not None] for key, value in more.items()} or answers
'''
#: Edits that change nothing.
SAME: list[tuple[str, str]] = [
    ("# to be improved", "# much better\n\n\n    # now"),
    ('"""What it does."""', '"""What it really does."""'),
    ('    """What it does."""\n', ""),
    ("*rest: int", "*rest: float"),
    (" -> str:", ":"),
    ("answers: list[str] = []", "answers = []"),
    ("    nothing: int\n", ""),
    ("    nothing: int\n", '    "a text that nobody reads"\n    pass\n'),
    ("0x10", "16"),
    ("1e3", "1000.0"),
    ('row["parts"]', "row['parts']"),
    ('of {part}" "!"', 'of {part}!"'),
    ("if not answers and limit > 0x10:", "if (not answers\n            and limit > 0x10):"),
    ("1:limit", "1 : limit"),
]
#: Edits that change something.
OTHER: list[tuple[str, str]] = [
    ("1:limit", "2:limit"),
    ("limit > ", "limit >= "),
    ("not answers and", "not answers or"),
    ("source.read()", "source.text()"),
    ('"parts"', '"part"'),
    ("!r:", "!s:"),
    ("-1.50", "1.50"),
    ("-1.50", "-1.51"),
    ("1e3", "1000"),
    ('b"none"', '"none"'),
    ("...)", "None)"),
    ("is not None", "is not False"),
    ('mode="r"', 'mood="r"'),
    ("async with", "with"),
    ("**more", "**others"),
    ("async def f", "def f"),
]


def form(source: str) -> str:
    return form_of_tree(ast.parse(source))


@pytest.mark.parametrize(("old", "new"), SAME)
def test_what_changes_nothing(old: str, new: str) -> None:
    """Comments, layout, docstrings, annotations and other ways to write a number do not count."""
    assert old in SOURCE
    assert form(SOURCE.replace(old, new)) == form(SOURCE)


@pytest.mark.parametrize(("old", "new"), OTHER)
def test_what_changes_something(old: str, new: str) -> None:
    """Constants with their types, operators, names of attributes and parameters count."""
    assert old in SOURCE
    source = SOURCE.replace(old, new)
    assert form(source.replace("await ", "") if "async def" not in source else source) != form(
        SOURCE
    )


def test_the_form_is_the_same_under_every_python() -> None:
    """An upgrade of Python makes no other work of a function."""
    root = Path(__file__).resolve().parents[3]
    script = (
        "import ast, sys; from notebook_kit.storage.fingerprints.normal import form_of_tree;"
        "print(form_of_tree(ast.parse(sys.stdin.read())))"
    )
    others = [root / f".venv-{version}" / "bin" / "python" for version in ("3.12", "3.13")]
    for python in [sys.executable, *(str(it) for it in others if it.exists())]:
        told = subprocess.run(
            [python, "-c", script],
            input=SOURCE,
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            timeout=60,
        )
        assert told.stdout.strip() == form(SOURCE)


#: Functions of random statements, with a place for a constant in each.
_STATEMENTS = (
    "total = total + {0}",
    "row = row.strip({0})",
    "if row > {0}:\n        total = {0}",
    "for each in range({0}):\n        total += each",
    "text = f'{{row}} is {{total}}' + {0!r}",
    "row = [each for each in row if each != {0}]",
    "def inner(x, y={0}):\n        return x[{0}:y]\n    total = inner(row)",
    "total = (lambda x: x ** {0})(total)",
)
_CONSTANTS = st.one_of(
    st.integers(-(10**20), 10**20),
    st.text(max_size=20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
    st.binary(max_size=5),
)


@st.composite
def programs(draw: Callable[[Any], Any]) -> tuple[list[str], list[Any]]:
    """Statements and the constant in each."""
    size = draw(st.integers(1, 8))
    statements = draw(st.lists(st.sampled_from(_STATEMENTS), min_size=size, max_size=size))
    return statements, draw(st.lists(_CONSTANTS, min_size=size, max_size=size))


def written(statements: list[str], constants: list[Any]) -> str:
    lines = [
        statement.format(constant if "!r" in statement else repr(constant))
        for statement, constant in zip(statements, constants, strict=True)
    ]
    body = "".join(f"    {line}\n" for line in lines)
    return f"def f(row, total=0):\n{body}    return total\n"


@given(programs(), st.data())
def test_no_reformatting_counts(program: tuple[list[str], list[Any]], data: Any) -> None:
    """A round trip through a formatter, comments, blank lines and a docstring change nothing."""
    source = written(*program)
    other = ast.unparse(ast.parse(source)).splitlines()
    added = ("", "# a remark", "   # another", "\n")
    for _ in range(data.draw(st.integers(0, 6))):
        other.insert(data.draw(st.integers(1, len(other))), data.draw(st.sampled_from(added)))
    if data.draw(st.booleans()):
        other.insert(1, f"    {data.draw(st.text(max_size=30))!r}")
    before, now = read(source), read("\n" * data.draw(st.integers(0, 3)) + "\n".join(other))
    assert now.digest == before.digest


@given(programs(), st.data())
def test_every_other_constant_counts(program: tuple[list[str], list[Any]], data: Any) -> None:
    """An edit of any one constant is another work."""
    statements, constants = program
    at = data.draw(st.integers(0, len(constants) - 1))
    before = constants[at]
    other = data.draw(_CONSTANTS.filter(lambda it: repr(it) != repr(before)))
    edited = [*constants[:at], other, *constants[at + 1 :]]
    one, two = read(written(statements, constants)), read(written(statements, edited))
    assert one.digest != two.digest
    assert two.changes_since(one.to_json()) == "the code of f() has changed"


def test_bytecode_without_its_lines() -> None:
    """Where there is only bytecode, layout and docstrings do not count, and operators do."""
    texts = (
        "def f(x): return x + g(1)",
        'def f(x):\n    "doc"\n\n    return x + g(1)',
        "def f(x): return x - g(1)",
        "def f(x): return x + h(1)",
    )
    forms = []
    nested = "def f(x): return [lambda: (y, x in {'a', 'b'}) for y in x]"
    for text in (*texts, nested, nested.replace("'b'", "'c'"), nested):
        scope: dict[str, Any] = {}
        exec(text, scope)  # noqa: S102 - the test's own text
        forms.append(form_of_bytecode(scope["f"].__code__))
    assert forms[0] == forms[1]
    assert forms[4] == forms[6]
    assert len(set(forms)) == 5
    assert forms[0].startswith(f"{sys.version_info.major}.{sys.version_info.minor}:")
