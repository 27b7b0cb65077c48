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
