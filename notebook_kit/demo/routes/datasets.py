"""Datasets of pictures, what is in them, and the runs made on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.demo.paging import paged
from notebook_kit.demo.web import Fault, json_reply, route

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.routing import Route

    from notebook_kit.demo.records import Record
    from notebook_kit.demo.web import Answer
    from notebook_kit.demo.world import World

__all__ = ["dataset_routes"]


def dataset_routes(world: World) -> list[Route]:
    """Return the routes about datasets and runs."""
    datasets = _Datasets(world)
    return [
        route("/datasets", datasets.page),
        route("/datasets/{dataset_id}", datasets.one),
        route("/datasets/{dataset_id}/assets", datasets.assets),
        route("/datasets/{dataset_id}/assets/{asset_id}", datasets.asset),
        route("/datasets/{dataset_id}/annotations", datasets.annotations),
        route("/runs", datasets.runs),
        route("/runs/{run_id}", datasets.run),
    ]


class _Datasets:
    def __init__(self, world: World) -> None:
        self._records = world.records

    async def page(self, request: Request) -> Answer:
        """Datasets in pages."""
        return paged(request, self._records.datasets)

    async def one(self, request: Request) -> Answer:
        """One dataset."""
        return json_reply(self._dataset(request))

    async def assets(self, request: Request) -> Answer:
        """The assets of a dataset in pages."""
        return paged(request, self._records.assets[self._dataset(request)["id"]])

    async def asset(self, request: Request) -> Answer:
        """One asset of a dataset."""
        dataset = self._dataset(request)
        return json_reply(_by_id(self._records.assets[dataset["id"]], request, "asset_id", "asset"))

    async def annotations(self, request: Request) -> Answer:
        """The annotations of a dataset in pages; ?asset_id= keeps those of one asset."""
        found = self._records.annotations[self._dataset(request)["id"]]
        asset = request.query_params.get("asset_id")
        if asset is not None:
            found = [mark for mark in found if mark["asset_id"] == asset]
        return paged(request, found)

    async def runs(self, request: Request) -> Answer:
        """Runs in pages; ?status=failed and ?dataset_id= keep some of them."""
        wanted = {
            name: request.query_params[name]
            for name in ("status", "dataset_id")
            if name in request.query_params
        }
        kept = [
            run
            for run in self._records.runs
            if all(run[name] == value for name, value in wanted.items())
        ]
        return paged(request, kept)

    async def run(self, request: Request) -> Answer:
        """One run."""
        return json_reply(_by_id(self._records.runs, request, "run_id", "run"))

    def _dataset(self, request: Request) -> Record:
        return _by_id(self._records.datasets, request, "dataset_id", "dataset")


def _by_id(records: Iterable[Record], request: Request, name: str, noun: str) -> Record:
    wanted = request.path_params[name]
    for record in records:
        if record["id"] == wanted:
            return record
    raise Fault(404, f"There is no {noun} {wanted!r}.", code=f"unknown_{noun}", param=name)
