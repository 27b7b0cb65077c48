from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.client.openapi.answers import answer_of
from notebook_kit.client.openapi.paging import paging_of
from notebook_kit.client.openapi.parameters import parameters_of
from notebook_kit.client.resources.paging import (
    CursorPaging,
    LinkPaging,
    OffsetPaging,
    PageNumberPaging,
    Paging,
)
from tests.client.openapi.papers import one

LIST: dict[str, Any] = {"type": "array", "items": {"type": "object"}}


def held(**fields: Any) -> dict[str, Any]:
    return {"properties": {"data": LIST, **fields}}


def paging(schema: Any, *queries: str, method: str = "get", **more: Any) -> Paging | None:
    """Return how a list with these parameters goes on."""
    headers: dict[str, Any] = {name: {} for name in more.pop("headers", ())}
    answer = {"content": {"application/json": {"schema": schema}}, "headers": headers}
    parameters = [
        {"name": it.rstrip("0"), "in": "query", "schema": {"default": 0} if it[-1] == "0" else {}}
        for it in queries
    ]
    said = {"parameters": parameters, "responses": {"200": answer}, **more}
    operation = one(said, method=method)
    return paging_of(operation, parameters_of(operation), answer_of(operation))


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (paging(LIST, headers=["Link"]), LinkPaging(items=None)),
        (paging(held(total={}), headers=["Link"]), LinkPaging(items="data", total="total")),
        (paging(LIST, "page", "per_page"), PageNumberPaging(items=None)),
        (paging(LIST, "page0", "per_page"), PageNumberPaging(items=None, start=0)),
        (paging(held(total={}), "page", "limit"), PageNumberPaging(items="data", total="total")),
        (paging(LIST, "limit", "offset"), OffsetPaging(items=None)),
        (paging(held(next_cursor={}), "cursor"), CursorPaging(items="data")),
    ],
)
def test_lists_that_go_on_for_sure(made: Paging | None, wanted: Paging) -> None:
    """By a link that is described, or by parameters that go together."""
    assert made == wanted


@pytest.mark.parametrize(
    "made",
    [
        paging(LIST),
        paging(LIST, "limit"),
        paging(LIST, "page"),
        paging(LIST, "page", "offset", "limit"),
        paging(LIST, "cursor", "limit"),
        paging(held(other=LIST), "page", "per_page"),
        paging(held(total={}, state={}), "page", "per_page"),
        paging(held(total={}, state={}), headers=["Link"]),
        paging({"type": "object"}, "page", "per_page"),
        paging(LIST, "page", "per_page", method="post"),
        paging({"$ref": "#/nowhere"}, "page", "per_page"),
    ],
)
def test_what_is_not_sure_is_no_list_in_pages(made: Paging | None) -> None:
    """The answer comes as it is."""
    assert made is None


def test_a_document_can_say_it() -> None:
    """In an extension that others use too, or in one of the kit's own words."""
    said: Any = {"x-ms-pageable": {"nextLinkName": "nextLink"}}
    assert paging({}, **said) == LinkPaging(next="nextLink", items="value")
    own: Any = {"x-pagination": {"style": "cursor", "cursor": "after", "next": "meta.next"}}
    assert paging({}, **own) == CursorPaging(cursor="after", next="meta.next")
    wrongs: list[Any] = [
        {"style": "cursor", "typo": 1},
        {"style": "none"},
        "page",
        {"style": "page", "page": ""},
    ]
    for wrong in wrongs:
        more: Any = {"x-pagination": wrong}
        assert paging({}, **more) is None
