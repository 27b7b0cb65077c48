"""A map of calls: each row becomes a request, each answer a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from notebook_kit import mapping
from notebook_kit.checks import refuse_unknown, whole_number
from notebook_kit.client.call_work import CallWork
from notebook_kit.client.checks import checked_method
from notebook_kit.client.columns import varies
from notebook_kit.client.idempotency import RowKey, row_keys
from notebook_kit.client.kept.work import keeping_of, with_keeping
from notebook_kit.client.keywords import MapKeywords
from notebook_kit.client.logs.rows import narrated
from notebook_kit.client.methods import IDEMPOTENT
from notebook_kit.client.transports.body_bounds import AnswerBounds, bound_of_row
from notebook_kit.errors import ConfigurationError
from notebook_kit.execution import RunOptions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from notebook_kit.client.core import Core
    from notebook_kit.client.kept.work import Keeping
    from notebook_kit.execution import Run

__all__ = ["checked_for", "refuse_unsafe_hedge", "start_map", "start_work", "work_of_map"]

#: What a map takes of a request; all else is an option of the run.
_REQUEST_OPTIONS = (
    *("params", "headers", "json", "data", "content", "files", "cookies", "timeout", "extensions"),
    *("auth", "follow_redirects"),
)
_EXAMPLE = "10, or 'auto' to have it found"


def start_map(
    owner: object, core: Core, path: str, items: Any, options: Mapping[str, Any], *, most: int
) -> Run:
    """Start a run that sends a request for every item.

    Args:
        owner: lives as long as the run does; the client.
        core: what sends.
        path: a template.
        items: any input of a run.
        options: of the requests and of the run, mixed.
        most: connections that the client may have open at once.

    Raises:
        ConfigurationError: before anything is sent, for what cannot work.
    """
    work, of_run = work_of_map(owner, core, path, options)
    same = f"Every row sends the same request: {path!r} has no {{placeholder}}."
    notices = () if work.differs_from_row_to_row else (same,)
    return start_work(work, core, items, of_run, most=most, notices=notices)


def work_of_map(
    owner: object, core: Core, path: str, options: Mapping[str, Any]
) -> tuple[CallWork, dict[str, Any]]:
    """Return what makes and sends the requests of a map, and the options of its run.

    Raises:
        ConfigurationError: for what cannot work.
    """
    refuse_unknown(options, MapKeywords.__annotations__, of="client.map")
    given = dict(options)
    method = checked_method(given.pop("method", "GET"))
    parse = given.pop("parse", "auto")
    request_options = {name: given.pop(name) for name in _REQUEST_OPTIONS if name in given}
    if varies(given.get("attempt_timeout")):
        # Then it is each row's own, and none of the run's.
        request_options["attempt_timeout"] = given["attempt_timeout"]
        given["attempt_timeout"] = None
    key = given.pop("idempotency_key", None)
    ends = core.usual.ends and "attempt_timeout" not in given
    bounds = AnswerBounds(core.bounds.row, ends)
    if "max_body" in given:
        bounds = AnswerBounds(_most_of(given.pop("max_body")), ends)
    work = CallWork(
        core,
        method,
        path,
        parse=parse,
        request_options=request_options,
        owner=owner,
        key=key,
        bounds=bounds,
    )
    return work, given


def _most_of(max_body: Any) -> int | None:
    if varies(max_body):
        message = "max_body= is the same for all rows: give a size such as '50 MiB', or None."
        raise ConfigurationError(message)
    return bound_of_row(max_body)


def start_work(
    work: CallWork,
    core: Core,
    items: Any,
    options: Mapping[str, Any],
    *,
    most: int,
    notices: Sequence[str] = (),
) -> Run:
    """Start a run of a work, with the options of the run.

    Raises:
        ConfigurationError: before anything is sent, for what cannot work.
    """
    checked = checked_for(work, core, options, most=most)
    work.most_at_once = most
    return mapping.start_run(
        items,
        narrated(with_keeping(work, core, checked.keeping, checked.options), core.watch),
        checked.options,
        name=work.title,
        check=work.check_columns,
        notices=[*checked.notices, *notices],
    )


class Checked(NamedTuple):
    """The options of a run of requests, checked.

    Attributes:
        options: of the run.
        keeping: what it does beside sending, or None.
        notices: what else is otherwise than it was asked for.
    """

    options: RunOptions
    keeping: Keeping | None
    notices: tuple[str, ...]


def checked_for(work: CallWork, core: Core, options: Mapping[str, Any], *, most: int) -> Checked:
    """Return the options of a run of a work as they hold; ``most`` connections may be open.

    Raises:
        ConfigurationError: for what cannot work.
    """
    given = {"retry": core.retry, **options}
    keeping = keeping_of(core, work.method, given, keyed=work.by_position, uploads=work.uploads)
    if core.attempt_limit is not None:
        given.setdefault("attempt_timeout", core.attempt_limit.limit_s)
    wanted = given.get("max_concurrency", 10)
    notices: tuple[str, ...] = ()
    if wanted != "auto" and whole_number(wanted, name="max_concurrency", example=_EXAMPLE) > most:
        given["max_concurrency"] = most
        allowed = f"{most}, the client's max_connections"
        notices = (f"max_concurrency={wanted} was lowered to {allowed}.",)
    of_run = RunOptions.of(given)  # type: ignore[arg-type]  # checked there, name by name
    refuse_unsafe_hedge(of_run, work.method, work.key)
    return Checked(of_run, keeping, notices)


def refuse_unsafe_hedge(options: RunOptions, method: str, key: RowKey) -> None:
    """Check that late calls can be sent twice, if that is asked for.

    Raises:
        ConfigurationError: when that could do harm.
    """
    if options.hedge is None or method in IDEMPOTENT or row_keys(key) is not None:
        return
    message = (
        f"hedge= sends late calls twice, and a {method} may do its work twice then: leave it out, "
        "or give idempotency_key=True if the server knows what that is."
    )
    raise ConfigurationError(message)
