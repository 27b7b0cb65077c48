"""Templates of whole addresses: what may vary in a host, and what may not."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.client.hosts import AddressTemplate
from tests.client.origins import Origin

ROW = {"a": "eu-1", "b": "x y", "p": 8080.0}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("https://{a}.example.com/x/{b}", "https://eu-1.example.com/x/x%20y"),
        ("https://api-{a}.example.com:{p}", "https://api-eu-1.example.com:8080"),
        ("https://{a}.{a}.example.com?q={b}", "https://eu-1.eu-1.example.com?q=x%20y"),
        ("http://[::1]:{p}/", "http://[::1]:8080/"),
        ("http://127.0.0.1:{p}/{{b}}", "http://127.0.0.1:8080/{b}"),
        ("HTTPS://{a}.EXAMPLE/x", "HTTPS://eu-1.EXAMPLE/x"),
        ("https://h:80/{a}", "https://h:80/eu-1"),
        ("/x/{a}", "/x/eu-1"),
        ("/x?to=http://{b}", "/x?to=http://x%20y"),
    ],
)
def test_hosts_and_paths_are_filled(template: str, filled: str) -> None:
    """A part of a host's name, its port and the path are filled, each in its own way."""
    assert AddressTemplate(template).fill(ROW) == filled


def test_tells_which_server_a_row_goes_to() -> None:
    """The beginning of the address is known without the rest; of a path there is none."""
    varying = AddressTemplate("https://{a}.example.com/x/{b}")
    assert varying.varies_in_host
    assert varying.fields == ("a", "b")
    assert varying.server({"a": "eu"}) == "https://eu.example.com"
    for text, server in (("https://h:80/{a}", "https://h:80"), ("/x/{a}", ""), ("x", "")):
        assert not AddressTemplate(text).varies_in_host
        assert AddressTemplate(text).server(None) == server


@pytest.mark.parametrize(
    "value",
    ["", ".", "a.b", "evil.test#", "a/b", "a@b", "a:1", "-a", "a-", "a_b", "ä", "a b", None, "a\n"],
)
def test_a_row_cannot_leave_the_domain(value: Any) -> None:
    """What is no part of a host's name is that row's error, so that no row picks another domain."""
    with pytest.raises(nk.ConfigurationError, match=r"\{a\}"):
        AddressTemplate("https://{a}.example.com/x").fill({"a": value})


@pytest.mark.parametrize("value", ["", "80/x", "http", -1, 1.5, "123456", "80@evil"])
def test_a_port_is_a_number(value: Any) -> None:
    """What is no number of a port is that row's error."""
    with pytest.raises(nk.ConfigurationError, match=r"\{p\}"):
        AddressTemplate("http://host:{p}/x").fill({"p": value})


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("https://{a}/x", "could make it anybody's"),
        ("https://{a}:80/x", "could make it anybody's"),
        ("https://example.{a}/x", "could make it anybody's"),
        ("https://a{b}/x", "could make it anybody's"),
        ("https://{a}@example.com/x", "beside its user or password"),
        ("https://me:{a}@example.com/x", "beside its user or password"),
        ("https://{a:path}.example.com/x", "a format in its host"),
        ("https://example.com:{p:path}/x", "a format in its host"),
        ("https://{}.example.com/x", "without a name"),
        ("/x/{a", "without its partner"),
        (7, "A path is text"),
    ],
)
def test_templates_that_cannot_work(template: Any, said: str) -> None:
    """A placeholder that could choose the domain or the credentials is refused, and others are."""
    with pytest.raises(nk.ConfigurationError, match=said):
        AddressTemplate(template)


def test_a_refusal_shows_no_password() -> None:
    """The template is shown without what is secret in it."""
    with pytest.raises(nk.ConfigurationError) as caught:
        AddressTemplate("https://me:sk-0123456789abcdef@{a}.example.com/x")
    assert "0123456789" not in str(caught.value)


def test_one_item_is_not_taken_for_two_fields() -> None:
    """An item that is no row fills one placeholder, wherever it stands, and never two."""
    assert AddressTemplate("https://{a}.example.com/x").fill("eu") == "https://eu.example.com/x"
    assert AddressTemplate("https://{a}.example.com/{a}").fill("eu") == "https://eu.example.com/eu"
    template = AddressTemplate("https://{a}.example.com/{b}")
    with pytest.raises(nk.ConfigurationError, match="has no 'a'"):
        template.fill("eu")
    with pytest.raises(nk.ConfigurationError, match="has no 'b'"):
        template.fill({"a": "eu"})


def test_columns_of_both_parts_are_checked() -> None:
    """A placeholder that is no column is named, in the host as in the path."""
    template = AddressTemplate("https://{region}.example.com/{name}")
    template.check_columns(["name", "region"])
    with pytest.raises(nk.ConfigurationError, match=r"needs \{region\}.*Did you mean \{regions\}"):
        template.check_columns(["regions", "name"])
    with pytest.raises(nk.ConfigurationError, match=r"needs \{name\}"):
        template.check_columns(["region"])


def test_a_map_over_several_servers() -> None:
    """Each row goes to its own server; a row whose host cannot be is an error of that row."""
    with Origin() as one, Origin() as two, nk.Client() as api:
        table = pd.DataFrame({"port": [one.port, two.port, 0.5, two.port], "n": range(4)})
        frame = api.map("http://127.0.0.1:{port}/{n}", table, progress=False)
    assert frame["status"].tolist() == ["ok", "ok", "failed", "ok"]
    assert frame["error"].str.contains("number of the port").tolist()[2]
    assert sorted(request.path for request in two.requests) == ["/1", "/3"]
    nk.forget()


def test_a_single_call_wants_its_host_filled_in() -> None:
    """A placeholder in the host of a single call is refused as one in its path is."""
    client = nk.Client()
    with pytest.raises(nk.ConfigurationError, match="has a placeholder: fill it in"):
        client.get("https://{region}.example.com/x")
    client.close()
