"""What a fake API refuses to be scripted with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.testing import FakeAPI, FakeRequest, ManualClock, fake_answer

if TYPE_CHECKING:
    from collections.abc import Callable


async def later(request: FakeRequest) -> Any:
    raise NotImplementedError(request)


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda it: it.get("/q").answers(content="x"), "content= has 'x', a str: write text="),
        (lambda it: it.get("/q").answers(text=b"x"), "text= has b'x', a bytes: write content="),
        (lambda it: it.get("/q").answers(pieces="abc"), "pieces='abc' is no list of pieces"),
        (lambda it: it.get("/q").answers(pieces=3), "pieces=3 is no list of pieces"),
        (lambda it: it.get("/q").answers(pieces=[3]), "pieces= has 3, a int"),
        (lambda it: it.get("/q").answers(headers=["a"]), r"headers=\['a'\] is no mapping"),
        (lambda it: it.get("/q").answers(headers={"a": 1}), "headers= has 1, which is no text"),
        (lambda it: it.get("/q").answers(headers={"a": "b\nc"}), "header 'a' has a line break"),
        (lambda it: it.get("/q").gives(later), "later is async: give a function"),
        (lambda it: it.get("/q", params=["a"]), r"params=\['a'\] is no mapping"),
        (lambda it: it.get("/q", headers="a"), "headers='a' is no mapping"),
        (lambda it: it.get(3), "path=3 is no text"),
        (lambda it: it.on(None, "/q"), "method=None is no text"),
        (lambda it: it.get("/{a"), r"'/{a' has a brace that is no field: write {name}, or %7B"),
        (lambda it: it.get("/{a-b}"), "has a brace that is no field"),
        (lambda _: FakeAPI(5), "url=5 is no whole URL: write FakeAPI"),  # type: ignore[arg-type]  # wrong on purpose
        (lambda _: FakeAPI("foo"), "url='foo' is no whole URL"),
        (lambda _: FakeAPI("http://a:b"), "url='http://a:b' is no whole URL"),
        (lambda _: FakeAPI("ftp://a"), "url='ftp://a' is no whole URL"),
        (lambda _: ManualClock(autojump="yes"), "autojump='yes' must be True or False"),  # type: ignore[arg-type]  # as above
        (lambda _: setattr(ManualClock(), "autojump", 1), "autojump=1 must be True or False"),
    ],
)
def test_mistakes_are_told_where_they_are_written(write: Callable[[Any], Any], told: str) -> None:
    """What was given, and what to write."""
    with pytest.raises(nk.ConfigurationError, match=told):
        write(FakeAPI())


def test_what_is_right_stays_right() -> None:
    """Pieces of either kind, empty bodies, encoded braces and paths below a base are taken."""
    assert fake_answer(pieces=("a", b"b")).pieces == (b"a", b"b")
    assert fake_answer(content=b"").pieces == ()
    with FakeAPI("https://fake.test:8/v1") as fake, nk.Client(fake.url, transport=fake) as api:
        fake.get("/%7Bx%7D").answers(1)
        assert api.get("/%7Bx%7D").json() == 1
