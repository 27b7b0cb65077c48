"""The accessor ``calls`` on every DataFrame, there as soon as pandas is, without importing it.

pandas has no entry point for accessors of DataFrames. So, where pandas is not imported yet, a
finder stands first on ``sys.meta_path`` until it is: it has the others find pandas, and has the
loader they give add the accessor when pandas has been executed. What it does then imports nothing,
because the thread holds the import lock of pandas, and another one may hold the locks of modules
of this package and wait for pandas.
"""

from __future__ import annotations

import importlib
import sys
import threading
import warnings
from contextlib import suppress
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec

    import pandas as pd

__all__ = ["NAME", "CallsAttribute", "PandasWatcher", "add_if_there", "offer"]

#: The attribute of a DataFrame.
NAME: Final = "calls"


class CallsAttribute:
    """The attribute ``calls`` of a DataFrame: what a frame of this package can be asked.

    Not made by ``pandas.api.extensions.register_dataframe_accessor``: a table of the user's own may
    have a column ``calls``, which is to be found by that name as before, and what pandas registers
    would keep each frame in a circle of references before pandas 3.
    """

    def __get__(self, frame: pd.DataFrame | None, owner: type) -> Any:
        # Imports pandas, which is there now, and not while this module is imported.
        from notebook_kit.frames.accessor import Calls  # noqa: PLC0415 - as said
        from notebook_kit.frames.calls.restored import is_of_run  # noqa: PLC0415

        if frame is None:
            return Calls
        # Calls by telephone, say, may have a status and attempts too.
        if NAME in frame.columns and not is_of_run(frame):
            message = f"{NAME!r} is a column here, and the table is no frame of a run."
            raise AttributeError(message)
        return Calls(frame)


def offer() -> None:
    """Give DataFrames the accessor: now if pandas is imported, or else when it is.

    Can be called again, also by another copy of this module after a reload.
    """
    sys.meta_path[:] = [finder for finder in sys.meta_path if not _is_like(finder, PandasWatcher)]
    if _is_loaded(sys.modules.get("pandas")):
        # Where another thread is importing pandas just now, this waits for it to end.
        with suppress(ImportError):
            importlib.import_module("pandas")
    if not add_if_there():
        sys.meta_path.insert(0, PandasWatcher())


def add_if_there() -> bool:
    """Add the accessor if pandas has been imported wholly; tell whether it has."""
    pandas = sys.modules.get("pandas")
    if not _is_loaded(pandas) or getattr(getattr(pandas, "__spec__", None), "_initializing", False):
        return False
    return _add(pandas)


def _is_loaded(module: object) -> bool:
    # A module that is loaded lazily is of another class until it is: to look into it would load it.
    return type(module) is ModuleType


def _add(pandas: object) -> bool:
    frames = getattr(pandas, "DataFrame", None)
    if not isinstance(frames, type):
        return False
    known = vars(frames).get(NAME)
    if known is None or _is_like(known, CallsAttribute):
        setattr(frames, NAME, CallsAttribute())
    else:
        warnings.warn(
            f"DataFrames have an accessor {NAME!r} of another library, which stays: write "
            "notebook_kit.frames.accessor.Calls(frame) in the place of frame.calls.",
            UserWarning,
            stacklevel=2,
        )
    return True


def _is_like(thing: object, cls: type) -> bool:
    """Tell whether it is of the class, or of its namesake from before a reload."""
    kind = type(thing)
    return (kind.__module__, kind.__qualname__) == (cls.__module__, cls.__qualname__)


class PandasWatcher(MetaPathFinder):
    """Has the accessor added when pandas is imported, and is gone then."""

    def __init__(self) -> None:
        self._asking = threading.local()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import pandas, as the other finders say; None for anything else."""
        if fullname != "pandas":
            # Imported half when it was looked at first, it may be whole by now.
            if "pandas" in sys.modules and add_if_there():
                self._leave()
            return None
        # Another finder of this kind may ask all the others in its turn.
        if getattr(self._asking, "now", False):
            return None
        self._asking.now = True
        try:
            spec = _found_by_others(self, fullname, path, target)
        finally:
            self._asking.now = False
        if spec is not None and spec.loader is not None:
            _after_execution(spec.loader, self._executed)
        return spec

    def _executed(self, pandas: ModuleType) -> None:
        self._leave()
        _add(pandas)

    def _leave(self) -> None:
        with suppress(ValueError):
            sys.meta_path.remove(self)


def _found_by_others(
    this: MetaPathFinder, name: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in list(sys.meta_path):
        if finder is this or not hasattr(finder, "find_spec"):
            continue
        spec = finder.find_spec(name, path, target)
        if spec is not None:
            return spec
    return None


def _after_execution(loader: Any, then: Callable[[ModuleType], None]) -> None:
    """Have a function called with the module that the loader executes, once.

    The loader stays what it is, because others ask it for files of the package.
    """
    execute = loader.exec_module

    def executes(module: ModuleType) -> None:
        with suppress(AttributeError):
            del loader.exec_module
        execute(module)
        then(module)

    # A loader that takes no attributes: the next import after pandas is noticed all the same.
    with suppress(AttributeError):
        loader.exec_module = executes
