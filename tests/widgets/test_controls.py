from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets.widgets import widget as widget_module

from notebook_kit.scheduling import RunState, Snapshot
from notebook_kit.widgets.controls import ControlRow
from tests.widgets.fake_run import FakeRun
from tests.widgets.states import PILOT_DONE

if TYPE_CHECKING:
    from collections.abc import Iterator


class Row:
    """A row with what it told."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.run = FakeRun() if snapshot is None else FakeRun(snapshot)
        self.told: list[str] = []
        self.changes = 0
        self.row = ControlRow(self.run, self.told.append, self._count)
        while self.row.show(self.run.snapshot()):
            pass

    def _count(self) -> None:
        self.changes += 1


@pytest.fixture
def made(comm_messages: list[tuple[str, Any]]) -> Iterator[Row]:
    row = Row()
    comm_messages.clear()
    yield row
    row.row.close()


def test_one_button_pauses_and_resumes(made: Row) -> None:
    """The label says what the next click does."""
    assert made.row.pause.description == "Pause"
    made.row.pause.click()
    made.row.show(made.run.snapshot())
    assert made.row.pause.description == "Resume"
    made.row.pause.click()
    made.row.show(made.run.snapshot())
    assert made.row.pause.description == "Pause"
    assert made.run.asked == ["pause", "resume"]
    assert made.changes == 2


def test_at_a_pilot_the_button_goes_on() -> None:
    """It is no wider than before, and a click goes on; then it is the button that it was."""
    made = Row(PILOT_DONE)
    assert made.row.pause.description == "Go on"
    assert "the other 980 items" in made.row.pause.tooltip
    width = made.row.pause.layout.width
    made.row.pause.click()
    assert made.run.asked == ["resume"]
    while made.row.show(made.run.snapshot()):
        pass
    assert made.row.pause.description == "Pause"
    assert made.row.pause.layout.width == width
    made.row.close()


def test_cancel_cancels(made: Row) -> None:
    """The button asks the run to end, and nothing else."""
    made.row.cancel.click()
    assert made.run.asked == ["cancel"]


@pytest.mark.parametrize(
    ("now", "slower", "faster"), [(1, 1, 2), (2, 1, 3), (10, 9, 11), (100, 90, 110)]
)
def test_steps_of_the_pace_grow_with_it(made: Row, now: int, slower: int, faster: int) -> None:
    """A click changes the pace by a tenth, by one at least, and never below one."""
    made.run.change(max_concurrency=now)
    made.row.slower.click()
    made.run.change(max_concurrency=now)
    made.row.faster.click()
    assert made.run.asked == [f"max_concurrency={slower}", f"max_concurrency={faster}"]


def test_the_row_shows_where_the_run_stands(made: Row) -> None:
    """Bar and number follow the snapshot; the bar never overflows."""
    made.run.change(ok=400, max_concurrency=1)
    while made.row.show(made.run.snapshot()):
        pass
    assert (made.row.progress.value, made.row.progress.max) == (400, 1_000)
    assert made.row.pace.value == "1 at once"
    assert made.row.slower.disabled
    made.run.change(total=None, ok=70, in_flight=30)
    made.row.show(made.run.snapshot())
    assert (made.row.progress.value, made.row.progress.max) == (70, 100)


def test_an_ending_run_cannot_be_paused(made: Row) -> None:
    """What is cancelled is no progress, and there is nothing left that a pause would hold back."""
    made.run.change(ok=400, cancelled=590, in_flight=10)
    while made.row.show(made.run.snapshot()):
        pass
    assert made.row.progress.value == 400
    assert made.row.pause.disabled
    assert not made.row.cancel.disabled


def test_the_bar_shows_that_nothing_moves(made: Row) -> None:
    """Paused, or held up by a server that is down, the bar has another colour."""
    looks = []
    for change in (
        {"waiting_for": "breaker"},
        {"waiting_for": None},
        {"waiting_for": "pause", "state": RunState.PAUSED},
    ):
        made.run.change(**change)
        while made.row.show(made.run.snapshot()):
            pass
        looks.append(made.row.progress.bar_style)
    assert looks == ["warning", "", "warning"]


def test_a_number_that_is_being_found_says_so_until_it_is_set(made: Row) -> None:
    """It reads "auto: 17"; a click on - or + sets it, and it stays as it was set."""
    made.run.change(auto=True, max_concurrency=17)
    while made.row.show(made.run.snapshot()):
        pass
    assert made.row.pace.value == "auto: 17 at once"
    assert made.row.slower.tooltip == "Fewer attempts at once, and leave it at that"
    made.row.faster.click()
    while made.row.show(made.run.snapshot()):
        pass
    assert made.run.asked == ["max_concurrency=18"]
    assert made.row.pace.value == "18 at once"
    assert made.row.slower.tooltip == "Fewer attempts at once"


def test_at_most_one_message_at_a_time(made: Row, comm_messages: list[tuple[str, Any]]) -> None:
    """Whatever has changed, one message is sent each time, and none when all is said."""
    made.run.change(ok=5, failed=5, max_concurrency=3, state=RunState.PAUSED)
    sent = []
    while made.row.show(made.run.snapshot()):
        sent.append(len(comm_messages))
    assert sent == list(range(1, len(sent) + 1))
    # Pause, the number at once, the bar, what can be saved, what can be tried again and is shown.
    assert len(sent) == 5
    assert comm_messages[0][1]["state"]["description"] == "Resume"


def test_an_error_in_a_click_is_told_and_not_raised(
    made: Row, capfd: pytest.CaptureFixture[str]
) -> None:
    """The user reads why it did not work; nothing is printed, no secret is shown."""
    made.run.broken = RuntimeError("no: https://host/?token=abc \x1b[31m")
    made.row.cancel.click()
    assert made.told == [
        "Cancel did not work: RuntimeError: no: https://host/?token=**** \ufffd[31m"
    ]
    assert made.changes == 1
    assert capfd.readouterr() == ("", "")


def test_every_control_can_be_reached_and_explains_itself(made: Row) -> None:
    """Each button has a tooltip and none is taken out of the order of the keyboard."""
    made.run.change(ok=1, failed=1)
    while made.row.show(made.run.snapshot()):
        pass
    row = made.row
    pace = (row.slower, row.faster, row.rate_down, row.rate_up)
    for button in (row.pause, row.cancel, *pace, row.retry, row.save):
        assert button.tooltip
        assert button.tabbable is not False
    assert made.row.progress.tooltip


def test_the_bundle_names_the_row(made: Row) -> None:
    """The output is a view of the row, and nothing as text."""
    bundle = made.row.bundle()
    view: Any = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == made.row.box.model_id
    assert bundle["text/plain"] == ""


def test_closing_leaves_no_widget_behind(comm_messages: list[tuple[str, Any]]) -> None:
    """Every widget, layout and style that was opened is closed; the registry is as before."""
    before = set(widget_module._instances)
    row = Row()
    opened = [kind for kind, _ in comm_messages].count("comm_open")
    assert opened > 6
    row.row.close()
    assert set(widget_module._instances) == before
    assert [kind for kind, _ in comm_messages].count("comm_close") == opened


def test_ipywidgets_is_needed_only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ipywidgets the row cannot be made, and says so by an ImportError."""
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ImportError):
        ControlRow(FakeRun(), lambda _: None, lambda: None)


def _shown(made: Row, *, deaf: bool = False, **numbers: Any) -> None:
    made.run.change(**numbers)
    while made.row.show(made.run.snapshot(), deaf=deaf):
        pass


def test_the_rate_goes_up_and_down_by_a_tenth(made: Row) -> None:
    """Without a rate it can only be lowered, from the pace of the moment; with one, both ways."""
    _shown(made, rate_now=0.0)
    assert made.row.rate.value == "no rate"
    assert (made.row.rate_down.disabled, made.row.rate_up.disabled) == (True, True)
    _shown(made, rate_now=50.0)
    assert (made.row.rate_down.disabled, made.row.rate_up.disabled) == (False, True)
    assert "present pace" in made.row.rate_down.tooltip
    made.row.rate_down.click()
    _shown(made)
    assert made.row.rate.value == "45/s"
    made.row.rate_up.click()
    assert made.run.asked == ["scale_rate(0.9)", "scale_rate(1.1)"]


def test_failed_items_can_be_tried_again_once_there_are_some(made: Row) -> None:
    """Before that the button stands there, and is off; afterwards what was asked is said."""
    _shown(made, ok=5)
    assert made.row.retry.disabled
    _shown(made, failed=2, timeout=1)
    assert not made.row.retry.disabled
    made.row.retry.click()
    assert made.run.asked == ["retry_failed"]
    # True while they are tried, and also in the saved file.
    assert made.told == ["3 failed items taken up again."]


def test_no_button_ever_moves(made: Row) -> None:
    """Pause and Cancel come first, and what stands there stands there from the start."""

    def layout() -> list[tuple[str, str | None]]:
        buttons, _ = made.row.box.children[1].children
        return [(it.layout.width, it.layout.display) for it in buttons.children]

    before = layout()
    buttons = made.row.box.children[1].children[0].children
    assert list(buttons) == [made.row.pause, made.row.cancel, made.row.retry, made.row.save]
    _shown(made, ok=5, failed=3)
    _shown(made, state=RunState.PAUSED)
    assert layout() == before


def test_rows_are_saved_in_a_thread(made: Row) -> None:
    """The click returns at once; the file is named when it is there."""
    assert made.row.save.disabled
    _shown(made, ok=5)
    before = set(threading.enumerate())
    made.row.save.click()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert made.run.asked == ["export"]
    assert made.told == ["The rows as they are now were saved to fake.csv."]


def test_what_would_not_be_heard_cannot_be_clicked(made: Row) -> None:
    """While the kernel keeps clicks back every button is off, and on again afterwards."""
    buttons = [
        made.row.pause, made.row.cancel, made.row.slower, made.row.faster, made.row.rate_down,
        made.row.save,
    ]  # fmt: skip
    _shown(made, deaf=True, ok=5, rate="5/s")
    assert all(button.disabled for button in buttons)
    _shown(made)
    assert not any(button.disabled for button in buttons)


def test_none_waits_behind_one_that_never_rests(made: Row) -> None:
    """The bar changes with every look, and the others have their turns all the same."""
    made.run.change(ok=1, failed=1, max_concurrency=3, rate="5/s")
    for done in range(2, 14):
        made.run.change(ok=done)
        assert made.row.show(made.run.snapshot())
    assert made.row.progress.value >= 13
    assert (made.row.pace.value, made.row.rate.value) == ("3 at once", "5/s")
    assert not made.row.retry.disabled
