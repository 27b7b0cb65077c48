"""Scripts in interpreters that make an error of every warning, and what they leave open."""

from __future__ import annotations

import subprocess
import sys

__all__ = ["HEAD", "run_strictly", "start_strictly"]

#: Behind `URL`. That a first import on a loop takes its time is no news; errors of asyncio are.
HEAD = """
import asyncio, gc, logging, os, sys, threading, time
import psutil
import notebook_kit as nk
logging.getLogger("asyncio").setLevel(logging.ERROR)

def files():
    "How many files and sockets this process has open."
    return psutil.Process().num_fds() if hasattr(psutil.Process, "num_fds") else 0

def to_server():
    "How many connections this process has to the server."
    port = int(URL.rpartition(":")[2])
    found = psutil.Process().net_connections("inet")
    return sum(bool(it.raddr) and it.raddr.port == port for it in found)

def becomes(condition, within_s=20.0):
    deadline = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()
"""


def start_strictly(source: str, url: str) -> subprocess.Popen[str]:
    """Start a script in an interpreter that shows every warning and makes it an error."""
    script = f"URL = {url!r}\n{HEAD}\n{source}"
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "error", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_strictly(source: str, url: str, within_s: float = 90.0) -> tuple[int, str, str]:
    """Run such a script; return its exit code, its output and what it wrote to standard error."""
    with start_strictly(source, url) as process:
        try:
            output, errors = process.communicate(timeout=within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, output, errors
