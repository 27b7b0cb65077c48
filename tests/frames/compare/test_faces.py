from __future__ import annotations

import notebook_kit as nk
from tests.frames.compare.runs import run_of

EVIL = "<script>alert(1)</script>"


def test_all_text_is_escaped() -> None:
    """Labels, keys and values come from outside."""
    found = nk.compare(run_of({EVIL: {EVIL: 1}}), run_of({EVIL: {EVIL: EVIL}}))
    html = found._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_text_face() -> None:
    """The counts, and the first rows of each change that asks for a look."""
    old = dict.fromkeys(range(7), 1)
    found = nk.compare(run_of(old), run_of({**dict.fromkeys(range(6), 2), 6: ValueError("x")}))
    assert repr(found).splitlines() == [
        "7 rows compared, by label",
        "same                0  0 %",
        "changed             6  86 %",
        "now failing         1  14 %",
        "median change  0.0 ms  1.00 times as long",
        "",
        "changed, 5 of 6:",
        *(f"  {at}  1 → 2" for at in range(5)),
        "",
        "now failing:",
        "  6  ok → ValueError 500",
    ]


def test_slower_rows_are_shown_with_their_times() -> None:
    """How long before and after."""
    found = nk.compare(run_of({"a": 1}, {"a": 0.5}), run_of({"a": 1}, {"a": 2.0}))
    assert "'a'  500 ms → 2.0 s, 4.0 times as long" in repr(found)
    assert "4.0 times as long" in found._repr_html_()


def test_secrets_are_not_shown() -> None:
    """A label or a value may be one."""
    secret = nk.Secret("sk-0123456789abc").reveal()
    found = nk.compare(run_of({secret: {"k": secret}}), run_of({secret: {"k": 1}}))
    assert secret not in repr(found)
    assert secret not in found._repr_html_()
