"""The buttons under a dashboard."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets.widgets import widget as widget_module

from notebook_kit.widgets.dashboard.buttons import MOST, ButtonRow, closed_when_idle
from notebook_kit.widgets.dashboard.state import Glance
from notebook_kit.widgets.widget_output import close_all
from tests.widgets.dashboard.things import made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_kit.lifetime import OpenResource


class Row:
    """A row with what it did and told."""

    def __init__(self) -> None:
        self.done: list[tuple[int, str]] = []
        self.told: list[str] = []
        self.clicks = 0
        self.broken: Exception | None = None
        self.saving, self.saved, self.clicked = (threading.Event() for _ in range(3))
        self.row = ButtonRow(self._perform, self._label, self.told.append, self._count)

    def _perform(self, resource: OpenResource, act: str) -> str:
        if self.broken is not None:
            raise self.broken
        self.done.append((resource.number, act))
        if act == "Save":
            self.saving.set()
            assert self.saved.wait(timeout=10)
        return "Done." if act in {"Save", "Forget"} else ""

    def _label(self, resource: OpenResource) -> str:
        return resource.name

    def _count(self) -> None:
        self.clicks += 1
        self.clicked.set()

    def show(self, *things: OpenResource) -> None:
        kept = tuple(it for it in things if it.kept)
        self.row.show(Glance(tuple(it for it in things if not it.kept), kept))

    @property
    def buttons(self) -> dict[str, Any]:
        groups = self.row.box.children[1:-1]
        return {button.description: button for group in groups for button in group.children}


@pytest.fixture
def made_row(comm_messages: list[tuple[str, Any]]) -> Iterator[Row]:
    row = Row()
    yield row
    close_all(row.row.whole)
    assert not widget_module._instances


def test_each_thing_has_the_buttons_of_its_acts(made_row: Row) -> None:
    """Named after what they do and what to; a click does that to it, and nothing else."""
    client, run = made(name="1"), made("run", "2", acts=("Cancel", "Pause"))
    made_row.show(client, run)
    assert [*made_row.buttons] == ["Close client 1", "Cancel run 2", "Pause run 2"]
    made_row.buttons["Pause run 2"].click()
    made_row.buttons["Close client 1"].click()
    assert made_row.done == [(run.number, "Pause"), (client.number, "Close")]
    assert (made_row.clicks, made_row.told) == (2, [])


def test_things_that_come_and_go_are_followed(made_row: Row) -> None:
    """What stays keeps its widgets; what goes is closed; what has other acts is made anew."""
    first, second = made(name="1"), made(name="2")
    made_row.show(first)
    kept = made_row.buttons["Close client 1"]
    made_row.show(first, second)
    assert made_row.buttons["Close client 1"] is kept
    assert [*made_row.buttons] == ["Close client 1", "Close client 2"]
    number = len(widget_module._instances)
    made_row.show(second)
    assert [*made_row.buttons] == ["Close client 2"]
    assert len(widget_module._instances) < number
    assert kept.comm is None


def test_a_run_at_its_pilot_goes_on(made_row: Row) -> None:
    """Its button says so, in the word that its panel uses."""
    run = made("run", "2", acts=("Cancel", "Go on"))
    made_row.show(run)
    assert [*made_row.buttons] == ["Cancel run 2", "Go on with run 2"]
    button = made_row.buttons["Go on with run 2"]
    assert (button.icon, button.tooltip.partition(";")[0]) == ("play", "Do the rest")
    button.click()
    assert made_row.done == [(run.number, "Go on")]


def test_an_ended_run_offers_to_mend(made_row: Row) -> None:
    """Its buttons change when it ends; what there is to say of a click is told."""
    run = made("run", "1", acts=("Cancel", "Pause"))
    made_row.show(run)
    ended = made("run", "1", kept=True, acts=("Forget", "Retry failed", "Save"))
    made_row.show(ended)
    assert [*made_row.buttons] == ["Forget run 1", "Retry failed, run 1", "Save run 1"]
    made_row.buttons["Forget run 1"].click()
    assert made_row.told == ["Done."]


def test_saving_keeps_nobody_waiting(made_row: Row) -> None:
    """A million rows take seconds, in which the kernel must take other clicks and cells."""
    made_row.show(made("run", "1", kept=True, acts=("Forget", "Save")))
    made_row.buttons["Save run 1"].click()
    assert made_row.saving.wait(timeout=10)
    assert made_row.told == []
    made_row.saved.set()
    assert made_row.clicked.wait(timeout=10)
    assert made_row.told == ["Done."]


def test_the_buttons_are_bounded(made_row: Row) -> None:
    """The rest is counted; runs and who holds sockets come before what is idle."""
    idle = [made(name=str(number)) for number in range(MOST + 8)]
    holder, run = made(name="holder", sockets=1), made("run", "late", kept=True, acts=("Forget",))
    made_row.show(*idle, holder, run)
    assert len(made_row.row.box.children) == MOST + 2
    assert {"Close client holder", "Forget run late"} <= {*made_row.buttons}
    assert made_row.row.more.value == "and 10 more"
    assert made_row.row.more.layout.display == ""
    made_row.show(holder)
    assert made_row.row.more.layout.display == "none"


def test_a_checkpoint_has_no_button_of_its_own(made_row: Row) -> None:
    """It ends with its run, which has one."""
    made_row.show(made("checkpoint", "1", acts=("Cancel",)))
    assert made_row.buttons == {}


def test_close_all_idle_closes_what_has_nothing_under_way(made_row: Row) -> None:
    """Clients and executors, and neither runs nor servers; with none of them it is off."""
    made_row.show(made("run", "1", acts=("Cancel",)))
    assert made_row.row.idle.disabled
    idle, executor = made(name="1"), made("executor", "2")
    busy, server = made(name="3", busy=True), made("demo server", "4", kept=True)
    things = [idle, executor, busy, server]
    assert closed_when_idle(things) == [idle, executor]
    made_row.show(*things)
    assert not made_row.row.idle.disabled
    made_row.row.idle.click()
    assert made_row.done == [(idle.number, "Close"), (executor.number, "Close")]


def test_a_click_that_fails_is_told(made_row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    """As a sentence without secrets; nothing is raised or printed."""
    from notebook_kit.redact import Secret

    Secret("sk-button-0123456789")
    made_row.show(made(name="1"))
    made_row.broken = RuntimeError("no: sk-button-0123456789\n" + "x" * 500)
    made_row.buttons["Close client 1"].click()
    (said,) = made_row.told
    assert said.startswith("Close client 1 did not work: RuntimeError: no: **** xxx")
    assert len(said) <= 200
    assert made_row.clicks == 1
    assert capsys.readouterr() == ("", "")


def test_hostile_names_are_cut_in_tooltips(made_row: Row) -> None:
    """A name stays on one line and is not endless."""
    made_row.show(made(name="1\n" + "x" * 1_000))
    (button,) = made_row.buttons.values()
    assert "\n" not in button.tooltip
    assert len(button.tooltip) < 250


def test_nothing_is_sent_while_nothing_changes(
    made_row: Row, comm_messages: list[tuple[str, Any]]
) -> None:
    """Showing the same again costs no message."""
    client = made(name="1")
    made_row.show(client)
    comm_messages.clear()
    made_row.show(client)
    assert comm_messages == []


def test_without_ipywidgets_it_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dashboard then does without."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ImportError):
        Row()
