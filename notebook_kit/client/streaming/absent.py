"""What a streamed answer of httpx has and a stream has not, with what to write instead."""

from __future__ import annotations

from typing import Final

from notebook_kit.client.misspelt import Suggesting

__all__ = ["AbsentOfStream"]

_VIEWS: Final = {
    f"{prefix}iter_{name}": f"it is read with `async for` or `for`: write .{name}()"
    for prefix in ("", "a")
    for name in ("lines", "text", "bytes", "raw")
}
_WHOLE: Final = (
    "for the whole answer at once there are the verbs, as client.get(url), and for its pieces "
    ".text(), .bytes(), .lines(), .json_lines() and .sse()"
)
_RAISES: Final = "answers of 4xx and 5xx raise nk.APIError by themselves: leave it out"
_OPEN: Final = "an answer has it: write `async with client.stream(url) as answer:`, or `with`"
_ENDED: Final = "leaving the loop, or the end of the `with` block, ends the connection"
_INSTEAD: Final = {
    **_VIEWS,
    **dict.fromkeys(("aread", "content", "json", "read"), _WHOLE),
    **dict.fromkeys(("is_error", "is_success", "raise_for_status"), _RAISES),
    **dict.fromkeys(("aclose", "close"), _ENDED),
    **dict.fromkeys(
        ("cookies", "headers", "history", "http_version", "reason_phrase", "status_code"), _OPEN
    ),
}


class AbsentOfStream(Suggesting):
    """Explains to who comes from httpx how a stream is read."""

    __slots__ = ()

    def _told_of(self, name: str) -> str:
        trace = vars(self).get("_trace")
        if trace is not None:
            # Whoever asks it for anything meant to read it, and is told how.
            trace.used = True
        return f", as httpx has: {_INSTEAD[name]}" if name in _INSTEAD else ""
