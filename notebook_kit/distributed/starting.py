"""The verbs: what a map takes here, checked, cut and packed before anything leaves."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any, Final, Unpack

from notebook_kit import frames
from notebook_kit.client.batch import refuse_unsafe_hedge
from notebook_kit.client.checks import checked_method
from notebook_kit.client.hosts import AddressTemplate
from notebook_kit.client.idempotency import row_keys
from notebook_kit.client.keywords import MapKeywords
from notebook_kit.distributed.library import checked_client, pickled
from notebook_kit.distributed.options import checked
from notebook_kit.distributed.run import DistributedRun
from notebook_kit.distributed.shards import cut, divided, shard_count
from notebook_kit.distributed.worker import Limit, StartRun, client_run, function_run
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution import RunKeywords
from notebook_kit.execution.functions import FunctionWork, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    import distributed

    from notebook_kit.client import Client
    from notebook_kit.scheduling import Plan

__all__ = ["forget", "last_run", "map", "map_calls"]

_SECRETS_STAY: Final = (
    "An nk.Client or an nk.Secret stays in its process: make it inside the function, or give "
    "map_calls a make_client that does."
)

#: What `map_calls` takes beside the options of every run.
_OF_REQUESTS: Final = MapKeywords.__annotations__.keys() - RunKeywords.__annotations__.keys()
#: What is divided among the shards, or made anew when each of them begins.
_SETTLED_HERE: Final = frozenset({"rate", "batch_timeout"})

_last: DistributedRun | None = None


def map(  # noqa: A001 - the verb of this package, used as nk.distributed.map
    function: Callable[..., Any],
    items: Any,
    *,
    scheduler: distributed.Client,
    shards: int | None = None,
    **options: Unpack[RunKeywords],
) -> DistributedRun:
    """Call a function with every item on the workers of a Dask cluster and return the run.

    Each worker runs `notebook_kit.map` over its shard, with ``max_concurrency`` calls at once. A
    ``rate`` holds for all of them together: each shard is given an equal share, paced. So does
    ``batch_timeout``, by the clocks of the machines. A shard is started once: when its worker dies,
    its rows fail, and `DistributedRun.retry_failed` can send them again.

    A breaker, ``"auto"``, ``hedge`` and what a server says of its pace hold for each shard by
    itself, and ``priority`` is the order within each. A shard that stops, because its rows fail for
    a reason that will not go away or are more than ``max_errors``, stops the others; so does the
    sum of the failed rows that have come back.

    Args:
        function: async, or synchronous and called in threads; it travels to the workers.
        items: anything of known length that `notebook_kit.map` takes.
        scheduler: the client of the cluster, in its usual synchronous form.
        shards: parts to cut the input into, one per worker if not said. Where the cluster runs
            fewer at once, the others wait, and so do their shares of a rate.
        **options: see `RunKeywords`. Errors are always collected, and no panel is shown.
            ``checkpoint``, ``on_outcome``, ``dedupe``, ``cost`` and ``max_cost`` are refused: they
            would have to know of all shards at once.

    Raises:
        ConfigurationError: before anything is called, for what cannot work.
    """
    plan = _sized(frames.plan_of(items, name=options.get("name") or name_of(function)))
    FunctionWork(function, loop="kit").bind(_columns(plan))

    def work(options: dict[str, Any], _positions: Sequence[int]) -> StartRun:
        return functools.partial(function_run, function=function, options=options)

    return _start(plan, work, options, scheduler=scheduler, shards=shards)


def map_calls(
    make_client: Callable[[], Client],
    path: str,
    items: Any,
    *,
    scheduler: distributed.Client,
    shards: int | None = None,
    **options: Unpack[MapKeywords],
) -> DistributedRun:
    """Send a request for every item from the workers of a Dask cluster and return the run.

    Args:
        make_client: makes an `nk.Client` on a worker, once per shard; it is closed when the shard
            has ended. Read keys there, from the worker's environment: credentials do not travel.
            A rate of this client holds for each shard by itself.
        path: a template, as `Client.map` takes it.
        items: anything of known length that `Client.map` takes.
        scheduler: as in `map`.
        shards: as in `map`.
        **options: see `MapKeywords`; as in `map`, and a ``rate`` given here holds for all shards
            together.

    Raises:
        ConfigurationError: before anything is sent, for what cannot work.
    """
    name = options.get("name") or f"{options.get('method', 'GET')} {path}"
    plan = _sized(frames.plan_of(items, name=name))
    template = AddressTemplate(path)
    if (columns := _columns(plan)) is not None:
        template.check_columns(columns)
    keys = row_keys(options.get("idempotency_key"))
    method = checked_method(options.get("method", "GET"))
    of_run = {name: value for name, value in options.items() if name not in _OF_REQUESTS}
    refuse_unsafe_hedge(checked(of_run), method, keys)

    def work(options: dict[str, Any], positions: Sequence[int]) -> StartRun:
        if keys is not None:
            options = {**options, "idempotency_key": keys.of_shard(positions)}
        return functools.partial(client_run, make_client=make_client, path=path, options=options)

    return _start(plan, work, options, scheduler=scheduler, shards=shards, beside=_OF_REQUESTS)


def last_run() -> DistributedRun | None:
    """Return the run on a cluster that was started last; None if there is none."""
    return _last


def forget() -> None:
    """Let go of the last run, so that its answers can be collected."""
    global _last  # noqa: PLW0603 - see _start
    _last = None


def _start(
    plan: Plan,
    work: Callable[[dict[str, Any], Sequence[int]], StartRun],
    options: Mapping[str, Any],
    *,
    scheduler: distributed.Client,
    shards: int | None,
    beside: AbstractSet[str] = frozenset(),
) -> DistributedRun:
    global _last  # noqa: PLW0603 - the run that `last_run` returns
    of_run = checked({name: options[name] for name in options if name not in beside})
    if (columns := _columns(plan)) is not None:
        of_run.check_columns(columns)
    client = checked_client(scheduler)
    wanted = shard_count(shards, workers=len(client.nthreads()), rates=of_run.rates)
    parts = cut(plan.length or 0, wanted)
    for_worker = {name: options[name] for name in options if name not in _SETTLED_HERE}
    if of_run.rates and parts:
        for_worker["rate"] = divided(of_run.rates, len(parts))
    limit_s = of_run.batch_timeout_s
    limit = None if limit_s is None else Limit(limit_s, time.time() + limit_s)

    def start(positions: Sequence[int]) -> StartRun:
        return work({**for_worker, "progress": False}, positions)

    _travels(start([]), "The function and its options")

    def again(positions: list[int]) -> DistributedRun:
        some = frames.subset(plan, positions)
        some.positions = [plan.position(at) for at in positions]
        return _start(some, work, options, scheduler=scheduler, shards=shards, beside=beside)

    payloads = [_payload(start(_stood(plan, part)), plan, part, limit) for part in parts]
    run = DistributedRun(plan, parts, client, again=again, max_errors=of_run.max_errors)
    run.start(payloads)
    _last = run
    return run


def _stood(plan: Plan, part: range) -> Sequence[int]:
    """Return where the items of a shard stood in the first input that they were taken from."""
    return part if plan.positions is None else plan.positions[part.start : part.stop]


def _sized(plan: Plan) -> Plan:
    if plan.length is None:
        message = (
            "An input without a known length cannot be cut into shards: pass list(items), or a "
            "DataFrame."
        )
        raise ConfigurationError(message)
    return plan


def _columns(plan: Plan) -> Any:
    return getattr(plan.source, "columns", None)


def _payload(start: StartRun, plan: Plan, part: range, limit: Limit | None) -> bytes:
    source: Any = plan.source
    items = source[part.start : part.stop]
    try:
        return pickled((start, items, limit))
    except Exception:
        # Which one is it? Said with its position, it can be found.
        for at in part:
            _travels(plan.item(at), f"The item at position {at}")
        raise


def _travels(thing: Any, what: str) -> None:
    try:
        pickled(thing)
    except Exception as error:
        message = (
            f"{what} cannot travel to the workers ({type(error).__name__}: {error}). "
            f"{_SECRETS_STAY}"
        )
        raise ConfigurationError(message) from error
