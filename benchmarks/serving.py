"""Servers of the benchmarks, in processes of their own, so that they cost the caller nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["serve", "served_by"]


async def serve(app: web.Application) -> None:
    """Serve on a free port until the process is ended; the first line of output is the address."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


@contextmanager
def served_by(module: str, *options: str) -> Iterator[str]:
    """Run a module with ``--serve`` and give the address that it prints."""
    command = [sys.executable, "-m", module, "--serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.communicate()
