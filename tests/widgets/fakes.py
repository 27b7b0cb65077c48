"""Stand-ins for a kernel's shell and display publisher, and a reader of HTML."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Element", "FakePublisher", "FakeShell", "Message", "Recorder", "parse"]

_VOID = {"img", "path", "rect"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a display publisher."""

    data: dict[str, Any]
    display_id: str | None
    update: bool
    thread: threading.Thread


class FakePublisher:
    """Keeps what a kernel would have sent to its front ends."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.broken: Exception | None = None
        self._arrived = threading.Condition()

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *,
        transient: dict[str, Any] | None = None,
        update: bool = False,
    ) -> None:
        if self.broken is not None:
            raise self.broken
        display_id = (transient or {}).get("display_id")
        message = Message(data, display_id, update, threading.current_thread())
        with self._arrived:
            self.messages.append(message)
            self._arrived.notify_all()

    def wait_for(self, fits: Callable[[Message], bool], timeout_s: float = 10) -> Message:
        """Wait for a message that fits; the first of them is returned."""

        def found() -> Message | None:
            return next(filter(fits, self.messages), None)

        with self._arrived:
            message = self._arrived.wait_for(found, timeout_s)
        assert message is not None, f"no such message within {timeout_s} s"
        return message


class FakeShell:
    """A kernel's shell in the middle of serving a request."""

    def __init__(self, *, cell: str = "cell-1", allow_stdin: bool = True) -> None:
        self.kernel = object()
        self.display_pub = FakePublisher()
        self.cell = cell
        self.allow_stdin = allow_stdin

    def get_parent(self) -> dict[str, Any]:
        return {
            "header": {"msg_id": self.cell},
            "metadata": {},
            "content": {"allow_stdin": self.allow_stdin},
        }


class Recorder:
    """A function that can be waited for: keeps what it was called with."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self._called = threading.Condition()

    def __call__(self, given: Any) -> None:
        with self._called:
            self.calls.append(given)
            self._called.notify_all()

    def wait_for(self, fits: Callable[[Any], bool], timeout_s: float = 10) -> None:
        with self._called:
            arrived = self._called.wait_for(lambda: any(map(fits, self.calls)), timeout_s)
        assert arrived, f"no such call within {timeout_s} s"


@dataclass(slots=True)
class Element:
    """One element of a parsed page."""

    tag: str
    attributes: dict[str, str | None]
    children: list[Element | str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """Yield this element and all below it, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child

    @property
    def text(self) -> str:
        """All text below, style sheets left out."""
        if self.tag == "style":
            return ""
        return "".join(
            child.text if isinstance(child, Element) else child for child in self.children
        )

    def all(self, name: str) -> list[Element]:
        """All elements of a tag, or of a class if it begins with a dot."""
        if not name.startswith("."):
            return [element for element in self if element.tag == name]
        wanted = name[1:]
        return [
            element for element in self if wanted in (element.attributes.get("class") or "").split()
        ]

    def one(self, name: str) -> Element:
        """The only element of a tag or a class."""
        found = self.all(name)
        assert len(found) == 1, f"{len(found)} elements {name}"
        return found[0]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self._open[-1].children.append(element)
        self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _VOID
        self._open[-1].children.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    def close(self) -> None:
        super().close()
        assert self._open == [self.root], "an element is not closed"


def parse(page: str) -> Element:
    """Read a page whose elements are properly nested; anything else fails."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    return parser.root
