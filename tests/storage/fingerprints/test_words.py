"""What has changed, in words."""

from __future__ import annotations

import pytest

from notebook_kit.redact import Secret
from notebook_kit.storage.fingerprints import Fingerprint, fingerprint
from notebook_kit.storage.fingerprints.fingerprint import Part
from notebook_kit.storage.fingerprints.words import changes


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"path": "/a"}, {"path": "/b"}, "path was '/a' and is '/b'"),
        ({"json": {"a": 1}}, {"json": {"a": 2}}, "json['a'] was 1 and is 2"),
        ({"json": {"a": [1] * 200}}, {"json": {"a": [2] * 200}}, "json['a'] is another"),
        ({"x": 1}, {"x": 1, "params": {"a": 1}}, "the parameter 'a' is new (1)"),
        ({"x": 1, "params": {"a": 1}}, {"x": 1}, "the parameter 'a' is not given any more (1)"),
        ({"parse": "json"}, {"parse": len}, "parse was 'json' and is len()"),
        (
            {"path": "/a", "url": "u"},
            {"path": "/b", "url": "v"},
            (
                "path was '/a' and is '/b'; "
                "the URL of the client, with its parameters, was 'u' and is 'v'"
            ),
        ),
    ],
)
def test_changes_are_named(before: dict[str, object], now: dict[str, object], said: str) -> None:
    """What differs is said part by part, with both values where they are kept."""
    assert fingerprint(now).changes_since(fingerprint(before).to_json()) == said


def test_long_texts_are_shown_where_they_differ() -> None:
    """Of two long prompts the place where they part is shown."""
    start = "You are a patient teacher of mathematics. " * 3
    one, two = (
        fingerprint({"prompt": f"{start}Answer {it}. {start}"}) for it in ("in German", "in Dutch")
    )
    said = two.changes_since(one.to_json())
    assert "Answer in German. You" in said
    assert "Answer in Dutch. You" in said
    assert len(said) < 200
    longer = fingerprint({"prompt": start + "!"})
    assert "!" in longer.changes_since(fingerprint({"prompt": start}).to_json())


def test_many_changes_are_counted() -> None:
    """A message stays short."""
    one, two = (fingerprint({"json": {f"k{n}": n + more for n in range(20)}}) for more in (0, 1))
    assert two.changes_since(one.to_json()).endswith("; and 14 more")


def test_no_secret_is_shown() -> None:
    """What was kept before a secret was known is scrubbed when it is told."""
    kept = Fingerprint({"given path": Part("text:'/x/sk-late-0123456789'")}).to_json()
    Secret("sk-late-0123456789")
    said = fingerprint({"path": "/y"}).changes_since(kept)
    assert said == "path was '/x/****' and is '/y'"


@pytest.mark.parametrize(
    "kept", ["", "[]", "{}", '{"parts": 1}', '{"parts": {"a": 1}, "versions": {}}', "[" * 10**5]
)
def test_what_is_not_understood_is_no_error(kept: str) -> None:
    """A file may hold anything: then it is said that nothing is known."""
    said = fingerprint({"path": "/y"}).changes_since(kept)
    assert said == "what it was is not known any more"


def test_names_from_a_file_are_cut() -> None:
    """Names that somebody else has written do not fill the screen."""
    said = changes({f"value {'x' * 5_000}": ("text:1", "y" * 5_000)}, {"given a": ("text:1", None)})
    assert len(said) < 400
