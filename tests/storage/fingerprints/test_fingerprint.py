"""What a work is, in a form that can be kept and compared."""

from __future__ import annotations

import json

from notebook_kit.redact import Secret
from notebook_kit.storage.fingerprints import fingerprint


def test_the_same_work_has_the_same_digest_whatever_the_order() -> None:
    """The order of the parts and of the keys in a template does not matter."""
    one = fingerprint({"method": "GET", "json": {"a": 1, "b": 2}})
    other = fingerprint({"json": {"b": 2, "a": 1}, "method": "GET"})
    assert one.digest == other.digest
    assert len(one.digest) == 32
    assert one.digest != fingerprint({"method": "GET", "json": {"a": 1, "b": 3}}).digest


def test_it_is_kept_as_plain_json() -> None:
    """Parts are values with who uses them, versions stand beside them."""
    kept = json.loads(fingerprint({"url": "https://host/", "parse": json.loads}).to_json())
    assert kept["parts"]["given url"] == ["text:'https://host/'", None]
    assert kept["parts"]["given parse"] == ["name:json.loads()", None]
    assert set(kept["versions"]) == {"Python"}


def test_known_secrets_are_not_written_down() -> None:
    """The value of a Secret is struck out of texts, so another key is the same work."""
    one, other = Secret("sk-one-0123456789"), Secret("sk-other-9876543210")
    digests = {fingerprint({"path": f"/x/{key.reveal()}"}).digest for key in (one, other)}
    assert len(digests) == 1
    assert "sk-one" not in fingerprint({"path": f"/x/{one.reveal()}"}).to_json()


def test_who_uses_a_part_is_not_compared() -> None:
    """Another function that uses the same constant first makes no other constant of it."""
    work = fingerprint({"path": "/x"})
    moved = type(work)({key: it._replace(user="g()") for key, it in work.parts.items()})
    assert moved.digest == work.digest
    assert moved.changes_since(work.to_json()) == ""
