"""The verbs: what a map takes here, checked, cut and packed before anything leaves."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Unpack

from notebook_kit import frames
from notebook_kit.client.keywords import MapKeywords
from notebook_kit.client.template import PathTemplate
from notebook_kit.distributed.library import checked_client, pickled
from notebook_kit.distributed.run import DistributedRun
from notebook_kit.distributed.shards import cut, divided, shard_count
from notebook_kit.distributed.worker import StartRun, client_run, function_run
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution import RunKeywords, RunOptions
from notebook_kit.execution.functions import FunctionWork, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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
    ``rate`` holds for all of them together: each shard is given an equal share, paced. A shard is
    started once: when its worker dies, its rows fail, and `DistributedRun.retry_failed` can send
    them again.

    Args:
        function: async, or synchronous and called in threads; it travels to the workers.
        items: anything of known length that `notebook_kit.map` takes.
        scheduler: the client of the cluster, in its usual synchronous form.
        shards: parts to cut the input into, one per worker if not said. Where the cluster runs
            fewer at once, the others wait, and so do their shares of a rate.
        **options: see `RunKeywords`. Errors are always collected, ``checkpoint`` is refused, and no
            panel is shown.

    Raises:
        ConfigurationError: before anything is called, for what cannot work.
    """
    plan = _sized(frames.plan_of(items, name=options.get("name") or name_of(function)))
    FunctionWork(function, loop="kit").bind(_columns(plan))

    def work(options: dict[str, Any]) -> StartRun:
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
    template = PathTemplate(path)
    if (columns := _columns(plan)) is not None:
        template.check_columns(columns)

    def work(options: dict[str, Any]) -> StartRun:
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
    work: Callable[[dict[str, Any]], StartRun],
    options: Mapping[str, Any],
    *,
    scheduler: distributed.Client,
    shards: int | None,
    beside: AbstractSet[str] = frozenset(),
) -> DistributedRun:
    global _last  # noqa: PLW0603 - the run that `last_run` returns
    checked = _checked({name: options[name] for name in options if name not in beside})
    client = checked_client(scheduler)
    wanted = shard_count(shards, workers=len(client.nthreads()), rates=checked.rates)
    parts = cut(plan.length or 0, wanted)
    for_worker = {name: value for name, value in options.items() if name != "rate"}
    if checked.rates and parts:
        for_worker["rate"] = divided(checked.rates, len(parts))
    start = work({**for_worker, "progress": False})
    _travels(start, "The function and its options")

    def again(positions: list[int]) -> DistributedRun:
        some = frames.subset(plan, positions)
        return _start(some, work, options, scheduler=scheduler, shards=shards, beside=beside)

    payloads = [_payload(start, plan, part) for part in parts]
    run = DistributedRun(plan, parts, client, again=again)
    run.start(payloads)
    _last = run
    return run


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


def _checked(options: Mapping[str, Any]) -> RunOptions:
    if options.get("on_error", "collect") != "collect":
        message = (
            f"on_error={options['on_error']!r} does not work on a cluster: leave it out, and look "
            "at run.errors when the run has ended."
        )
        raise ConfigurationError(message)
    if options.get("checkpoint") is not None:
        message = (
            "checkpoint= does not work on a cluster, whose workers share no file: leave it out, or "
            "use notebook_kit.map."
        )
        raise ConfigurationError(message)
    if options.get("progress", True) not in (True, False):
        message = (
            f"progress={options['progress']!r} does not work on a cluster: leave it out, and look "
            "at the run itself or at Dask's dashboard."
        )
        raise ConfigurationError(message)
    return RunOptions.of(options)  # type: ignore[arg-type]  # checked there, name by name


def _payload(start: StartRun, plan: Plan, part: range) -> bytes:
    source: Any = plan.source
    items = source[part.start : part.stop]
    try:
        return pickled((start, items))
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
