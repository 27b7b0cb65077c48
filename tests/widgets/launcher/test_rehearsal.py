from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.widgets.launcher.choice import Names
from notebook_kit.widgets.launcher.code import Code
from notebook_kit.widgets.launcher.namespace import find_data
from notebook_kit.widgets.launcher.rehearsal import in_words, preview, run_code

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher import Target


def target_of(function: Any) -> Target:
    form = nk.launcher(function)
    target: Target = form._front.table.target
    return target


def test_the_first_call_is_seen_and_not_made(capsys: pytest.CaptureFixture[str]) -> None:
    """The preview shows the call for the first row; the function is not called for it."""
    called: list[Any] = []
    frame = pd.DataFrame({"city": ["Bern", "Oslo"]})
    (data,) = find_data({"frame": frame}, {})
    code = Code("nk.map", ("f", 'frame.assign(name=frame["city"])'), "out")

    def f(name: str, size: int = 3) -> None:
        called.append((name, size))

    first = preview(code, target_of(f), Names("f"), data, {"frame": frame})
    assert (first.head, called) == ("f(name='Bern')", [])
    assert "f(name, size=3)" in capsys.readouterr().out


@pytest.mark.usefixtures("capsys")
def test_a_lambda_has_a_source() -> None:
    """What the code makes can be told from what other code makes, as a checkpoint must."""
    code = Code("nk.map", ("lambda item: f(item, 1)", "items"), "frame")

    def f(*given: int) -> tuple[int, ...]:
        return given

    seen: list[str] = []

    class Kit:
        @staticmethod
        def map(function: Any, items: Any, **options: Any) -> str:
            seen.append(inspect.getsource(function))
            return f"{[function(item) for item in items]} {options}"

    target = target_of(f)
    stand_in = type("Target", (), {"kit": Kit, "subject": staticmethod(f)})
    made = run_code(code, stand_in, Names("f"), {"items": [5]})  # type: ignore[arg-type]  # enough
    assert made == "[(5, 1)] {'progress': False}"
    assert seen == [code.expression + "\n"]
    assert target.is_function


def test_errors_are_sentences() -> None:
    """An error of the kit is its own sentence; others are named, and secrets struck out."""
    nk.Secret("sk-9876543210")
    assert in_words(nk.ConfigurationError("No.")) == "No."
    assert in_words(KeyError("sk-9876543210")) == "KeyError: '****'"
    assert in_words(ValueError()) == "ValueError"
