"""Fields of requests that may be credentials by their names, and count by a salted digest."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from notebook_kit.redact import Sealed, Secret
from notebook_kit.storage.fingerprints import Fingerprint, fingerprint

SALT = b"salt of the file"


def work(description: dict[str, Any], salt: bytes | None = SALT) -> Fingerprint:
    return fingerprint(description, salt=salt)


def said(before: dict[str, Any], now: dict[str, Any]) -> str:
    """What is told of a change; nothing where it is the same work."""
    one, other = work(before), work(now)
    told = other.changes_since(one.to_json())
    assert (one.digest == other.digest) is (told == "")
    assert not [it for it in ("abc", "xyz") if it in told + one.to_json() + other.to_json()]
    return told


ANOTHER = "was **** and is another ****, which counts unless it is an nk.Secret"


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (
            {"params": {"page_token": Sealed("abc")}},
            {"params": {"page_token": Sealed("xyz")}},
            f"the parameter 'page_token' {ANOTHER}",
        ),
        (
            {"params": {"key": Sealed(["abc", 1])}},
            {"params": {"key": Sealed(["abc", 2])}},
            f"the parameter 'key' {ANOTHER}",
        ),
        (
            {"json": {"page_token": "abc"}},
            {"json": {"page_token": "xyz"}},
            f"json['page_token'] {ANOTHER}",
        ),
        ({"json": {"key": "abc"}}, {"json": {"key": "xyz"}}, f"json['key'] {ANOTHER}"),
        (
            {"json": {"a": [{"token": "abc"}]}},
            {"json": {"a": [{"token": "xyz"}]}},
            f"json['a'][0]['token'] {ANOTHER}",
        ),
        ({"json": {"token": b"abc"}}, {"json": {"token": b"xyz"}}, f"json['token'] {ANOTHER}"),
        (
            {"data": {"token": "abc"}},
            {"data": {"token": "xyz"}},
            f"the form field 'token' {ANOTHER}",
        ),
        (
            {"json": {"token": None}},
            {"json": {"token": "abc"}},
            "json['token'] was None and is ****",
        ),
        ({"json": {"token": "abc"}}, {"json": {"token": 5}}, "json['token'] was **** and is 5"),
        ({"json": {}}, {"json": {"token": "abc"}}, "json['token'] is new (****)"),
        ({"json": {"token": "abc"}}, {"json": {}}, "json['token'] is not given any more (****)"),
        (
            {"json": {"token": Secret("sk-sealing-0123456789")}},
            {"json": {"token": "abc"}},
            "json['token'] is **** and cannot be compared, because what it was is not kept",
        ),
        (
            {"json": {"token": "abc"}},
            {"json": {"token": Secret("sk-sealing-0123456789")}},
            "json['token'] was **** and is a credential now, which does not count",
        ),
        (
            {"json": {"token": "nk.col('a')"}},
            {"json": {"token": "nk.col('b')"}},
            "json['token'] was \"nk.col('a')\" and is \"nk.col('b')\"",
        ),
    ],
)
def test_what_counts_is_told_and_not_shown(
    before: dict[str, Any], now: dict[str, Any], told: str
) -> None:
    """The name is told, and neither the text nor what was made of it."""
    assert told in said(before, now)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"json": {"api_key": "abc"}}, {"json": {"api_key": "xyz"}}),
        ({"json": {"accessToken": "abc"}}, {"json": {"accessToken": "xyz"}}),
        ({"data": {"password": "abc"}}, {"data": {"password": "xyz"}}),
        ({"json": {"token": Secret("abc-1")}}, {"json": {"token": Secret("xyz-1")}}),
        (
            {"json": {"token": Secret("sk-one-of-sealing").reveal()}},
            {"json": {"token": Secret("sk-two-of-sealing").reveal()}},
        ),
        (
            {"params": {"token": Sealed(Secret("sk-one-of-sealing").reveal())}},
            {"params": {"token": Sealed(Secret("sk-two-of-sealing").reveal())}},
        ),
    ],
)
def test_credentials_may_be_renewed(before: dict[str, Any], now: dict[str, Any]) -> None:
    """What is one beyond doubt, by its name or as a Secret, does not count."""
    assert said(before, now) == ""


@pytest.mark.parametrize(
    "description",
    [
        {"json": {"key": "abcdef"}},
        {"params": {"key": Sealed("abcdef")}},
        {"data": {"token": b"abcdef"}},
    ],
)
def test_no_value_and_no_plain_digest_is_kept(description: dict[str, Any]) -> None:
    """What is kept differs from file to file, and is made neither of the value nor of its repr."""
    kept = work(description).to_json()
    assert kept != work(description, b"another salt").to_json()
    for text in ("abcdef", "'abcdef'", "text:'abcdef'", "b'abcdef'", "s6:abcdef"):
        assert text not in kept
        assert hashlib.sha256(text.encode()).hexdigest() not in kept


@pytest.mark.parametrize(
    "description", [{"json": {"key": "abc"}}, {"params": {"key": Sealed("abc")}}]
)
def test_without_a_salt_there_is_no_digest(description: dict[str, Any]) -> None:
    """Who has no file to keep a salt in gets no digest that could be guessed back."""
    assert [part.value for part in work(description, None).parts.values()] == ["text:****"]


def test_a_constant_called_key_is_still_told() -> None:
    """Only what is sent is sealed: what a function uses under that name is shown as before."""
    assert work({"columns": {"key": "population"}}).parts["given columns['key']"].value == (
        "text:'population'"
    )


def _large(token: str) -> dict[str, Any]:
    return {"json": {"rows": list(range(200)), "n": [[1] * 60, {"b": [0] * 60}], "token": token}}


def _deep(token: str) -> dict[str, Any]:
    return {"json": {"a": {"b": {"c": {"d": {"e": {"token": token}}}}}}}


@pytest.mark.parametrize("body", [_large, _deep])
def test_a_structure_that_is_one_part_is_sealed_as_a_whole(body: Any) -> None:
    """No digest without salt is kept of it, and one that was kept before is known again."""
    assert "was **** and is another ****" in said(body("abc"), body("xyz"))
    plain = work(body("abc"), None)
    sealed = work(body("abc"))
    digests = {it.value for it in plain.parts.values() if it.value.startswith("sha256:")}
    assert digests
    assert not [it for it in digests if it in sealed.to_json()]
    assert sealed.was_kept_as(plain.to_json().replace('"sealed": true', '"sealed": false'))
    assert not work(body("xyz")).was_kept_as(
        plain.to_json().replace('"sealed": true', '"sealed": false')
    )
    assert not sealed.was_kept_as(plain.to_json())
