"""Serves httpbin on a free port, by an interpreter that has it; the port is printed."""

from __future__ import annotations

import sys

import httpbin  # type: ignore[import-not-found]  # in the servers' own environment
import waitress  # type: ignore[import-untyped,import-not-found,unused-ignore]  # as above

if __name__ == "__main__":
    server = waitress.create_server(httpbin.app, host="127.0.0.1", port=0, threads=24)
    sys.stdout.write(f"running on http://127.0.0.1:{server.effective_port}\n")
    sys.stdout.flush()
    server.run()
