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

_GREETING: Final = [f"`{name}`" for name, it in FAULTS.items() if it.greeting is not None]
_WHOLE_SERVER: Final = f"{', '.join(_GREETING[:-1])} and {_GREETING[-1]}"

_INTRODUCTION: Final = f"""\
# Faults: what a client makes of servers that misbehave

Each fault of `notebook_kit.testing.faults` is shown to a client as a call of its own and as the row
of a map, over both transports. Each of those below becomes an answer, one error of the kit or one
row; nothing else is raised. This page is written from those observations by
`python -m tests.faults.table`.

Where one class is named it holds for both transports. A call raises it, or gives an answer; a row
holds it in `error_type`. What may pass by itself is tried again, here {TRIES} times in all.
`answered` says that the fault does no harm: the answer is whole, and no byte of it is taken for
another one. A connection on which anything was left over is closed. What comes only when the next
request has left on it is taken for the answer to that one: HTTP/1.1 has no numbers on its answers.

The clients were made with `retry=nk.Retry(max_attempts={TRIES}, base_delay="1 ms",
max_delay="1 ms", max_refusals=0)` and `attempt_timeout=` of a quarter of a second for what never
ends by itself; with `follow_redirects=True` for faults in which redirects lead on, and for those of
TLS with `verify=` a context that trusts the good certificate. `http2=True` has httpx send. All else
is as it is if nothing is said. A call is `client.get(path)` with what is then read: `.json()` under
JSON, `.text` under charset, `.content` elsewhere; a row has `parse=` the same. So with `.content`
alone a body that is no JSON is an answer.

To have it in tests of your own:

```python
import notebook_kit as nk
from notebook_kit.testing import FaultServer
from notebook_kit.testing.faults import FAULTS, fault

with FaultServer() as server, nk.Client(server.url, retry=0) as client:
    fault("half-body").arrange(server, "/users/7")
    try:
        client.get("/users/7")
    except nk.ConnectionLost as error:
        print(error)

for name, one in FAULTS.items():  # all there are
    assert fault(name).says == one.says
```

`arrange()` returns the URL to ask. For most faults it is the path at the server; for `refused`,
`unknown-host`, `no-tls` and `hang-in-handshake` it is elsewhere, so ask for what is returned.

Faults of TLS need a server with a certificate; `fault(name).server()` is one that fits the fault,
and `arrange()` refuses any other. Certificates are made by the package trustme:

```python
from notebook_kit.testing.certificates import client_context

it = fault("wrong-name")
with it.server() as server, nk.Client(server.url, retry=0, verify=client_context()) as client:
    url = it.arrange(server, "/users/7")
    try:
        client.get(url)
    except nk.ConnectionFailed as error:
        print(error)
```

These happen to connections before a path is known, so they show on the whole server, on every
connection that is made from then on: {_WHOLE_SERVER}.
Connections that are open stay as they are: make the client anew, or call `server.hang_up()`.
Arranging another fault on the same server puts an end to them.
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
