from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx


def test_a_dataset_leads_to_its_assets_and_their_annotations(api: httpx.Client) -> None:
    """Each level names the one above it, and an asset's picture can be fetched."""
    dataset = api.get("/datasets").json()["items"][0]
    assert api.get(f"/datasets/{dataset['id']}").json() == dataset
    assets = api.get(f"/datasets/{dataset['id']}/assets?limit=1000").json()
    assert assets["total"] == dataset["asset_count"] > 20
    asset = assets["items"][3]
    assert asset["dataset_id"] == dataset["id"]
    assert api.get(f"/datasets/{dataset['id']}/assets/{asset['id']}").json() == asset
    assert api.get(asset["url"]).headers["content-type"] == "image/png"
    marks = api.get(f"/datasets/{dataset['id']}/annotations?asset_id={asset['id']}").json()
    assert {mark["asset_id"] for mark in marks["items"]} == {asset["id"]}
    every = api.get(f"/datasets/{dataset['id']}/annotations").json()
    assert every["total"] > marks["total"] > 0


def test_runs_are_filtered(api: httpx.Client) -> None:
    """By status and by dataset."""
    failed = api.get("/runs?status=failed&limit=1000").json()
    assert {run["status"] for run in failed["items"]} == {"failed"}
    run = failed["items"][0]
    assert api.get(f"/runs/{run['id']}").json() == run
    both = api.get(f"/runs?status=failed&dataset_id={run['dataset_id']}").json()
    assert 0 < both["total"] < api.get("/runs").json()["total"]


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("/datasets/none", "dataset"),
        ("/datasets/none/assets", "dataset"),
        ("/datasets/none/annotations", "dataset"),
        ("/datasets/ds-001/assets/none", "asset"),
        ("/runs/none", "run"),
    ],
)
def test_what_does_not_exist_is_404_by_name(api: httpx.Client, path: str, noun: str) -> None:
    """The message says what there is none of."""
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == f"There is no {noun} 'none'."
