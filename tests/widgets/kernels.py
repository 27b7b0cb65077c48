"""A real kernel in a process of its own, driven as a front end or as a program would drive it."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_client.manager import KernelManager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_client.blocking.client import BlockingKernelClient

__all__ = ["Kernel", "data", "display_id", "environment", "of_type", "running_kernel"]

_DEADLINE_S = 60.0


def environment() -> dict[str, str]:
    """The environment of a process that finds the same modules as this one."""
    path = os.pathsep.join(folder for folder in sys.path if folder)
    return {**os.environ, "PYTHONPATH": path, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def of_type(messages: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """The messages of these kinds."""
    return [message for message in messages if message["msg_type"] in kinds]


def data(message: dict[str, Any]) -> dict[str, str]:
    """The data of an output, by their types; of any other message nothing of use."""
    return dict(message["content"].get("data", {}))


def display_id(message: dict[str, Any]) -> str | None:
    """The name by which an output can be updated, if it has one."""
    found: str | None = message["content"].get("transient", {}).get("display_id")
    return found


class Kernel:
    """A kernel and all that it has sent.

    Attributes:
        messages: everything that came on the channel of outputs, oldest first.
    """

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client
        self.messages: list[dict[str, Any]] = []

    def execute(
        self,
        code: str,
        *,
        allow_stdin: bool = True,
        on_message: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> list[dict[str, Any]]:
        """Execute a cell and return what came until it ended; an error in it fails."""
        cell = self._client.execute(textwrap.dedent(code), allow_stdin=allow_stdin)
        first = len(self.messages)

        def ended(message: dict[str, Any]) -> bool:
            on_message(message)
            content = message["content"]
            assert message["msg_type"] != "error", "\n".join(content["traceback"])
            is_idle = content.get("execution_state") == "idle"
            return is_idle and bool(message["parent_header"].get("msg_id") == cell)

        self.read_until(ended)
        return self.messages[first:]

    def printed(self, expression: str) -> str:
        """Return what an expression says when it is printed."""
        came = self.execute(f"print({expression})")
        return "".join(it["content"]["text"] for it in came if it["msg_type"] == "stream").strip()

    def read_until(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read messages until one fits, and return that one."""
        deadline = time.monotonic() + _DEADLINE_S
        while True:
            message = self._client.get_iopub_msg(timeout=max(0.0, deadline - time.monotonic()))
            self.messages.append(message)
            if fits(message):
                return message

    def click(self, label: str) -> None:
        """Click the button with this label, or this tooltip, that was opened last."""
        comm_id = next(
            message["content"]["comm_id"]
            for message in reversed(self.messages)
            if message["msg_type"] == "comm_open"
            and label in _said(message["content"]["data"]["state"])
        )
        data = {"method": "custom", "content": {"event": "click"}}
        click = self._client.session.msg("comm_msg", {"comm_id": comm_id, "data": data})
        self._client.shell_channel.send(click)


def _said(state: dict[str, Any]) -> tuple[object, object]:
    return state.get("description"), state.get("tooltip")


@contextmanager
def running_kernel(folder: Path) -> Iterator[Kernel]:
    """A kernel that runs in a folder, with everything of it gone in the end."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder), env=environment())
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=_DEADLINE_S)
        yield Kernel(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.context.destroy()
