"""A notebook in a real kernel: cells that are edited and run again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.widgets.kernels import Kernel, running_kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.kernel

#: The cells of a notebook, by names that nothing but this test knows.
CELLS = {
    "imports": "import functools, json\nimport notebook_kit as nk\nimport fp_beside as beside",
    "constant": 'PROMPT = "Sum up: "',
    "clean": "def clean(text):\n    return text.strip()",
    "score": "def score(text, weight):\n    return len(text) * weight",
    "lambda": "tidy, other = (lambda text: text.lower()), (lambda text: text.upper())",
    "partial": "weighed = functools.partial(score, weight=2)",
    "client": (
        'api = nk.Client("https://one.example", headers={"api-version": "1", "x-api-key": "abc"})'
    ),
    "unrelated": "answer = 42",
    "main": (
        "async def summarise(row):\n"
        '    """Sum up one row."""\n'
        "    # as it is\n"
        "    text = beside.cut(tidy(clean(row)))\n"
        "    made = await api.get('/x', params={'q': PROMPT + text})\n"
        "    return made.json(), weighed(text)"
    ),
}
READ = """
from notebook_kit.storage.fingerprints import fingerprint as _read
def _told(kept=None):
    work = _read({"function": summarise})
    return json.dumps([work.digest.hex(), work.to_json(), kept and work.changes_since(kept)])
"""
#: Edits of one cell each, and what is said of them.
EDITS = [
    (
        "constant",
        "Sum up",
        "Summarise",
        "the constant PROMPT that summarise() uses was 'Sum up: ' and is 'Summarise: '",
    ),
    ("clean", ".strip()", ".lstrip()", "the code of the helper clean() has changed"),
    ("score", "* weight", "+ weight", "the code of the helper score() has changed"),
    ("lambda", ".lower()", ".title()", "the code of the lambda tidy has changed"),
    ("partial", "weight=2", "weight=3", "the argument weight of partial(score()) was 2 and is 3"),
    (
        "client",
        "one.example",
        "two.example",
        (
            "the constant api.base_url that summarise() uses was 'https://one.example' and is "
            "'https://two.example'"
        ),
    ),
    (
        "client",
        '"1"',
        '"2"',
        "the constant api.headers['api-version'] that summarise() uses was '1' and is '2'",
    ),
    ("main", "weighed(text)", "-weighed(text)", "the code of summarise() has changed"),
]
#: Edits that change nothing.
SAME = [
    ("unrelated", "42", "43"),
    ("main", "# as it is", "# better\n\n    # now"),
    ("main", "Sum up one row.", "Sum up."),
    ("main", "(row):", "(row: str) -> tuple:"),
    ("main", "text = beside", "text  =   beside"),
    ("clean", "def clean", "# before\n\ndef clean"),
    ("lambda", ".upper()", ".title()"),
    ("client", '"abc"', '"def"'),
    ("constant", '"Sum up: "', "'Sum ' 'up: '"),
]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "fp_beside.py").write_text("LIMIT = 10\ndef cut(text): return text[:LIMIT]\n")
    with running_kernel(folder) as kernel:
        for cell in (*CELLS.values(), READ):
            kernel.execute(cell)
        yield kernel


def told(kernel: Kernel, kept: str | None = None) -> tuple[str, str, str | None]:
    digest, now, said = json.loads(kernel.printed(f"_told({kept!r})"))
    return digest, now, said


@pytest.mark.parametrize(("cell", "old", "new", "said"), EDITS)
def test_an_edit_is_noticed(kernel: Kernel, cell: str, old: str, new: str, said: str) -> None:
    """Editing one cell and running it makes other work; undoing that makes the old one again."""
    digest, kept, _ = told(kernel)
    assert CELLS[cell].count(old) == 1
    again = [CELLS["partial"]] if cell == "score" else []
    for code in (CELLS[cell].replace(old, new), *again):
        kernel.execute(code)
    assert told(kernel, kept)[2] == said
    for code in (CELLS[cell], *again):
        kernel.execute(code)
    assert told(kernel)[0] == digest


@pytest.mark.parametrize(("cell", "old", "new"), SAME)
def test_an_edit_that_means_nothing_is_not(kernel: Kernel, cell: str, old: str, new: str) -> None:
    """Comments, docstrings, layout, types, a renewed key and unrelated cells change nothing."""
    digest, kept, _ = told(kernel)
    assert CELLS[cell].count(old) == 1
    kernel.execute(CELLS[cell].replace(old, new))
    assert told(kernel, kept)[0] == digest
    kernel.execute(CELLS[cell])
    assert told(kernel)[0] == digest


def test_a_new_kernel_reads_the_same(
    kernel: Kernel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After a restart, in another folder, with cells run in another order, it is the same work."""
    folder = tmp_path_factory.mktemp("restarted")
    (folder / "fp_beside.py").write_text(
        "# moved\nLIMIT = 10\n\n\ndef cut(text): return text[:LIMIT]\n"
    )
    names = [it for it in CELLS if it not in ("imports", "score", "partial")]
    with running_kernel(folder) as other:
        for name in ("imports", *reversed(names), "score", "partial"):
            other.execute(CELLS[name])
        other.execute(READ)
        assert told(other)[0] == told(kernel)[0]


def test_a_module_that_is_reloaded_by_itself(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With %autoreload an edit of a file beside the notebook is noticed at the next cell."""
    folder = tmp_path_factory.mktemp("reloading")
    beside = folder / "fp_beside.py"
    beside.write_text("LIMIT = 10\ndef cut(text): return text[:LIMIT]\n")
    with running_kernel(folder) as kernel:
        kernel.execute("%load_ext autoreload\n%autoreload 2")
        for cell in (*CELLS.values(), READ):
            kernel.execute(cell)
        _, kept, _ = told(kernel)
        beside.write_text("# a comment\nLIMIT = 10\ndef cut(text): return text[: LIMIT]\n")
        assert told(kernel, kept)[2] == ""
        beside.write_text("# a comment\nLIMIT = 10\n\n\ndef cut(text): return text[-LIMIT:]\n")
        said = told(kernel, kept)[2]
        assert said == "the code of the helper fp_beside.cut() has changed"


def test_a_program_that_is_given_as_text() -> None:
    """`python -c` and a plain script read their functions too, and the interactive prompt does."""
    import subprocess
    import sys

    program = (
        "from notebook_kit.storage.fingerprints import fingerprint\n"
        "LIMIT = {0}\n"
        "def cut(text):\n"
        "    return text[:LIMIT]\n"
        "\n"
        "work = fingerprint(dict(function=cut))\n"
        "print(work.digest.hex(), work.unreadable)\n"
    )

    def run(text: str, *, as_input: bool) -> str:
        command = [sys.executable, *(["-i", "-q"] if as_input else ["-c", text])]
        done = subprocess.run(
            command,
            input=text if as_input else None,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.strip()

    for as_input in (False, True):
        first, again, other = (run(program.format(n), as_input=as_input) for n in (1, 1, 2))
        assert first == again != other
        assert first.endswith(" ()")
