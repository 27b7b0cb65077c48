"""Names, values and problems that a launcher shows are texts, whatever is in them."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import httpx
import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.markup import visible
from tests.hostile import HARMLESS, HOSTILE, as_name
from tests.hostile_pages import check, shapes
from tests.hostile_scenes import Scene
from tests.widgets.fakes import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.widgets.launcher.cell import Cell

    MakeCell = Callable[..., Cell]


@pytest.fixture
def client() -> Iterator[nk.Client]:
    """A client that needs no network."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    made = nk.Client("https://api.example.com", transport=transport)
    yield made
    made.close().wait()


def shown(cell: MakeCell, client: nk.Client, texts: list[str]) -> Iterator[Scene]:
    """Yield what a launcher shows that has the texts for columns, values and parameters."""
    table = pd.DataFrame([texts], columns=pd.Index(texts, dtype=object), dtype=object)
    form = cell(
        client, "/a/{x}", names={"client": client, "table": table}, method="POST", name=texts[0],
        json={text: nk.col(text) for text in texts}, params={text: text for text in texts},
    )  # fmt: skip
    yield from _of(form)
    for text, label in zip(texts, cycle(["path", "rate", "frame variable"]), strict=False):
        form.field(label).value = "/{" + text + "}" if label == "path" else text
        yield from _of(form)
    form = cell(_function(texts[1]), names={"work": _function(texts[1]), "rows": [{texts[1]: 1}]})
    yield from _of(form)


def _of(form: Cell) -> Iterator[Scene]:
    sent = form.shell.display_pub.messages[-1].data
    yield Scene("launcher", form.face, str(sent.get("text/plain", "")))
    yield Scene("launcher, nobody clicks", **_static(form))
    for widget in form.widgets():
        if type(widget).__name__ == "HTML" and widget.value:
            # A heading is words of the package's own.
            yield Scene("form", widget.value, foreign="mathjax_ignore" not in widget.value)
        else:
            assert not getattr(widget, "description_allow_html", False)


def _static(form: Cell) -> dict[str, Any]:
    from notebook_kit.widgets.launcher.face import bundle

    data = bundle(form.standing, static=True)
    return {"html": str(data["text/html"]), "text": str(data["text/plain"])}


def _function(text: str) -> Callable[[Any], Any]:
    def work(row: Any) -> Any:
        return row

    work.__name__ = work.__qualname__ = as_name(text)
    work.__doc__ = text
    return work


def test_texts_stay_texts(cell: MakeCell, client: nk.Client) -> None:
    """Columns, values, parameters, names of functions and what is typed are no elements."""
    own = shapes(shown(cell, client, HARMLESS[:10]))
    texts = list(HOSTILE.values())
    for at in range(0, len(texts), 14):
        check(list(shown(cell, client, texts[at : at + 14])), own)


def test_values_are_shown_as_they_are(cell: MakeCell, client: nk.Client) -> None:
    """The first request shows its body literally."""
    text = HOSTILE["quote and tag"]
    names = {"client": client, "table": pd.DataFrame({"plain": [text]})}
    form = cell(client, "/a", names=names, method="POST", json={"x": nk.col("plain")})
    assert visible(text).replace('"', '\\"') in parse(form.face).one(".nbk-first").text
