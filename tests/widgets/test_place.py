from __future__ import annotations

from notebook_kit.widgets.place import Place
from tests.widgets.fakes import FakeShell


def test_outputs_are_added_and_replaced() -> None:
    """A place adds outputs, with a name or without, and replaces what has a name."""
    shell = FakeShell(cell="cell-7")
    place = Place(shell)
    place.display({"text/plain": "once"})
    place.display({"text/plain": "first"}, "it")
    place.update({"text/plain": "second"}, "it")
    sent = [
        (message.data["text/plain"], message.display_id, message.update)
        for message in shell.display_pub.messages
    ]
    assert sent == [("once", None, False), ("first", "it", False), ("second", "it", True)]
    assert place.cell == "cell-7"
