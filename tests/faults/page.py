"""The page of faults, made of what was observed: one line for each, and what stands around them."""

from __future__ import annotations

import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from notebook_kit.testing.faults import FAULTS
from tests.faults.expected import LEFT_OUT, expected
from tests.faults.observing import TRANSPORTS, TRIES, WAYS, Observation, observe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["PAGE", "WATCHED", "line_of", "observe_all", "page"]

PAGE: Final = Path(__file__).parents[2] / "docs" / "faults.md"
#: The faults that are on the page, in its order.
WATCHED: Final = tuple(name for name in FAULTS if name not in LEFT_OUT)

_INTRODUCTION: Final = f"""\
# Faults: what a client makes of servers that misbehave

Each fault of `notebook_kit.testing.faults` is shown to a client as a call of its own and as the row
of a map, over both transports. Each of those below becomes an answer, one error of the kit or one
row; nothing else is raised. This page is written from those observations by
`python -m tests.faults.table`.

Where one class is named it holds for both transports. A call raises it, or gives an answer; a row
holds it in `error_type`. What may pass by itself is tried again, here {TRIES} times in all.
`answered` says that the fault does no harm: the answer is whole, and no byte of it is taken for
another one. A connection on which anything was left over is closed.

To have it in tests of your own:

```python
import notebook_kit as nk
from notebook_kit.testing import FaultServer
from notebook_kit.testing.faults import fault

with FaultServer() as server, nk.Client(server.url, retry=0) as client:
    fault("half-body").arrange(server, "/users/7")
    try:
        client.get("/users/7")
    except nk.ConnectionLost as error:
        print(error)
```
"""
_HEAD: Final = "| fault | what happens | a call | a row |\n| --- | --- | --- | --- |"


def observe_all(name: str) -> Sequence[Observation]:
    """Show one fault to a client in both ways over both transports, all at once."""
    ways = [(name, way, transport) for way in WAYS for transport in TRANSPORTS]
    with ThreadPoolExecutor(len(ways)) as threads:
        return list(threads.map(lambda it: observe(*it), ways))


def line_of(name: str, seen: Sequence[Observation]) -> str:
    """Return the line of one fault."""
    cells = [_cell([it for it in seen if it.way == way]) for way in WAYS]
    return f"| `{name}` | {FAULTS[name].says} | {' | '.join(cells)} |"


def _cell(seen: Sequence[Observation]) -> str:
    kinds = {it.transport: _kind(it) for it in seen}
    if len(set(kinds.values())) == 1:
        return kinds["aiohttp"]
    return ", ".join(f"{kind} ({transport})" for transport, kind in kinds.items())


def _kind(seen: Observation) -> str:
    allowed = expected(seen.fault, seen.way, seen.transport)
    # Where the system may choose, the page names all that it may choose.
    kinds = sorted(allowed) if seen.kind in allowed else [seen.kind]
    return " or ".join(kind if kind == "answered" else f"`{kind}`" for kind in kinds)


def page(lines: Mapping[str, str]) -> str:
    """Return the whole page, given the line of each fault."""
    groups: dict[str, list[str]] = {}
    for name, line in lines.items():
        groups.setdefault(FAULTS[name].group, []).append(line)
    tables = [
        f"## {group[0].upper()}{group[1:]}\n\n{_HEAD}\n" + "\n".join(in_group)
        for group, in_group in groups.items()
    ]
    return "\n".join([_INTRODUCTION, "\n\n".join([*tables, *_left_out()]), ""])


def _left_out() -> Sequence[str]:
    """Return the part about faults of which a client does not yet make what it should, if any."""
    names = [f"`{name}`" for name in FAULTS if name in LEFT_OUT]
    if not names:
        return ()
    listed = textwrap.fill(", ".join(names) + ".", 100, break_on_hyphens=False)
    return (f"## Not yet\n\nOf these a client does not yet make what it should:\n{listed}",)
