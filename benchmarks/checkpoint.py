"""What a checkpoint costs a run, and how long a million outcomes take to come back.

Run it from the root of the project: ``python -m benchmarks.checkpoint``. With and without a
checkpoint by turns: the processor time of the run's loop an item, and the wall time of requests at
5,000 a second to a server in a process of its own. Then a million outcomes are kept, and taken over
in a new process, whose memory is compared with that of a run that made them itself.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import msgspec

import notebook_kit as nk
from benchmarks import fixed
from benchmarks.serving import served_by

SIZES: Final = {"300 B": 300, "5 kB": 5_000}
PER_SECOND: Final = 5_000
KINDS: Final = ("text", "rows")
_DEADLINE_S: Final = 900.0


def document(size: int) -> dict[str, Any]:
    """Return an answer that is so many bytes of JSON: records of a few fields."""
    record = json.loads(fixed.DOCUMENT)
    records = [{**record, "id": at} for at in range(max(1, size // 190))]
    missing = size - len(json.dumps({"records": records, "note": ""}))
    return {"records": records, "note": "x" * max(0, missing)}


def on_the_loop(size: int, count: int, checkpoint: Path | None) -> float:
    """Return microseconds of the loop's thread for each item."""
    text = json.dumps(document(size))

    async def answer(_: str) -> Any:
        return json.loads(text)

    async def main() -> float:
        began = time.thread_time()
        run = nk.map(
            answer,
            [f"item-{at}" for at in range(count)],
            rate=f"{PER_SECOND}/s",
            max_concurrency=10,
            progress=False,
            checkpoint=checkpoint,
        )
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        run.add_done_callback(lambda _: loop.call_soon_threadsafe(ended.set))
        await ended.wait()
        return (time.thread_time() - began) / count * 1e6

    return asyncio.run(main())


class _Large(asyncio.Protocol):
    """Answers each head that comes with a document of some size; requests have no bodies."""

    def __init__(self, size: int) -> None:
        content = json.dumps(document(size)).encode()
        self._answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        self._answer += b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        self._transport.write(self._answer * len(heads))


async def _serve(size: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Large(size), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def wall(client: nk.Client, count: int, checkpoint: Path | None) -> float:
    """Return the seconds that requests take at 5,000 a second."""
    began = time.perf_counter()
    client.map(
        "/airports/{iata}",
        [f"A{at}" for at in range(count)],
        rate=f"{PER_SECOND}/s",
        max_concurrency=50,
        progress=False,
        checkpoint=checkpoint,
    ).result()
    return time.perf_counter() - began


def in_turns(measure: Any, folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Measure with and without a checkpoint, the first of each round by turns."""
    found: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(rounds):
        for kept in (turn % 2 == 0, turn % 2 == 1):
            path = folder / f"{turn}.db"
            found[kept].append(measure(path if kept else None))
            path.unlink(missing_ok=True)
    return found[True], found[False]


def _tell(what: str, kept: list[float], bare: list[float], unit: str) -> None:
    ratios = [one / other for one, other in zip(kept, bare, strict=True)]
    differences = [one - other for one, other in zip(kept, bare, strict=True)]
    print(
        f"{what}: {statistics.median(bare):.2f} {unit} without, {statistics.median(kept):.2f} with "
        f"a checkpoint; difference {statistics.median(differences):+.2f}, "
        f"ratio {statistics.median(ratios):.3f}",
        flush=True,
    )


def costs(rounds: int, count: int) -> None:
    """Print what a checkpoint costs a run that is under way."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, size in SIZES.items():
            kept, bare = in_turns(lambda at, s=size: on_the_loop(s, count, at), folder, rounds)
            _tell(f"loop, {title}, an item", kept, bare, "µs")
        for title, size in SIZES.items():
            with served_by("benchmarks.checkpoint", str(size)) as url:
                client = nk.Client(url)
                wall(client, 500, None)
                kept, bare = in_turns(lambda at, c=client: wall(c, count, at), folder, rounds)
                client.close()
                _tell(f"wall, {title}, {count:,} requests at 5,000/s", kept, bare, "s")


def keep(count: int, items: str, path: str | None) -> None:
    """Run so many items, kept or not, and print what that took; in a process of its own."""
    text = json.dumps({**json.loads(fixed.DOCUMENT), "note": "x" * 120})

    async def answer(item: Any) -> Any:
        del item
        return msgspec.json.decode(text)

    async def of_row(number: int, name: str) -> Any:
        return await answer((number, name))

    data: Any = [f"item-{at}" for at in range(count)]
    if items == "rows":
        import pandas as pd  # noqa: PLC0415 - only where it is asked for

        data = pd.DataFrame({"number": range(count), "name": data})
    if items == "shuffled":
        data = [data[at * 7919 % count] for at in range(count)]
    began, began_cpu = time.perf_counter(), time.process_time()
    run = nk.map(
        of_row if items == "rows" else answer,
        data,
        max_concurrency=50,
        progress=False,
        checkpoint=path,
        name="kept",
    )
    found, found_cpu = time.perf_counter() - began, time.process_time() - began_cpu
    frame = run.result()
    took = {
        "found_s": round(found, 2),
        "of_processor_s": round(found_cpu, 2),
        "all_s": round(time.perf_counter() - began, 2),
        "reused": run.snapshot().reused,
        "rows": len(frame),
        "peak_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps(took), flush=True)


def _in_child(count: int, items: str, path: Path | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.checkpoint", "--keep", str(count), items]
    command += [str(path)] if path else []
    done = subprocess.run(  # noqa: S603 - this program
        command, capture_output=True, text=True, check=True, timeout=_DEADLINE_S
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def resumes(count: int) -> None:
    """Print how many outcomes are taken over, how fast, and in how much memory."""
    with tempfile.TemporaryDirectory() as name:
        for items in KINDS:
            path = Path(name, f"{items}.db")
            print(f"{items}: made without a checkpoint {_in_child(count, items, None)}", flush=True)
            print(f"{items}: made and kept {_in_child(count, items, path)}", flush=True)
            print(f"{items}: {path.stat().st_size / 1e6:,.0f} MB on disk")
            print(f"{items}: taken over {_in_child(count, items, path)}", flush=True)
        shuffled = _in_child(count, "shuffled", Path(name, "text.db"))
        print(f"in another order: taken over {shuffled}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--resume", type=int, default=1_000_000)
    parser.add_argument("--serve", type=int)
    parser.add_argument("--keep", nargs="+")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(_serve(given.serve))
    elif given.keep:
        count, items, *path = given.keep
        keep(int(count), items, path[0] if path else None)
    else:
        if given.rounds:
            costs(given.rounds, given.items)
        if given.resume:
            resumes(given.resume)


if __name__ == "__main__":
    main()
