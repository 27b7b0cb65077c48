"""The public names, pinned: whoever adds or removes one changes this list on purpose."""

from __future__ import annotations

import subprocess
import sys

import notebook_kit as nk

NAMES = """
APIError AsyncCache AsyncResource AuthenticationError BatchError BatchFailed Body Breaker
BudgetExceeded Cache Call CheckpointCorrupt CheckpointMismatch CircuitOpen Client ClosedError
ClosingFailed Coalescer Comparison ComposedCall ConfigurationError Conflict ConnectionFailed
ConnectionLost CursorPaging DecodeError END Endpoint EndpointCall Executor Fallback File Forecast
Form HTTPCache Header Hedge LinkPaging LoggingConfig MissingCredential NotFound NotebookKitError
OffsetPaging OpenResource Outcome Page PageNumberPaging PermissionDenied Priority Query Rate
RateLimited ReplayMismatch RequestError RequestTimeout Resource ResourceManager ResourcePool
ResourceTimeout Response Retry Run RunKeywords Secret ServerError ServerSentEvent Snapshot
StorageError Stream StreamStalled Submission TooLarge TransportError UnsentCallWarning
UnwantedAnswer WouldDeadlock
__version__ allow_nested_run breaker cached close_all col compare composed dashboard demo
distributed endpoint forget graceful_shutdown last_run launcher limit load_run map monitor
open_resources options read_frame record replay retry runs testing track
"""


def test_public_names() -> None:
    """notebook_kit offers these names and no others."""
    assert sorted(nk.__all__) == sorted(NAMES.split())
    for name in NAMES.split():
        assert getattr(nk, name) is not None


def test_unknown_names_say_so() -> None:
    """A name that is not there raises AttributeError."""
    assert not hasattr(nk, "no_such_name")
    assert dir(nk) == sorted(nk.__all__)


def test_importing_is_light() -> None:
    """Importing the package imports no pandas, ipywidgets, aiohttp, IPython or starlette."""
    heavy = "{'pandas', 'ipywidgets', 'aiohttp', 'IPython', 'starlette', 'numpy', 'distributed'}"
    script = f"import sys, notebook_kit; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "[]\n"
