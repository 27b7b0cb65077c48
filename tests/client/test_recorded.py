"""What of a map of calls a checkpoint knows, and how it tells of a change."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import httpx
import pytest

import notebook_kit as nk
from notebook_kit.client.call_work import CallWork
from notebook_kit.storage.fingerprints import fingerprint

if TYPE_CHECKING:
    from notebook_kit.storage.fingerprints import Fingerprint


def work(options: dict[str, Any], path: str = "/x/{id}", salt: bytes | None = None) -> Fingerprint:
    """The fingerprint of a map with these options, and those of its client."""
    of_client = {name[7:]: it for name, it in options.items() if name.startswith("client_")}
    of_call = {name: it for name, it in options.items() if not name.startswith("client_")}
    client = nk.Client("https://host.example", **of_client)
    made = CallWork(client._core, "POST", path, parse="auto", request_options=of_call, owner=client)
    found = fingerprint(made.describe(), salt=salt)
    client.close().wait()
    return found


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (
            {"params": {"units": "km"}},
            {"params": {"units": "mi"}},
            "the parameter 'units' was 'km' and is 'mi'",
        ),
        ({}, {"params": {"units": "km"}}, "the parameter 'units' is new ('km')"),
        (
            {"params": httpx.QueryParams([("a", "1"), ("a", "2")])},
            {"params": httpx.QueryParams([("a", "1"), ("a", "3")])},
            "the parameter 'a'[1] was '2' and is '3'",
        ),
        (
            {"headers": [(b"x-a", b"1")]},
            {"headers": [(b"x-a", b"2")]},
            "the header 'x-a' was '1' and is '2'",
        ),
        (
            {"files": {"doc": b"1"}},
            {"files": {"doc": io.BytesIO(b"2")}},
            "the content of the file 'doc' has changed",
        ),
        (
            {"files": {"doc": ("a.pdf", b"1", "application/pdf")}},
            {"files": {"doc": ("b.pdf", b"1", "text/plain")}},
            (
                "the media type of the file 'doc' was 'application/pdf' and is 'text/plain'; "
                "the name of the file 'doc' was 'a.pdf' and is 'b.pdf'"
            ),
        ),
        (
            {"json": {"prompt": nk.col("a")}},
            {"json": {"prompt": nk.col("b")}},
            "json['prompt'] was \"nk.col('a')\" and is \"nk.col('b')\"",
        ),
        (
            {"client_cookies": {"theme": "dark"}},
            {},
            "the client's cookie 'theme' is not given any more ('dark')",
        ),
    ],
)
def test_changes_are_told_in_the_words_of_the_call(
    before: dict[str, Any], now: dict[str, Any], said: str
) -> None:
    """Parameters, headers, cookies and files are named as they were written."""
    assert said in work(now).changes_since(work(before).to_json())


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"headers": {"X-Request-ID": "1"}}, {"headers": {"X-Request-ID": "2"}}),
        ({"headers": {"Accept": "text/csv"}}, {"headers": {"accept": "text/csv"}}),
        ({"headers": {"authorization": "one"}}, {"headers": {"authorization": "two"}}),
        ({"params": {"a": 1}}, {"params": [("a", 1)]}),
        ({"params": None}, {}),
        ({"params": {}}, {}),
        ({"files": {"doc": b"1"}}, {"files": [("doc", io.BytesIO(b"1"))]}),
        ({"cookies": {"sid": "0123456789abcdef"}}, {"cookies": {"sid": "fedcba9876543210"}}),
        ({"headers": {"authorization": "Bearer abc"}}, {}),
        ({"cookies": {"token": "abc"}}, {}),
        ({"client_headers": {"x-api-key": nk.Secret("k-5d3a9c27e1")}}, {}),
        ({"client_params": {"lang": "de", "api_key": "abc"}}, {"client_params": {"lang": "de"}}),
        ({"client_params": {"api_key": "abc"}}, {}),
        ({"client_cookies": {"sid": "0123456789abcdef"}}, {}),
        ({"client_auth": ("me", "password")}, {}),
    ],
)
def test_what_says_the_same_is_the_same_work(before: dict[str, Any], now: dict[str, Any]) -> None:
    """A number for each request, another way of writing it, a credential or none."""
    assert work(now).digest == work(before).digest
    assert work(now).changes_since(work(before).to_json()) == ""
    assert work(before).changes_since(work(now).to_json()) == ""


@pytest.mark.parametrize("option", ["params", "json", "data"])
def test_what_may_only_be_called_like_a_credential_counts(option: str) -> None:
    """A parameter that goes by the name of a credential may say which answer is wanted."""
    with_token, without = work({option: {"page_token": "abc", "a": 1}}), work({option: {"a": 1}})
    assert with_token.digest != without.digest
    assert "'page_token'" in with_token.changes_since(without.to_json())


@pytest.mark.parametrize(
    "options",
    [
        {"cookies": {"sid": "0123456789abcdef"}},
        {"params": {"api_key": ["0123456789", "x"]}},
        {"headers": [("x-api-key", "0123456789"), ("x-api-key", "1")]},
        {"json": {"token": ["0123456789"]}},
        {"data": {"password": "0123456789"}},
    ],
)
def test_no_credential_is_written_down(options: dict[str, Any]) -> None:
    """A long cookie says who somebody is; several keys in a list are keys."""
    assert "0123456789" not in work(options).to_json()


@pytest.mark.parametrize("option", ["params", "json", "data"])
@pytest.mark.parametrize("name", ["page_token", "key", "token", "sort_key", "session", "code"])
def test_another_value_under_such_a_name_is_another_call(option: str, name: str) -> None:
    """What may say which answer is wanted counts, by its name and its value."""
    one, other = (work({option: {name: it}}, salt=b"salt") for it in ("one-value", "two-value"))
    assert one.digest != other.digest
    assert f"'{name}'" in other.changes_since(one.to_json())


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"params": {"api_key": "one"}}, {"params": {"api_key": "two"}}),
        ({"params": {"access_token": ["one"]}}, {"params": {"access_token": ["two"]}}),
        ({"params": {"key": nk.Secret("one-1")}}, {"params": {"key": nk.Secret("two-2")}}),
        ({"params": {"key": [nk.Secret("one-1")]}}, {"params": {"key": [nk.Secret("two-2")]}}),
        ({"json": {"password": "one"}}, {"json": {"password": "two"}}),
        ({"headers": {"x-token": "one"}}, {"headers": {"x-token": "two"}}),
        ({"cookies": {"token": "one"}}, {"cookies": {"token": "two"}}),
        ({"client_params": {"key": "one"}}, {"client_params": {"key": "two"}}),
        ({"client_headers": {"token": "one"}}, {"client_headers": {"token": "two"}}),
        ({"auth": ("me", "one")}, {"auth": ("me", "two")}),
    ],
)
def test_credentials_may_be_renewed(before: dict[str, Any], now: dict[str, Any]) -> None:
    """A Secret, a name beyond doubt, headers, cookies and what is the client's do not count."""
    assert work(before, salt=b"salt").digest == work(now, salt=b"salt").digest


def test_several_values_of_one_name_count() -> None:
    """Each of them does, also where they are given as pairs."""
    one = work({"params": [("key", "a"), ("key", b"b")]}, salt=b"salt")
    other = work({"params": [("key", "a"), ("key", b"c")]}, salt=b"salt")
    assert "the parameter 'key'[1] was ****" in other.changes_since(one.to_json())


def test_what_stands_in_the_path_counts() -> None:
    """A parameter of the template is one as well; a field of the item is told by the item."""
    one, other = (work({}, f"/x?page_token={it}&api_key={it}", b"salt") for it in ("p-1", "p-2"))
    told = other.changes_since(one.to_json())
    assert told.startswith("the parameter 'page_token' was ****")
    assert not [it for it in ("p-1", "p-2", "api_key'") if it in told]
    assert "given query['page_token']" not in work({}, "/x?page_token={id}", b"salt").parts
    key = nk.Secret("sk-recorded-0123456789").reveal()
    assert "given query['key']" not in work({}, f"/x?key={key}", b"salt").parts
