"""Lists in pages: how each way goes on, where it ends, and lists that never would."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Annotated, Any, TypedDict
from urllib.parse import parse_qs

import pytest

import notebook_kit as nk
from notebook_kit.client.resources.links import link_to
from notebook_kit.client.resources.trail import Trail
from notebook_kit.testing import answer
from tests.client.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_kit.client.resources import Paging
    from notebook_kit.testing import Behaviour, ReceivedRequest

# mypy: disable-error-code="empty-body"

KEY = "sk-0123456789abcdef"


class Thing(TypedDict):
    n: int


def says(body: Any, *headers: tuple[str, str]) -> Behaviour:
    return answer(json.dumps(body), headers=[("content-type", "application/json"), *headers])


def asked(request: ReceivedRequest) -> dict[str, str]:
    return {name: it[-1] for name, it in parse_qs(request.target.partition("?")[2]).items()}


def listing(paging: Paging, *, method: str = "GET") -> type[nk.Client]:
    """Return a client with a list that pages in this way."""

    class Things(nk.Client):
        @nk.endpoint(f"{method} /things", paging=paging)
        def all(self, q: str | None = None, page: int | None = None) -> nk.Page[Thing]: ...

    return Things


def things(paging: Paging, rule: Callable[[int, ReceivedRequest], Any]) -> tuple[list[int], int]:
    """Return the numbers that a list gives, and how many requests that took."""
    with Origin(rule) as server:
        client: Any = listing(paging)(server.url, retry=0)
        found = [it["n"] for it in client.all("x")]
        client.close().wait()
        assert all(asked(request)["q"] == "x" for request in server.requests)
        return found, server.count


def rows(*numbers: int) -> list[dict[str, int]]:
    return [{"n": number} for number in numbers]


def test_page_numbers_end() -> None:
    """By number the list ends by pages, total, has_more, next, or an empty page."""

    def pages(_: int, request: ReceivedRequest) -> Any:
        number = int(asked(request).get("page", 1))
        more = number < 3
        items = rows(2 * number, 2 * number + 1) if number <= 3 else []
        return says(
            {
                "items": items,
                "pages": 3,
                "total": 6,
                "meta": {"more": more, "next": number + 1 if more else None},
            }
        )

    kinds: list[tuple[dict[str, Any], int]] = [
        ({"pages": "pages"}, 3),
        ({"total": "total"}, 3),
        ({"has_more": "meta.more"}, 3),
        ({"next": "meta.next"}, 3),
        ({}, 4),
    ]
    for options, requests in kinds:
        found = things(nk.PageNumberPaging(**options), pages)
        assert found == ([2, 3, 4, 5, 6, 7], requests), options


def test_page_numbers_begin_where_they_are_asked_to() -> None:
    """A page given by the caller is the first, and the next one follows it."""

    def pages(_: int, request: ReceivedRequest) -> Any:
        number = int(asked(request)["page"])
        return says({"items": rows(number) if number < 6 else []})

    with Origin(pages) as server:
        client: Any = listing(nk.PageNumberPaging(start=0))(server.url)
        assert [it["n"] for it in client.all(page=4)] == [4, 5]
        client.close().wait()


def test_offsets_end() -> None:
    """By offset as many are left out as came, and the list ends by total, next or an empty page."""

    def offsets(_: int, request: ReceivedRequest) -> Any:
        start = int(asked(request).get("offset", 0))
        # A server may give fewer than were asked for, and not always the same number.
        stop = min(start + 2 + start % 2, 7)
        following = stop if stop < 7 else None
        return says({"items": rows(*range(start, stop)), "total": 7, "next": following})

    kinds: list[tuple[dict[str, Any], int]] = [
        ({"total": "total"}, 4),
        ({"next": "next"}, 4),
        ({}, 5),
    ]
    for options, requests in kinds:
        found = things(nk.OffsetPaging(**options), offsets)
        assert found == (list(range(7)), requests), options


def test_cursors_end() -> None:
    """By cursor the list ends without a mark, or by has_more; a page may be empty before that."""

    def cursors(number: int, request: ReceivedRequest) -> Any:
        assert asked(request).get("after") == {1: None, 2: "c 1/=", 3: "c2"}[number]
        body = {"items": [rows(1, 2), [], rows(3)][number - 1], "more": number < 3}
        body["next"] = {"cursor": {1: "c 1/=", 2: "c2", 3: "end"}[number]}
        return says(body)

    paging = nk.CursorPaging(cursor="after", next="next.cursor", has_more="more")
    assert things(paging, cursors) == ([1, 2, 3], 3)


def test_more_without_a_way_there_is_an_error() -> None:
    """A mark that is looked for in the wrong place must not make the list shorter in silence."""
    paging = nk.CursorPaging(next="meta.next", has_more="more")
    body = {"items": rows(1, 2), "more": True, "next": "c2"}
    with pytest.raises(nk.DecodeError, match="'more' says that there is more, and nothing says"):
        things(paging, lambda *_: says(body))


@pytest.mark.parametrize("end", [None, "", False])
def test_a_mark_that_is_nothing_is_the_end(end: Any) -> None:
    """null, an empty text and false are no mark."""
    paging = nk.CursorPaging()
    assert things(paging, lambda *_: says({"items": rows(1), "next_cursor": end})) == ([1], 1)


def test_a_cursor_in_a_body_goes_on_in_the_body() -> None:
    """A POST whose cursor is a field of the body asks for the next page in the body."""

    class Things(nk.Client):
        @nk.endpoint("POST /search", paging=nk.CursorPaging())
        def search(self, q: str, cursor: str | None = None) -> nk.Page[dict[str, int]]: ...

    def search(number: int, request: ReceivedRequest) -> Any:
        wanted = {"q": "x"} if number == 1 else {"q": "x", "cursor": "c1"}
        assert json.loads(request.body) == wanted
        return says({"items": rows(number), "next_cursor": "c1" if number == 1 else None})

    with Origin(search) as server:
        client = Things(server.url, retry=0)
        assert [it["n"] for it in client.search("x")] == [1, 2]
        assert "?" not in server.requests[-1].target
        client.close().wait()


def test_links_end() -> None:
    """By the Link header, absolute or relative, the URL is asked for as it stands there."""

    def links(number: int, request: ReceivedRequest) -> Any:
        link = {1: '</things?q=x&p=%7e2>; rel="prev next"', 2: "<?q=x&p=3>; rel=next", 3: ""}[
            number
        ]
        assert (
            request.target == ["/things?q=x", "/things?q=x&p=%7e2", "/things?q=x&p=3"][number - 1]
        )
        return says(rows(number), *([("link", link)] if link else []))

    assert things(nk.LinkPaging(items=None), links) == ([1, 2, 3], 3)


def test_a_link_in_the_answer() -> None:
    """The URL of the next page may stand in the answer."""

    def linked(number: int, request: ReceivedRequest) -> Any:
        host = request.header("host") or b""
        following = f"http://{host.decode()}/things?q=x&page=2" if number == 1 else None
        return says({"results": rows(number), "next": following})

    assert things(nk.LinkPaging(items="results", next="next"), linked) == ([1, 2], 2)


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<a>; rel="next"', "a"),
        ("<a>; rel=next", "a"),
        ('<a;b=1?c>; title="x, <y>; z"; REL="Last NEXT"', "a;b=1?c"),
        ('<a>; rel="prev", <b>; rel="next"', "b"),
        ('<a>; rel="prev"; rel="next", <b>;rel=first', None),
        ("<a>", None),
        ("", None),
        ("next", None),
        ('<a>; rel="nextish"', None),
    ],
)
def test_the_link_header(header: str, url: str | None) -> None:
    """The Link header is read as RFC 8288 says: quoted texts, several relations, the first rel."""
    assert link_to(header, "next") == url


def test_credentials_stay_at_home() -> None:
    """A link to another server is followed without any credential, wherever it was given."""

    def away(number: int, request: ReceivedRequest) -> Any:
        return says(rows(2))

    class Things(nk.Client):
        @nk.endpoint("GET /things", paging=nk.LinkPaging(items=None))
        def all(
            self,
            token: Annotated[str, nk.Header("x-auth-token")] = KEY,
            trace: Annotated[str, nk.Header("x-trace")] = "abc",
        ) -> nk.Page[dict[str, int]]: ...

    with Origin(away) as other:
        link = ("link", f'<{other.url}/more?x=1>; rel="next"')
        with Origin(lambda *_: says(rows(1), link)) as home:
            client = Things(
                home.url,
                headers={"x-api-key": KEY},
                params={"token": nk.Secret(KEY)},
                auth=("ada", KEY),
                retry=0,
            )
            headers = {"authorization": f"Bearer {KEY}", "x-secret": KEY, "accept": "a/b"}
            sending = client.all.with_options(headers=headers, cookies={"session": KEY})
            assert [it["n"] for it in sending()] == [1, 2]
            assert home.requests[0].header("x-auth-token") == KEY.encode()
            assert other.requests[0].header("x-trace") == b"abc"
            assert KEY.encode() not in other.requests[0].head
            assert b"cookie" not in other.requests[0].head.lower()
            assert b"authorization" not in other.requests[0].head.lower()
            assert other.requests[0].target == "/more?x=1"
            client.close().wait()


def test_another_server_is_no_home_on_later_pages_either() -> None:
    """Links of another server to itself are followed without credentials, like the first to it."""

    def away(number: int, request: ReceivedRequest) -> Any:
        link = ("link", f'</more?x={number + 1}>; rel="next"')
        return says(rows(10 + number), *([link] if number < 3 else []))

    with Origin(away) as other:
        link = ("link", f'<{other.url}/more?x=1>; rel="next"')
        with Origin(lambda *_: says(rows(1), link)) as home:
            client: Any = listing(nk.LinkPaging(items=None))(home.url, retry=0)
            sending = client.all.with_options(
                headers={"authorization": f"Bearer {KEY}", "x-other": KEY},
                cookies={"session": KEY},
                params={"token": KEY},
                auth=("ada", KEY),
            )
            assert [it["n"] for it in sending()] == [1, 11, 12, 13]
            assert other.count == 3
            for number, request in enumerate(other.requests, start=1):
                assert request.target == f"/more?x={number}"
                assert KEY.encode() not in request.head
                assert b"cookie" not in request.head.lower()
                assert b"authorization" not in request.head.lower()
            client.close().wait()


@pytest.mark.parametrize(
    ("paging", "name"),
    [
        (nk.PageNumberPaging(items=None), "page"),
        (nk.OffsetPaging(items=None), "offset"),
        (nk.LinkPaging(items=None), "page"),
    ],
)
def test_a_page_that_options_name_is_the_first_one_only(paging: Paging, name: str) -> None:
    """The next page is the one after it, and is not asked with the parameter of the first."""

    def pages(_: int, request: ReceivedRequest) -> Any:
        number = int(asked(request)[name])
        link = ("link", f'</things?q=x&page={number + 1}>; rel="next"')
        return says([number] if number < 7 else [], *([link] if number < 6 else []))

    class Things(nk.Client):
        @nk.endpoint("GET /things", paging=paging)
        def all(self) -> nk.Page[int]: ...

    with Origin(pages) as server, Things(server.url, retry=0) as api:
        sending = api.all.with_options(params={name: 4, "key": "k"})
        assert [it for page in sending().pages() for it in page.items] == [4, 5, 6]
        targets = [request.target for request in server.requests]
        assert all("key=k" in target and target.count(f"{name}=") == 1 for target in targets)


@pytest.mark.parametrize("paging", [nk.PageNumberPaging(), nk.OffsetPaging(offset="page")])
def test_a_page_that_is_no_number_is_said_to_be_none(paging: Paging) -> None:
    """Where pages are counted, a text that is no number is an error of the caller."""
    with Origin(lambda *_: says({"items": rows(1)})) as server:
        client: Any = listing(paging)(server.url)
        with pytest.raises(nk.ConfigurationError, match=r"page='abc': .* give a whole number"):
            client.all(page="abc").result()
        client.close().wait()


def test_without_a_base_url_no_other_server_is_asked() -> None:
    """A client that cannot tell whose its credentials are does not follow a link elsewhere."""
    with Origin() as other, Origin() as home:

        class Things(nk.Client):
            @nk.endpoint(f"GET {home.url}/things", paging=nk.LinkPaging(items=None))
            def all(self) -> nk.Page[dict[str, int]]: ...

        link = ("link", f'<{other.url}/more>; rel="next"')
        home._rule = lambda *_: says(rows(1), link)
        client = Things(headers={"x-api-key": KEY}, retry=0)
        page = client.all().result()
        with pytest.raises(nk.DecodeError, match=r"another server.*base_url"):
            page.next()
        assert other.count == 0
        client.close().wait()


@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:a@b", "file:///etc/passwd"])
def test_a_link_that_is_no_url(link: str) -> None:
    """What is no URL of the web is not followed."""
    with pytest.raises(nk.DecodeError, match="is no URL"):
        things(nk.LinkPaging(items=None), lambda *_: says(rows(1), ("link", f"<{link}>; rel=next")))


def endless(paging: Paging, rule: Callable[[int, ReceivedRequest], Any]) -> tuple[str, int, int]:
    """Return what is said of a list that never ends, how many items came, and requests."""
    came: list[Any] = []
    with Origin(rule) as server:
        client: Any = listing(paging)(server.url, retry=0)
        with pytest.raises(nk.DecodeError) as caught:
            came.extend(client.all())  # which takes one after the other, until the error
        client.close().wait()
        return str(caught.value), len(came), server.count


def test_the_same_cursor_for_ever() -> None:
    """A server that gives the same mark again is stopped, after the items that it gave."""

    def same(number: int, _: ReceivedRequest) -> Any:
        return says({"items": rows(number), "next_cursor": "abc"})

    said, items, requests = endless(nk.CursorPaging(), same)
    assert "'abc', as one before, so the list would never end" in said
    assert (items, requests) == (2, 2)


@pytest.mark.parametrize("length", [2, 3, 7])
def test_a_circle_of_cursors(length: int) -> None:
    """Marks that go in a circle of any length are noticed within a few rounds."""
    marks = itertools.cycle(f"c{number}" for number in range(length))

    def circle(number: int, _: ReceivedRequest) -> Any:
        return says({"items": rows(number), "next_cursor": next(marks)})

    said, _, requests = endless(nk.CursorPaging(), circle)
    assert "would never end" in said
    assert requests <= 4 * length


def test_the_same_link_for_ever() -> None:
    """A link that leads to itself is noticed."""
    link = ("link", '</things>; rel="next"')
    said, _, requests = endless(nk.LinkPaging(items=None), lambda n, _: says(rows(n), link))
    assert "would never end" in said
    assert requests == 2


@pytest.mark.parametrize("paging", [nk.PageNumberPaging(), nk.OffsetPaging()])
def test_the_same_page_for_ever(paging: Paging) -> None:
    """A server that takes no notice of the number gives the same page again, which is noticed."""
    said, items, requests = endless(paging, lambda *_: says({"items": rows(1, 2)}))
    assert "the page before came once more" in said
    assert (items, requests) == (2, 2)


def test_more_pages_than_are_believed() -> None:
    """A list of more pages than max_pages is an error, not a silent end."""
    paging = nk.PageNumberPaging(max_pages=5)
    said, items, requests = endless(paging, lambda number, _: says({"items": rows(number)}))
    assert "5 pages came and there are more" in said
    assert "max_pages" in said
    assert (items, requests) == (5, 5)


def test_equal_pages_of_plain_values_are_no_circle() -> None:
    """Two pages of the same plain numbers may follow each other."""

    class Numbers(nk.Client):
        @nk.endpoint("GET /n", paging=nk.PageNumberPaging(pages="pages"))
        def all(self) -> nk.Page[int]: ...

    with Origin(lambda *_: says({"items": [0, 0], "pages": 3})) as server:
        client = Numbers(server.url)
        assert list(client.all()) == [0] * 6
        client.close().wait()


@pytest.mark.parametrize(
    ("items", "body", "says_"),
    [
        ("items", {"data": []}, "a list at 'items' was expected, and it has data"),
        ("items", [], "a list at 'items' was expected, and none is there"),
        (None, {"data": []}, r"the list itself \(items=None\) was expected, and it has data"),
        ("a.b", {"a": {"b": 1}}, "a list at 'a.b' was expected, and it has a"),
    ],
)
def test_a_page_without_its_list(items: str | None, body: Any, says_: str) -> None:
    """Where the list is not where it should be, the error says what is there."""
    with pytest.raises(nk.DecodeError, match=says_):
        things(nk.CursorPaging(items=items), lambda *_: says(body))


def test_an_item_that_does_not_fit_is_named_by_its_place() -> None:
    """The place of a bad item is said as it stands in the answer."""
    body = {"data": {"rows": [{"n": 1}, {"n": "x"}]}}
    with pytest.raises(nk.DecodeError, match=r"data\.rows\[1\]\.n: Expected `int`, got `str`"):
        things(nk.CursorPaging(items="data.rows"), lambda *_: says(body))


@pytest.mark.parametrize(
    ("kind", "options", "says_"),
    [
        (nk.CursorPaging, {"cursor": ""}, "cursor='' must be a name"),
        (nk.CursorPaging, {"items": 3}, "items=3 must be a name"),
        (nk.PageNumberPaging, {"max_pages": 0}, "max_pages=0 must be a whole number"),
    ],
)
def test_options_that_cannot_work(kind: Any, options: Any, says_: str) -> None:
    """An option that is no name, or no number, is refused."""
    with pytest.raises(nk.ConfigurationError, match=says_):
        kind(**options)


def test_a_trail_does_not_grow() -> None:
    """What is remembered of a million marks is two of them."""
    trail: Trail | None = Trail()
    for number in range(1000):
        assert trail is not None
        trail = trail.marked(number)
    assert trail is not None
    assert trail.latest == 999
    assert trail.marked(999) is None


@pytest.mark.parametrize(
    ("kind", "misspelt", "meant"),
    [
        (nk.CursorPaging, "curser", "cursor"),
        (nk.OffsetPaging, "ofset", "offset"),
        (nk.PageNumberPaging, "pges", "pages"),
        (nk.LinkPaging, "item", "items"),
        (nk.Header, "nam", "name"),
    ],
)
def test_a_misspelt_option_names_the_one_meant(kind: Any, misspelt: str, meant: str) -> None:
    """Ways of paging, and the markers of parameters, explain an option that does not exist."""
    with pytest.raises(nk.ConfigurationError, match=f"nk.{kind.__name__} .*mean '{meant}'"):
        kind(**{misspelt: "x"})
