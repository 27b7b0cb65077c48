"""The same run on a Dask cluster: the input in shards, one frame at the end.

Each shard is run on a worker by the scheduler that runs a map here, so that retries, limits and
error rows are the same::

    scheduler = distributed.Client("tcp://...")
    frame = await nk.distributed.map(my_function, items, scheduler=scheduler, rate="500/min")
    frame = await nk.distributed.map_calls(
        make_client, "/users/{id}", users, scheduler=scheduler, rate="50/s"
    )

Needs ``pip install 'notebook_kit[dask]'``, here and on the workers.
"""

from __future__ import annotations

from notebook_kit.distributed.run import DistributedRun
from notebook_kit.distributed.starting import (
    forget,
    last_run,
    map,  # noqa: A004 - the verb: nk.distributed.map
    map_calls,
)
from notebook_kit.distributed.worker import WorkerLost

__all__ = ["DistributedRun", "WorkerLost", "forget", "last_run", "map", "map_calls"]
