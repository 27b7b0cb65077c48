"""What a journal has to say."""

from __future__ import annotations

from notebook_kit.storage.problems import Problems


def test_each_is_told_once_whenever_somebody_listens() -> None:
    """What was said before is told at once, what comes is told as it comes, nothing twice."""
    problems, heard = Problems(), list[str]()
    problems.add("a")
    problems.listen(heard.append)
    problems.add("b")
    problems.add("a")
    assert heard == ["a", "b"]
    problems.release()
    problems.add("c")
    assert heard == ["a", "b"]
    assert problems.texts == ["a", "b", "c"]


def test_what_nothing_is_lost_by_is_told_apart() -> None:
    """Who wants to hears it elsewhere; who does not hears all."""
    problems, lost, mild, both = Problems(), list[str](), list[str](), list[str]()
    problems.add("a", mild=True)
    problems.add("b")
    problems.listen(lost.append, mild.append)
    problems.add("c", mild=True)
    problems.add("d")
    assert (lost, mild) == (["b", "d"], ["a", "c"])
    problems.listen(both.append)
    assert both == ["a", "b", "c", "d"]
