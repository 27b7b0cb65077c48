from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

TOTAL = 57


def _all_ids(api: httpx.Client) -> list[str]:
    return [run["id"] for run in api.get("/runs?limit=1000").json()["items"]]


@pytest.mark.parametrize(
    ("first", "parameter", "field"),
    [
        ({"page": 1, "per_page": 10}, "page", "next_page"),
        ({"offset": 0, "limit": 10}, "offset", "next_offset"),
        ({"cursor": "", "limit": 10}, "cursor", "next_cursor"),
    ],
)
def test_a_list_is_walked_by_what_each_page_says_comes_next(
    api: httpx.Client, first: dict[str, Any], parameter: str, field: str
) -> None:
    """By page number, by offset and by cursor: each item once, in order."""
    found: list[str] = []
    query = dict(first)
    while True:
        page = api.get("/runs", params=query).json()
        found += [run["id"] for run in page["items"]]
        assert (page["total"], page["pages"]) == (TOTAL, 6)
        if page[field] is None:
            break
        query[parameter] = page[field]
    assert found == _all_ids(api)
    assert page["has_more"] is False


@pytest.mark.parametrize("query", ["?per_page=25", "?limit=25", "?cursor=&limit=25"])
def test_a_list_is_walked_by_its_links(api: httpx.Client, query: str) -> None:
    """The Link header goes on in the way the request began, and keeps its filters."""
    found: list[str] = []
    link: str | None = f"/runs{query}&status=succeeded"
    while link is not None:
        answer = api.get(link)
        found += [run["id"] for run in answer.json()["items"]]
        link = answer.links.get("next", {}).get("url")
    wanted = api.get("/runs?status=succeeded&limit=1000").json()
    assert found == [run["id"] for run in wanted["items"]]
    assert len(found) == int(answer.headers["x-total-count"])


def test_links_name_the_pages_around(api: httpx.Client) -> None:
    """First and last always, the previous and the next where there is one."""
    assert set(api.get("/runs?per_page=20").links) == {"first", "last", "next"}
    middle = api.get("/runs?page=2&per_page=20").links
    assert set(middle) == {"first", "last", "next", "prev"}
    assert api.get(middle["last"]["url"]).json()["page"] == 3


def test_a_page_beyond_the_end_is_empty(api: httpx.Client) -> None:
    """It is no error, and says that nothing comes after it."""
    page = api.get("/runs?page=99").json()
    assert (page["items"], page["has_more"], page["total"]) == ([], False, TOTAL)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("offset=-1", "offset"),
        ("page=two", "page"),
        ("cursor=abc", "cursor"),
        ("cursor=ZnJvbTp4", "cursor"),
    ],
)
def test_a_page_that_cannot_be_is_refused(api: httpx.Client, query: str, param: str) -> None:
    """Status 400, naming the parameter and what was given."""
    answer = api.get(f"/runs?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert repr(query.partition("=")[2]) in answer.json()["error"]["message"]
