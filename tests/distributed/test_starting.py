"""Starting: what is refused before anything leaves this process."""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
from typing import Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit import distributed

# Dask's types are incomplete: most of what is called here has none.
dask: Any = importlib.import_module("distributed")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"on_error": "raise"}, "on_error='raise' does not work on a cluster"),
        ({"on_error": print}, r"on_error=.*run\.errors"),
        ({"on_outcome": print}, "on_outcome= does not work on a cluster.*in the function itself"),
        ({"checkpoint": "run.db"}, "share no file"),
        ({"durable": True}, "durable=True does not work.*share no file"),
        ({"flush_every": "1 s"}, "flush_every='1 s' does not work.*share no file"),
        ({"version": 2}, "version=2 does not work.*share no file"),
        ({"on_change": "keep"}, "on_change='keep' does not work.*share no file"),
        ({"dedupe": True}, "dedupe=True does not work.*drop the duplicates beforehand"),
        ({"key": len}, "key= does not work"),
        ({"cost": len}, "cost= does not work.*what the others spend"),
        ({"cost": len, "max_cost": 5.0}, "does not work.*what the others spend"),
        ({"max_cost": 5.0}, "max_cost=5.0 does not work.*notebook_kit.map for a cap"),
        ({"progress": print}, "progress=.*does not work on a cluster"),
        ({"progress": "text"}, "progress='text' does not work"),
        ({"max_concurrency": 0}, "max_concurrency=0"),
        ({"max_errors": -1}, "max_errors=-1"),
        ({"batch_timeout": 0}, "batch_timeout"),
        ({"paralel": 3}, "no option 'paralel'"),
        ({"shards": 0}, "shards=0"),
        ({"rate": "2/s", "shards": 3}, "rate 2/s cannot be divided among shards=3"),
    ],
)
def test_options_that_cannot_work(near: Any, options: dict[str, Any], said: str) -> None:
    """What a cluster cannot do is refused before anything is called, with what to do instead."""
    with pytest.raises(nk.ConfigurationError, match=said):
        distributed.map(str, [1, 2, 3], scheduler=near, **options)
    with pytest.raises(nk.ConfigurationError, match=said):
        distributed.map_calls(nk.Client, "/x/{id}", [1, 2, 3], scheduler=near, **options)


def test_needs_a_client_of_dask() -> None:
    """Anything but a distributed.Client is refused, and what to write is said."""
    with pytest.raises(nk.ConfigurationError, match=r"not a str: scheduler=distributed\.Client"):
        distributed.map(str, [1], scheduler="tcp://127.0.0.1:8786")  # type: ignore[arg-type]


def test_refuses_an_asynchronous_client(near: Any) -> None:
    """An asynchronous client of Dask is refused with what to write instead."""

    async def main() -> None:
        address = near.cluster.scheduler_address
        async with dask.Client(address, asynchronous=True, set_as_default=False) as client:
            with pytest.raises(nk.ConfigurationError, match="without asynchronous=True"):
                distributed.map(str, [1], scheduler=client)

    asyncio.run(main())


def test_needs_an_input_of_known_length(near: Any) -> None:
    """A generator cannot be cut: the user is told to make a list of it."""
    with pytest.raises(nk.ConfigurationError, match=r"pass list\(items\)"):
        distributed.map(str, (number for number in range(3)), scheduler=near)


def test_checks_columns_before_anything_leaves(near: Any) -> None:
    """A parameter or placeholder that is no column is refused here, not on a worker."""
    table = pd.DataFrame({"city": ["Bern"], "code": ["BRN"]})
    with pytest.raises(nk.ConfigurationError, match="needs town, country"):
        distributed.map(lambda town, country: (town, country), table, scheduler=near)
    with pytest.raises(nk.ConfigurationError, match=r"needs \{cod\}.*Did you mean \{code\}"):
        distributed.map_calls(nk.Client, "/airports/{cod}", table, scheduler=near)


def test_checks_the_column_of_priorities_before_anything_leaves(near: Any) -> None:
    """A priority that is no column is refused here, not on a worker."""
    table = pd.DataFrame({"city": ["Bern"]})
    with pytest.raises(nk.ConfigurationError, match="priority='urgency' is no column"):
        distributed.map(str, table, scheduler=near, priority="urgency")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "POST", "hedge": 0.1}, "a POST may do its work twice"),
        ({"idempotency_key": "one"}, "each row needs a key of its own"),
        ({"method": "no method"}, "must be an HTTP method"),
        ({"path": "https://{id}/x"}, "could make it anybody's"),
    ],
)
def test_options_of_requests_that_cannot_work(near: Any, options: Any, said: str) -> None:
    """What a client would refuse to map is refused before anything leaves this process."""
    with pytest.raises(nk.ConfigurationError, match=said):
        distributed.map_calls(nk.Client, items=[1], scheduler=near, **{"path": "/{id}", **options})


def test_harmless_values_of_what_is_refused_are_accepted(near: Any) -> None:
    """An option that is refused may be given with the value that it has anyway."""
    run = distributed.map(
        str, [1], scheduler=near, on_error="collect", dedupe=False, cost=None, checkpoint=None
    )
    assert run.result(timeout=10)["result"].tolist() == ["1"]


def test_secrets_and_clients_do_not_travel(near: Any) -> None:
    """A function that holds a secret or a client is refused, and the way to do it is said."""
    key = nk.Secret("sk-0123456789abcdef")
    with nk.Client("https://api.example.com") as api:
        for held in (key, api):
            with pytest.raises(nk.ConfigurationError, match="give map_calls a make_client"):
                distributed.map(lambda item, held=held: (item, held), [1], scheduler=near)
    headers = {"x-api-key": key}
    with pytest.raises(nk.ConfigurationError, match="Secret stays in its process"):
        distributed.map_calls(nk.Client, "/x/{id}", [1], scheduler=near, headers=headers)


def test_names_the_item_that_cannot_travel(near: Any) -> None:
    """An item that cannot be sent to a worker is named by its position."""
    items = [1, 2, (each for each in "abc"), 4]
    with pytest.raises(nk.ConfigurationError, match="The item at position 2 cannot travel"):
        distributed.map(str, items, scheduler=near)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Dask is not installed the error says what to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(nk.ConfigurationError, match=r"pip install 'notebook_kit\[dask\]'"):
        distributed.map(str, [1], scheduler=None)  # type: ignore[arg-type]


def test_dask_is_imported_on_use_only() -> None:
    """Neither the package nor this room imports Dask before a run is started."""
    code = (
        "import sys, notebook_kit, notebook_kit.distributed;"
        "sys.exit(bool({'dask', 'distributed', 'cloudpickle'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
