"""What lies on the table: what was typed, what the notebook has, and what both come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from notebook_kit.lifetime import Origin
from notebook_kit.widgets.launcher.choice import PathCalls
from notebook_kit.widgets.launcher.code import write
from notebook_kit.widgets.launcher.entries import chosen_data, endpoint_of, setup_of
from notebook_kit.widgets.launcher.namespace import find_data, names_for, warning_about
from notebook_kit.widgets.launcher.path_text import placeholders
from notebook_kit.widgets.launcher.problems import Problem
from notebook_kit.widgets.launcher.rehearsal import in_words, preview
from notebook_kit.widgets.launcher.state import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_kit.widgets.launcher.batch import Batch
    from notebook_kit.widgets.launcher.choice import Setup
    from notebook_kit.widgets.launcher.code import Code, Written
    from notebook_kit.widgets.launcher.entries import Entries
    from notebook_kit.widgets.launcher.target import Preview, Target

__all__ = ["Draft", "Table"]


@dataclass(slots=True)
class Draft:
    """What has been typed: words only, which can be kept when the table is gone."""

    entries: Entries


class Table:
    """The state of a launcher, whether its form is there or not.

    Attributes:
        target: what is launched.
        first: what stood in the fields at first.
        draft: what stands in them now.
        made_at: the line of code that made the launcher.
        batch: what was started last, or None.
        result: what came of it.
        notice: what became of the last click.
        is_saving: whether the frame is being written into a file.
        setup: what the entries came to when they were looked at last.
        code: the code of that setup.
    """

    def __init__(
        self,
        target: Target,
        entries: Entries,
        namespace: dict[str, Any],
        hidden: Mapping[str, Any],
    ) -> None:
        self.target = target
        self.first = entries
        self.draft = Draft(entries)
        self.made_at = Origin("<unknown>", 0)
        self.namespace = namespace
        self.batch: Batch | None = None
        self.result = ""
        self.notice = ""
        self.is_saving = False
        self.setup: Setup | None = None
        self.code: Code | None = None
        self._hidden = hidden
        self._found = find_data(namespace, hidden)

    @property
    def entries(self) -> Entries:
        """What stands in the fields."""
        return self.draft.entries

    @entries.setter
    def entries(self, entries: Entries) -> None:
        self.draft.entries = entries

    @property
    def is_live(self) -> bool:
        """Whether a run is under way."""
        return self.batch is not None and self.batch.is_live

    def refresh(self) -> None:
        """Look for data again."""
        self._found = find_data(self.namespace, self._hidden)

    def look(self, *, is_open: bool) -> Standing:
        """Return how things stand now."""
        setup = self._make_setup()
        written = write(setup)
        first, problems = self._rehearsed(setup, written)
        self.setup, self.code = setup, written.code
        batch = self.batch
        # What it makes of failed rows goes into the frame that is being written.
        can_retry = batch is not None and not (batch.is_live or batch.is_complete or self.is_saving)
        is_same = batch is not None and batch.code == written.code
        return Standing(
            title=self.target.title,
            entries=self.entries,
            setup=setup,
            found=tuple(self._found),
            code=batch.text if batch is not None and is_same else _valid(written, problems),
            preview=first,
            problems=problems,
            warnings=(
                *self._warnings(setup, first),
                *(self._about_older() if is_open and can_retry else ()),
            ),
            result=self.result,
            notice=self.notice,
            is_running=self.is_live,
            is_open=is_open,
            is_saving=self.is_saving,
            can_retry=can_retry,
            can_save=batch is not None and bool(self.result) and not batch.is_live,
        )

    def _make_setup(self) -> Setup:
        names = names_for(self.target, self.namespace, self._hidden)
        data = chosen_data(
            self.entries, self._found, self._wanted(), made=self.entries.target.strip()
        )
        return setup_of(self.entries, data, self.target, names)

    def _wanted(self) -> Sequence[str]:
        if self.target.is_function:
            return [it.name for it in self.target.parameters]
        endpoint = endpoint_of(self.entries, self.target)
        if endpoint is not None:
            return [it.name for it in endpoint.parameters]
        return placeholders(self.entries.path)

    def _rehearsed(
        self, setup: Setup, written: Written
    ) -> tuple[Preview | None, tuple[Problem, ...]]:
        problems = written.problems
        if written.code is None or setup.data is None:
            return None, problems
        try:
            first = preview(written.code, self.target, setup.names, setup.data, self.namespace)
        except Exception as error:  # noqa: BLE001 - it is what would go wrong, and is shown
            text = in_words(error)
            # What is said beside a field need not be said twice.
            if not problems:
                where = "path" if isinstance(setup.calls, PathCalls) else ""
                problems = (Problem(where, text),)
            return None, problems
        return first, problems

    def _warnings(self, setup: Setup, first: Preview | None) -> tuple[Problem, ...]:
        warnings: list[Problem] = []
        if first is not None and first.wrong:
            warnings.append(Problem("", f"The first item becomes an error: {first.wrong}"))
        data = None if setup.data is None else setup.data.name
        text = warning_about(setup.target, self.namespace, data) if setup.target else None
        if text is not None:
            warnings.append(Problem("target", text))
        if not setup.names.is_known:
            subject = setup.names.subject
            kind = "function" if self.target.is_function else "client"
            text = f"The {kind} is in no variable: for the code, put it into one called {subject}."
            warnings.append(Problem("", text))
        return tuple(warnings)

    def _about_older(self) -> tuple[Problem, ...]:
        """Say with what rows are tried again, where the cell has made that anew since."""
        if self.batch is None or self.batch.subject is self.target.subject:
            return ()
        kind = "function" if self.target.is_function else "client"
        text = (
            f"Retry failed calls the {kind} as it was when Run was clicked. Run calls it as it is "
            "now, for all rows."
        )
        return (Problem("afterwards", text),)

    def settle(self) -> None:
        """Keep the data that is chosen, whatever other data comes."""
        if self.setup is not None and self.setup.data is not None:
            self.entries = replace(self.entries, data=self.setup.data.name)


def _valid(written: Written, problems: tuple[Problem, ...]) -> str | None:
    """Return the code, if it could be run as it stands."""
    return None if written.code is None or problems else written.code.text
