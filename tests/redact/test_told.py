"""Credentials in what errors say are hidden, and ordinary sentences stay readable."""

from __future__ import annotations

import time

import pytest

from notebook_kit.redact import Secret, known, remember_field, scrub_told, text_of

HIDDEN = [
    ("api_key=abcdef0987654321", "api_key=****"),
    ("no access: password=hunter2, see the manual", "no access: password=****, see the manual"),
    ("PASSWORD = hunter2.", "PASSWORD = ****."),
    ("x-api-key: abc123", "x-api-key: ****"),
    ('{"token": "abc123"}', '{"token": ****}'),
    ("{'token': 'abc', 'n': 1}", "{'token': ****, 'n': 1}"),
    ('{"token": 123456}', '{"token": ****}'),
    (r"{\"password\": \"hunter2\", \"n\": 1}", r"{\"password\": ****, \"n\": 1}"),
    ("token='abc", "token=****"),
    ("password='bu'", "password=****"),
    ('password="two words"', "password=****"),
    ("wrong password: swordfish", "wrong password: ****"),
    ("wrong password: hunter2 for me", "wrong password: **** for me"),
    ("secret: 'correcthorse'", "secret: ****"),
    ("OPENAI_API_KEY=sk-proj-123.", "OPENAI_API_KEY=****."),
    ("AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/K7MDENG", "AWS_SECRET_ACCESS_KEY: ****"),
    ("Authorization: Token 1a2b", "Authorization: Token ****"),
    ("Authorization: Bearer abcdefghijk", "Authorization: Bearer ****"),
    ("set-cookie: id=1; path=/", "set-cookie: ****; path=/"),
    ("[('X-Api-Key', 'abc'), ('Accept', '*/*')]", "[('X-Api-Key', ****), ('Accept', '*/*')]"),
    ("key=AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFM", "key=****"),
    ("authorization=Bearer abcdefghijkl", "authorization=Bearer ****"),
    ("Authorization: Bearer abc", "Authorization: Bearer ****"),
    ("token=bearer abcdefghijkl, n=1", "token=bearer ****, n=1"),
    ("Authorization=Basic dXNlcjpwYXNz", "Authorization=Basic ****"),
    (r"{'password': 'it\'s \"me\"', 'n': 1}", "{'password': ****, 'n': 1}"),
    (r'{"token": "abc\"def", "n": 1}', '{"token": ****, "n": 1}'),
    ("AccountName=me;AccountKey=abc+/==;n=1", "AccountName=me;AccountKey=****;n=1"),
    ("passphrase='open sesame'", "passphrase=****"),
    ("Cookie: theme=dark; sid=31d4d96e; n=1 was sent", "Cookie: **** was sent"),
    ("Login(password=SecretText('hunter2'), n=1)", "Login(password=****, n=1)"),
]
READABLE = [
    "token: the next word",
    "Tokens: 15",
    "max_tokens=4096 is too large; total_tokens: 57",
    "unexpected token: expected a number",
    "Unexpected token: }",
    "missing key: 'city'",
    "KeyError: 'secretkey'",
    "NoSuchKey: key=data/2024/file1.parquet",
    "no such key: item-1234",
    "sorted() got key=lambda row: row and signature=(a, b)",
    "token=None, password=null, secret: (not given)",
    "token == abc or token := abc",
    "password: too short",
    "password: must have 8 characters",
    "AuthenticationError: 401",
    "token_type: bearer, author=Smith, keyword=spring",
    "None of ['token', 'city'] are in the columns",
    "secret: abc",
    "password: required",
    "token: expired.",
    "authorization: basic authentication failed",
]


@pytest.mark.parametrize(("text", "shown"), HIDDEN)
def test_values_behind_names_of_credentials_are_hidden(text: str, shown: str) -> None:
    """However the pair is written, and at whatever place of the text."""
    assert scrub_told(text) == shown
    assert scrub_told(f"before\n{text}\nafter") == f"before\n{shown}\nafter"
    assert text_of(ValueError(text)) == shown


@pytest.mark.parametrize("text", READABLE)
def test_ordinary_sentences_stay_readable(text: str) -> None:
    """Also those with such words in them."""
    assert scrub_told(text) == text


def test_what_scrub_hides_is_hidden_too() -> None:
    """Known values, parameters of a URL, and short values in their fields."""
    known.memory = known.Memory()
    Secret("sk-told-0123456789")
    remember_field("pin", Secret("1234"))
    assert scrub_told("GET /x?token=abc for sk-told-0123456789") == "GET /x?token=**** for ****"
    assert scrub_told("pin: 1234, pin: 12, n=1234") == "pin: ****, pin: 12, n=1234"
    # The name may be that of much else; what was given for it is hidden all the same.
    remember_field("key", Secret("ab12"))
    assert scrub_told("key=ab12, {'key': 'ab12'}, key=ab13") == "key=****, {'key': ****}, key=ab13"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        "token" * 40_000,
        "a " * 100_000,
        "token=" * 50_000,
        "token='" * 40_000,
        "token=\"'" * 30_000,
        "token" + " " * 200_000,
        "token: abcdef" + " " * 200_000,
        "token: abcdef    x" * 20_000,
        "key: " + "1" * 200_000 + "!",
        "password: abcdefg" + "!?" * 100_000 + "x",
        "token\\'" * 40_000,
        "-" * 200_000,
        "a=" * 100_000,
        "key=" * 50_000,
        "token:" * 33_000 + " z",
        "key='" * 40_000,
        "token='" + "\\" * 200_001,
        "token='" + "\\'" * 100_000,
        "cookie: a=b" + "; a=b" * 40_000 + "; ",
        "token=a(" * 30_000,
        "token=a" + "(" * 200_000,
        "token: basic " * 15_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """It is done for each row that failed, with the answer of a server in its text perhaps."""
    begun = time.process_time()
    scrub_told(text)
    assert time.process_time() - begun < 10.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("failed with {'api_token': ['abc', {'a': 'b'}], 'n': 1}", "{'api_token': ****, 'n': 1}"),
        (
            "failed with {'key': ['city'], 'tokens': ['the']}",
            "{'key': ['city'], 'tokens': ['the']}",
        ),
    ],
)
def test_lists_and_what_is_nested(text: str, said: str) -> None:
    """All that is behind the name of a credential is hidden with it."""
    assert scrub_told(text) == f"failed with {said}"
