"""An API that runs on this machine: real airports, and every kind of trouble an API can make.

`serve` starts it on a free port of the loopback address, in a thread of its own, so that notebooks
and tests have something to call without a network, an account or a cost. ``python -m
notebook_kit.demo`` runs the same from a shell. Needs ``pip install 'notebook_kit[demo]'``.
"""

from __future__ import annotations

from notebook_kit.demo.server import DemoServer, serve
from notebook_kit.demo.stats import DemoStats
from notebook_kit.demo.switches import Switches

__all__ = ["DemoServer", "DemoStats", "Switches", "serve"]
