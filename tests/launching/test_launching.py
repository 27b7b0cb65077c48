from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.launching.function import FunctionTarget
from notebook_kit.widgets.launcher.heard import Echo, Heard

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher import Launcher


def parameters_of(form: Launcher) -> list[tuple[str, bool, bool]]:
    found = form._front.table.target.parameters
    return [(it.name, it.required, it.by_position) for it in found]


def test_parameters_come_from_the_signature(capsys: pytest.CaptureFixture[str]) -> None:
    """Each parameter has a row, with what it is if it is not given."""

    def f(a: int, /, b: str, *rest: Any, c: float = 1.5, **others: Any) -> None:
        """Take much."""

    form = nk.launcher(f)
    assert parameters_of(form) == [("a", True, True), ("b", True, False), ("c", False, False)]
    assert form._front.table.target.takes_rest
    assert "f(a, /, b, *rest, c=1.5, **others)" in capsys.readouterr().out


def test_what_has_no_signature_takes_the_item(capsys: pytest.CaptureFixture[str]) -> None:
    """A builtin that does not tell its parameters is offered the item."""
    assert parameters_of(nk.launcher(max)) == [("item", True, True)]
    assert parameters_of(nk.launcher(functools.partial(pow, 2))) == [
        ("exp", True, False),
        ("mod", False, False),
    ]
    assert "Launcher" in capsys.readouterr().out


def test_defaults_that_are_secret_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """A credential among the defaults of a function is hidden."""
    key = nk.Secret("sk-1234567890")

    def ask(prompt: str, api_key: str = "hush-hush", token: Any = key) -> None:
        """Ask."""

    nk.launcher(ask)
    said = capsys.readouterr().out
    assert "hush" not in said
    assert "1234567890" not in said


def test_credentials_among_the_data_are_not_in_the_first_call() -> None:
    """What goes to a parameter named as a credential is hidden where the first call is shown."""

    def ask(prompt: str, api_key: str) -> None:
        """Ask."""

    target = FunctionTarget(ask)
    rows = [{"prompt": "hello", "api_key": "hush-hush"}]
    first = target.preview(Heard((), (lambda row: Echo(ask)(**row), rows)))
    assert first.head == "ask(prompt='hello', api_key=****)"


def test_what_is_no_function_is_refused() -> None:
    """A value that cannot be called is refused, with what there is for a client."""
    with pytest.raises(
        nk.ConfigurationError, match=r"takes a function, .* int: .* client\.launcher\(path\)"
    ):
        nk.launcher(3)  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize(
    ("preset", "message"),
    [
        ({"rat": "5/s"}, "Did you mean 'rate'"),
        ({"rate": "x"}, "cannot be read"),
        ({"retry": -1}, "retry"),
    ],
)
def test_a_wrong_preset_is_refused(preset: Any, message: str) -> None:
    """An option that there is not, or that is wrong, is refused at once and in the usual words."""
    with pytest.raises(nk.ConfigurationError, match=message):
        nk.launcher(len, **preset)


def test_what_cannot_be_written_needs_a_name() -> None:
    """A value that no code can hold is refused, with what to do."""
    with pytest.raises(nk.ConfigurationError, match="put it into a variable"):
        nk.launcher(len, on_outcome=lambda outcome: None)
