"""Credentials are hidden in texts, URLs and headers by the field that they stand in."""

from __future__ import annotations

import base64
import re
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from notebook_kit.redact import HIDDEN, Secret, redact_headers, redact_url, scrub, scrub_fields

PLAIN = settings(deadline=None)


@pytest.mark.parametrize("value", ["a", "1234", "seven77"])
def test_a_short_value_is_hidden_by_field_only(value: str) -> None:
    """It would turn up in ordinary text by chance, so text is left as it is."""
    Secret(value)
    assert scrub(f"row {value} of 1234 is a seven77") == f"row {value} of 1234 is a seven77"
    assert scrub(f"https://host/?api_key={value}") == "https://host/?api_key=****"
    assert redact_headers([("X-Api-Key", value)]) == [("X-Api-Key", HIDDEN)]


def test_headers() -> None:
    """Credentials are hidden by name, and what else is secret by value; the order is kept."""
    Secret("headers-secret-1")
    headers = [
        ("Authorization", "Token abc"),
        ("Accept", "*/*"),
        ("cookie", "a=b"),
        ("X-Trace", "for headers-secret-1"),
        ("Location", "https://u:p@host/?token=abc"),
    ]
    assert redact_headers(headers) == [
        ("Authorization", "****"),
        ("Accept", "*/*"),
        ("cookie", "****"),
        ("X-Trace", "for ****"),
        ("Location", "https://****@host/?token=****"),
    ]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/x?page=2", "https://host/x?page=2"),
        ("https://me:pw@host/x", "https://****@host/x"),
        ("https://token@host:8000/x", "https://****@host:8000/x"),
        ("https://me:p@ss@host/x", "https://****@host/x"),
        ("http://me:pw@proxy:3128", "http://****@proxy:3128"),
        ("https://host/a@b?c=d@e", "https://host/a@b?c=d@e"),
        ("/x?api_key=abc&page=2", "/x?api_key=****&page=2"),
        ("/x?page=2&api_key=abc", "/x?page=2&api_key=****"),
        ("/x?a=1;token=abc;b=2", "/x?a=1;token=****;b=2"),
        ("/x?key=&page=2", "/x?key=****&page=2"),
        ("/x?token=a=b?c#d", "/x?token=****#d"),
        ("/x#access_token=abc&state=1", "/x#access_token=****&state=1"),
        ("/x?next=https://other/?token=abc", "/x?next=https://other/?token=****"),
        ("/x?token=1&token=2", "/x?token=****&token=****"),
        ("/x?sort_key=name", "/x?sort_key=name"),
    ],
)
def test_urls(url: str, shown: str) -> None:
    """The user part and the values of secret parameters are hidden, the rest stays readable."""
    assert redact_url(url) == shown
    assert scrub(f"GET {url} failed") == f"GET {shown} failed"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_bearer_tokens_in_text(scheme: str) -> None:
    """A token behind its scheme is hidden, whether it was known or not."""
    assert scrub(f"sent '{scheme} abc.DEF-123_~+/=' to x") == f"sent '{scheme} ****' to x"
    assert scrub(f"{scheme} short") == f"{scheme} short"


@PLAIN
@given(user=st.text(max_size=20), password=st.text(min_size=4, max_size=20))
def test_basic_credentials_in_text(user: str, password: str) -> None:
    """Base64 of user and password is hidden."""
    encoded = base64.b64encode(f"{user}:{password}".encode("utf-8", "replace")).decode()
    assume(not re.fullmatch("[A-Za-z][a-z]+", encoded))  # by chance, one in thousands
    assert scrub(f"Authorization: Basic {encoded}") == "Authorization: Basic ****"


@pytest.mark.parametrize(
    "text",
    [
        "Basic authentication is needed",
        "this is basic information",
        "Basic Authentication",
        "the bearer of it",
    ],
)
def test_ordinary_words_stay_readable(text: str) -> None:
    """What an API says about authentication is not taken for a credential."""
    assert scrub(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "?" * 100_000,
        "&a" * 50_000,
        "://" * 50_000,
        "://@" * 50_000,
        "?a=" * 50_000,
        "?token=" * 50_000,
        "Basic " * 30_000,
        "Bearer" + " " * 100_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """The time grows with the length of a text, not with its square, whatever an API sends."""
    begun = time.process_time()
    scrub(text)
    assert time.process_time() - begun < 10.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{'api_keys': ['abc', ('d]', {'e': 'f'})], 'n': [1]}", "{'api_keys': ****, 'n': [1]}"),
        ('{"credentials": {"user": "a", "pw": "b"}, "x": "y"}', '{"credentials": ****, "x": "y"}'),
        ("{'authorization': ['Bearer x'", "{'authorization': ****"),
        ("{'prompt_tokens': [1, 2], 'logprobs': {'tokens': ['a']}}", None),
        ("{'keywords': ['a'], 'monkeys': 2}", None),
    ],
)
def test_lists_and_what_is_nested_under_a_secrets_name(text: str, said: str | None) -> None:
    """All that is in the brackets is hidden, also where the text was cut; tokens of a text stay."""
    assert scrub_fields(text) == (text if said is None else said)
