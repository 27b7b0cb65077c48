"""Which options of a run work on a cluster, and what to do instead of the others.

A worker knows of its own shard only. What holds for each item by itself, or can be divided, works
there as it does here; what has to know of the whole run while it goes on is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ConfigurationError
from notebook_kit.execution import RunOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["checked"]

#: Options that are refused unless they have this value, and what to do instead.
_REFUSED: Final[dict[str, tuple[object, str]]] = {
    "on_error": ("collect", "look at run.errors when the run has ended"),
    "on_outcome": (None, "it would be called on the workers; do it in the function itself"),
    "checkpoint": (None, "the workers share no file; use notebook_kit.map, which keeps one"),
    "durable": (False, "it is of a checkpoint, and the workers share no file"),
    "flush_every": (0.2, "it is of a checkpoint, and the workers share no file"),
    "version": (None, "it is of a checkpoint, and the workers share no file"),
    "on_change": ("error", "it is of a checkpoint, and the workers share no file"),
    "pilot": (None, "each worker would stand by itself; try a few items with notebook_kit.map"),
    "dedupe": (False, "equal items may go to different workers; drop the duplicates beforehand"),
    "key": (None, "it is for dedupe=, and equal items may go to different workers"),
    "join": (None, "run.joined() puts the input beside the outcomes when the run has ended"),
    "cost": (None, "no worker knows what the others spend; add it up when the run has ended"),
    "max_cost": (None, "no worker knows what the others spend; use notebook_kit.map for a cap"),
}


def checked(options: Mapping[str, Any]) -> RunOptions:
    """Return the options if they can work on a cluster.

    Raises:
        ConfigurationError: for one that cannot, with what to do instead.
    """
    for name, (harmless, instead) in _REFUSED.items():
        value = options.get(name, harmless)
        if not (value is harmless or value == harmless):
            shown = f"{name}={value!r}" if isinstance(value, (str, int, float)) else f"{name}="
            message = f"{shown} does not work on a cluster, so leave it out: {instead}."
            raise ConfigurationError(message)
    if options.get("progress", True) not in (True, False):
        message = (
            f"progress={options['progress']!r} does not work on a cluster: leave it out, and look "
            "at the run itself or at Dask's dashboard."
        )
        raise ConfigurationError(message)
    return RunOptions.of(options)  # type: ignore[arg-type]  # checked there, name by name
