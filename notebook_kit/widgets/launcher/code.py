"""The code that does what the form does: exact, runnable, and no longer than it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_kit.widgets.launcher.calls_text import endpoint_call, function_call
from notebook_kit.widgets.launcher.choice import EndpointCalls, FunctionCalls
from notebook_kit.widgets.launcher.path_text import path_call
from notebook_kit.widgets.launcher.problems import NotReady, Problem
from notebook_kit.widgets.launcher.settings import FIELDS, keywords, problem_with
from notebook_kit.widgets.launcher.words import called, is_name

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher.choice import PathCalls, Setup

__all__ = ["Code", "Written", "import_line", "write"]


@dataclass(frozen=True, slots=True)
class Code:
    """The code of a batch.

    Attributes:
        function: what is called.
        arguments: its arguments, as text.
        target: the variable of the frame.
        imports: lines that must have been run before.
    """

    function: str
    arguments: tuple[str, ...]
    target: str
    imports: tuple[str, ...] = ()

    @property
    def expression(self) -> str:
        """The call that starts the run."""
        return f"{self.function}({', '.join(self.arguments)})"

    @property
    def text(self) -> str:
        """All of it, as it is run in a cell."""
        call = called(self.function, self.arguments, before=f"{self.target} = await ")
        return "\n".join((*self.imports, call))


@dataclass(frozen=True, slots=True)
class Written:
    """What a setup comes to.

    Attributes:
        code: the code, or None where something that it needs is still to be chosen.
        problems: what keeps it from being run.
    """

    code: Code | None
    problems: tuple[Problem, ...] = ()


def write(setup: Setup) -> Written:
    """Return the code of a setup, with all that is wrong with it."""
    problems: list[Problem] = []
    if not is_name(setup.target):
        problems.append(Problem("target", _no_name(setup.target)))
    for name in FIELDS:
        wrong = problem_with(name, setup.settings.get(name, ""))
        if wrong is not None:
            problems.append(Problem(name, wrong))
    code = None
    try:
        code = _code(setup)
    except NotReady as missing:
        problems.insert(0, missing.problem)
    return Written(code, tuple(problems))


def _no_name(text: str) -> str:
    if not text:
        return "Give the variable a name that the frame is put into, such as frame."
    reason = "is a word of Python's own" if text.isidentifier() else "cannot be a variable"
    return f"{text!r} {reason}: use letters, digits and underscores, such as frame_2."


def _code(setup: Setup) -> Code:
    if setup.data is None:
        text = (
            "There is no data to choose: make a DataFrame, a Series or a list of rows in a cell, "
            "then click Refresh."
        )
        raise NotReady("data", text)
    if not setup.data.count:
        raise NotReady("data", f"{setup.data.name} is empty: there is nothing to call for.")
    calls, names = setup.calls, setup.names
    if isinstance(calls, FunctionCalls):
        function, arguments = f"{names.kit}.map", function_call(calls, setup.data, names)
    elif isinstance(calls, EndpointCalls):
        function = f"{names.subject}.{calls.place}.map"
        arguments = endpoint_call(calls, setup.data)
    else:
        _refuse_twice(calls, setup)
        function, arguments = f"{names.subject}.map", path_call(calls, setup.data, names.kit)
    options = keywords(setup.settings, of_client=not isinstance(calls, FunctionCalls))
    arguments += [f"{name}={text}" for name, text in (*options, *setup.fixed)]
    needs_kit = function.startswith(f"{names.kit}.") or any(
        f"{names.kit}.col(" in argument for argument in arguments
    )
    imports = () if names.imported or not needs_kit else (import_line(names.kit),)
    return Code(function, tuple(arguments), setup.target, imports)


def _refuse_twice(calls: PathCalls, setup: Setup) -> None:
    given = {name for name, _ in setup.fixed}
    for option, part, pairs in (("params", "query", calls.query), ("json", "body", calls.body)):
        if option in given and pairs:
            text = f"{option}= was given when the launcher was made: remove this, or make it anew."
            raise NotReady(f"{part}:0", text)


def import_line(kit: str) -> str:
    """Return the line that imports this package under a name."""
    return "import notebook_kit" + ("" if kit == "notebook_kit" else f" as {kit}")
