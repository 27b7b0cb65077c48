"""What a work is, in a form that can be kept and compared."""

from __future__ import annotations

import functools
import io
import json
from typing import Any

import pytest

from notebook_kit.redact import Secret
from notebook_kit.storage.fingerprint import fingerprint
from tests.storage.helpers import run_cell


def test_the_same_work_has_the_same_digest_whatever_the_order() -> None:
    """The order of the parts and of the keys in a template does not matter."""
    one = fingerprint({"method": "GET", "json": {"a": 1, "b": 2}})
    other = fingerprint({"json": {"b": 2, "a": 1}, "method": "GET"})
    assert one.digest == other.digest
    assert one.digest != fingerprint({"method": "GET", "json": {"a": 1, "b": 3}}).digest


def test_addresses_are_kept_as_text_and_templates_as_hashes() -> None:
    """A body may hold the user's data: nothing of it is in what is written down."""
    work = fingerprint({"url": "https://host/", "json": {"prompt": "private words"}})
    written = work.to_json()
    assert json.loads(written)["url"] == "https://host/"
    assert "private" not in written
    assert "prompt" not in written


def test_known_secrets_are_not_written_down() -> None:
    """The value of a Secret is struck out of texts, so another key is the same work."""
    one, other = Secret("sk-one-0123456789"), Secret("sk-other-9876543210")
    digests = {fingerprint({"path": f"/x/{key.reveal()}"}).digest for key in (one, other)}
    assert len(digests) == 1
    assert "sk-one" not in fingerprint({"path": f"/x/{one.reveal()}"}).to_json()


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"path": "/a"}, {"path": "/b"}, "path was '/a' and is '/b'"),
        ({"json": {"a": 1}}, {"json": {"a": 2}}, "json is another"),
        ({}, {"params": {"a": 1}}, "params is new"),
        ({"params": {"a": 1}}, {}, "params is gone"),
        ({"parse": "json"}, {"parse": len}, "parse was 'json' and is 'builtins.len'"),
        ({"path": "/a", "url": "u"}, {"path": "/b", "url": "v"}, "path was .*; url was 'u'"),
    ],
)
def test_changes_are_named(before: dict[str, object], now: dict[str, object], said: str) -> None:
    """What differs is said part by part, with both texts where they are kept."""
    changes = fingerprint(now).changes_since(fingerprint(before).to_json())
    assert changes == said or (".*" in said and said.partition(".*")[0] in changes)


def test_a_function_counts_with_name_and_source() -> None:
    """A changed body is a changed source; the name stays."""
    one = run_cell("def score(x): return x + 1\n")["score"]
    other = run_cell("def score(x): return x + 2\n")["score"]
    changes = fingerprint({"function": other}).changes_since(
        fingerprint({"function": one}).to_json()
    )
    assert changes == "source of function is another"


def test_the_arguments_of_a_partial_count() -> None:
    """partial(f, 1) and partial(f, 2) are different work, at any depth."""
    f = run_cell("def f(a, b, c): return a\n")["f"]
    work = {
        fingerprint({"function": each}).digest
        for each in (
            f,
            functools.partial(f, 1),
            functools.partial(f, 2),
            functools.partial(functools.partial(f, 1), 2),
            functools.partial(f, b=1),
        )
    }
    assert len(work) == 5


def test_what_cannot_be_read_is_named() -> None:
    """A function without source and an open file are told, because their changes go unnoticed."""
    gone: dict[str, Any] = {}
    exec("def f(x): return x", {"__name__": "__main__"}, gone)  # noqa: S102 - no file on purpose
    partial: Any = functools.partial(gone["f"], object())
    work = fingerprint({"function": partial, "content": io.BytesIO()})
    assert work.unreadable == (
        "the source of __main__.f",
        "the arguments of partial(__main__.f)",
        "content=, BytesIO",
    )
    assert fingerprint({"function": len}).unreadable == ()
