"""Redaction: a secret shows nowhere, by the field it stands in and by its value."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import pickle
import re
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from notebook_kit import redact
from notebook_kit.errors import ConfigurationError
from notebook_kit.redact import (
    HIDDEN,
    Secret,
    is_secret_name,
    redact_headers,
    redact_url,
    scrub,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = settings(deadline=None)
KEY = "sk-redact-0123456789"
SPECIAL = " !#$%&'()*+,/:;=?@[]"


@pytest.fixture(autouse=True)
def _no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets of these tests, many of them ordinary words, are known here only."""
    monkeypatch.setattr(redact, "_known_values", ())


# The wrapping


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        format,
        "{}".format,
        "{!r}".format,
        "{:>20}".format,
        lambda secret: f"Bearer {secret}",
        lambda secret: f"{secret!s:^30}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - it must hold for this form too
        lambda secret: str([secret]),
        lambda secret: str({"key": secret}),
        lambda secret: str(ValueError(secret)),
    ],
)
def test_a_secret_does_not_show_itself(show: Any) -> None:
    """However it is printed, alone or inside something, its value is not in the text."""
    text = show(Secret(KEY))
    assert KEY not in text
    assert "0123456789" not in text


def test_its_value_is_told_only_on_demand() -> None:
    """`reveal` gives the clear text; the text of the secret itself is stars."""
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    assert (str(secret), repr(secret), f"{secret:>6}") == (HIDDEN, "Secret('****')", "  ****")


def test_equal_secrets_are_equal_and_clear_text_is_not() -> None:
    """Secrets compare and hash by value, and are never equal to their own text."""
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret(KEY + "x")
    assert Secret(KEY) != KEY
    assert len({Secret(KEY), Secret(KEY), KEY}) == 2


def test_a_secret_cannot_be_pickled() -> None:
    """It cannot end up in a file or on another machine by accident."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="A Secret is not pickled"):
            pickle.dumps({"key": Secret(KEY)}, protocol)
    with pytest.raises(TypeError):
        json.dumps({"key": Secret(KEY)})


def test_a_copy_of_a_secret_is_itself() -> None:
    """Options that hold one can be copied, as `dataclasses.asdict` does."""

    @dataclasses.dataclass
    class Options:
        key: Secret

    secret = Secret(KEY)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
    assert dataclasses.asdict(Options(secret))["key"] is secret


@pytest.mark.parametrize(
    "value", [KEY + "\n", "\r\n" + KEY, " " + KEY, KEY + "\t", KEY[:5] + "\n" + KEY[5:]]
)
def test_white_space_around_a_key_is_refused(value: str) -> None:
    """The usual trailing newline is an error now, not when the request is sent, and not shown."""
    with pytest.raises(ConfigurationError, match=r"pass value\.strip\(\)") as caught:
        Secret(value)
    assert "0123456789" not in str(caught.value)


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\x7f", "\u200b", "\ufeff", "\xa0"])
def test_what_cannot_be_seen_is_refused(character: str) -> None:
    """A zero-width space that was pasted along would be looked for in vain."""
    with pytest.raises(ConfigurationError, match="invisible character"):
        Secret(KEY + character)


@pytest.mark.parametrize(("value", "said"), [("", "empty"), (None, "NoneType"), (b"key", "bytes")])
def test_what_is_no_text_is_refused(value: Any, said: str) -> None:
    """An unset variable is the usual cause."""
    with pytest.raises(ConfigurationError, match=said):
        Secret(value)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is read when asked; one that is missing or empty is named."""
    monkeypatch.setenv("REDACT_TEST_KEY", KEY)
    assert Secret.from_env("REDACT_TEST_KEY") == Secret(KEY)
    monkeypatch.setenv("REDACT_TEST_KEY", "")
    with pytest.raises(ConfigurationError, match="REDACT_TEST_KEY is not set"):
        Secret.from_env("REDACT_TEST_KEY")
    monkeypatch.delenv("REDACT_TEST_KEY")
    with pytest.raises(ConfigurationError, match="REDACT_TEST_KEY is not set"):
        Secret.from_env("REDACT_TEST_KEY")


# By value


def in_json(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def in_small_letters(value: str) -> str:
    return "".join(urllib.parse.quote(it, safe="").lower() if it in SPECIAL else it for it in value)


@PLAIN
@given(
    value=st.text(
        st.one_of(st.characters(exclude_categories=["C", "Z"]), st.just(" ")), min_size=8
    ),
    form=st.sampled_from(
        [str, urllib.parse.quote, urllib.parse.quote_plus, in_json, in_small_letters]
    ),
)
def test_a_known_value_is_struck_out_of_any_text(value: str, form: Callable[[str], str]) -> None:
    """As it is or percent-encoded, in all the forms that libraries and servers write."""
    assume(value == value.strip())
    redact._known_values = ()  # a part of this one may be known from another example
    Secret(value)
    assert scrub(f"<{form(value)}>") == "<****>"


@pytest.mark.parametrize("safe", ["", "/", "+", "=", "/+="])
def test_a_value_that_is_encoded_in_part_is_struck_out(safe: str) -> None:
    """URLs differ in what they leave as it is."""
    value = "pA+rt/ly=enc oded=="
    Secret(value)
    written = urllib.parse.quote(value, safe=safe)
    assert scrub(f"/x?q={written}&b=c") == "/x?q=****&b=c"
    assert scrub(str(httpx.URL("https://host/x", params={"q": value}))) == "https://host/x?q=****"
    assert scrub(json.dumps({"a": value})) == '{"a": "****"}'


def test_quotes_and_backslashes_in_a_value() -> None:
    """A repr or JSON puts backslashes before them."""
    value = 'it\'s "quo\\ted"'
    Secret(value)
    for text in (value, repr(value)[1:-1], json.dumps(value)[1:-1]):
        assert scrub(f"<{text}>") == "<****>"


def test_a_value_that_begins_with_another_is_struck_out_whole() -> None:
    """The end of the longer one is not left over, whichever was made first."""
    for first, second in (("nested-a0", "nested-a0-longer"), ("nested-b0-longer", "nested-b0")):
        Secret(first)
        Secret(second)
        assert scrub(f"{first} {second}") == "**** ****"


@pytest.mark.parametrize("value", ["a", "1234", "seven77"])
def test_a_short_value_is_hidden_by_field_only(value: str) -> None:
    """It would turn up in ordinary text by chance, so text is left as it is."""
    Secret(value)
    assert scrub(f"row {value} of 1234 is a seven77") == f"row {value} of 1234 is a seven77"
    assert scrub(f"https://host/?api_key={value}") == "https://host/?api_key=****"
    assert redact_headers([("X-Api-Key", value)]) == [("X-Api-Key", HIDDEN)]


def test_eight_characters_are_enough() -> None:
    """From eight characters on a value is struck out."""
    Secret("eight888")
    assert scrub("an eight888 here") == "an **** here"


# By field


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "proxy-authorization",
        "Cookie",
        "Set-Cookie",
        "X-Api-Key",
        "api_key",
        "apikey",
        "x-goog-api-key",
        "access_token",
        "X-Auth-Token",
        "X-Auth-Key",
        "client_secret",
        "password",
        "passwd",
        "pwd",
        "private_key",
        "Ocp-Apim-Subscription-Key",
        "x-functions-key",
        "X-Amz-Security-Token",
        "X-Amz-Signature",
        "X-Amz-Credential",
        "AWSAccessKeyId",
        "sessionid",
        "key",
        "sig",
        "auth",
    ],
)
def test_names_of_credentials(name: str) -> None:
    """Headers, cookies and parameters of these names are hidden, in any case of letters."""
    assert is_secret_name(name)
    assert is_secret_name(name.upper())


@pytest.mark.parametrize(
    "name",
    ["Content-Type", "Accept", "page", "keyword", "monkey", "author", "signal", "Idempotency-Key"],
)
def test_other_names(name: str) -> None:
    """What only looks a little like one is shown."""
    assert not is_secret_name(name)


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
    assert time.process_time() - begun < 2.0


# What is shown of a value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a   long\nline", r"'a long\nline'"),
        ({"token": "abc", "page": 2}, "{'token': ****, 'page': 2}"),
        ({"a": [{"api_key": 'it\'s "x"'}]}, "{'a': [{'api_key': ****}]}"),
        ('{"password": "a\\"b", "user": "me"}', """'{"password": ****, "user": "me"}'"""),
        ([("X-Api-Key", "abc"), ("Accept", "*/*")], "[('X-Api-Key', ****), ('Accept', '*/*')]"),
        ({"total_tokens": 57, "key": b"raw"}, "{'total_tokens': 57, 'key': ****}"),
        ("https://host/?token=abc", "'https://host/?token=****"),
        ("token='abc", "'token=****'"),
    ],
)
def test_a_value_is_shown_without_what_its_fields_hide(value: Any, text: str) -> None:
    """As its repr on one line, without texts in fields whose names tell of credentials."""
    assert redact.shown(value) == text


def test_a_dataclass_is_shown_without_its_credentials() -> None:
    """Rows are often objects: their reprs name their fields."""

    @dataclasses.dataclass
    class Row:
        city: str
        access_token: str

    shown = redact.shown(Row("Zurich", "abc"), limit=200)
    assert shown.endswith("Row(city='Zurich', access_token=****)")


@PLAIN
@given(before=st.integers(0, 200), limit=st.integers(10, 120))
def test_half_a_known_value_is_never_shown(before: int, limit: int) -> None:
    """It is struck out before the text is cut."""
    redact._known_values = ()
    Secret(KEY)
    shown = redact.shown("x" * before + KEY + "y" * 100, limit)
    assert "sk-" not in shown
    assert len(shown) <= limit


def test_a_value_that_cannot_be_shown() -> None:
    """Its class is told, and what its repr raised."""

    class Broken:
        def __repr__(self) -> str:
            raise KeyError(KEY)

    assert redact.shown(Broken()) == "(Broken that cannot be shown: KeyError)"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "a " * 100_000,
        "a=" * 100_000,
        "a='" * 70_000,
        "a=\"'" * 50_000,
        "a=" + " " * 200_000,
        "token='" + "\\" * 200_001,
        "'" * 200_000,
        "a', " * 50_000,
    ],
)
def test_no_value_takes_long(text: str) -> None:
    """The time grows with its length, not with its square."""

    class Long:
        def __repr__(self) -> str:
            return text

    begun = time.process_time()
    redact.shown(Long())
    assert time.process_time() - begun < 2.0
