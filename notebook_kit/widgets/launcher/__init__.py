"""The launcher: a batch set up and started by clicking, with the code that does the same."""

from __future__ import annotations

from notebook_kit.widgets.launcher.choice import Parameter
from notebook_kit.widgets.launcher.heard import Heard
from notebook_kit.widgets.launcher.launcher import Launcher, open_launcher
from notebook_kit.widgets.launcher.target import EndpointChoice, Preview, Target

__all__ = [
    "EndpointChoice",
    "Heard",
    "Launcher",
    "Parameter",
    "Preview",
    "Target",
    "open_launcher",
]
