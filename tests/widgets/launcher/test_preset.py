from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.client.preview import _ClientTarget
from notebook_kit.widgets.launcher.entries import Entry
from notebook_kit.widgets.launcher.preset import entries_of

if TYPE_CHECKING:
    from notebook_kit.widgets.launcher.entries import Entries


def entries(client: nk.Client, names: dict[str, Any] | None = None, **preset: Any) -> Entries:
    return entries_of(_ClientTarget(client), "/a/{id}", preset, names or {})


def test_what_is_given_stands_in_the_fields(client: nk.Client) -> None:
    """Columns and fixed values of parameters and body are rows of the form."""
    made = entries(
        client, method="post", params={"q": nk.col("city"), "n": 5}, json={"a": "7", "b": "x"}
    )
    assert (made.method, made.path) == ("POST", "/a/{id}")
    assert made.query == (Entry.of_column("city", "q"), Entry("text", text="5", name="n"))
    assert [(entry.name, entry.text) for entry in made.body] == [("a", '"7"'), ("b", "x")]


def test_what_no_field_can_show_is_code(client: nk.Client) -> None:
    """Other options are written as values, or as the variables that hold them."""
    rate, headers = nk.Rate(5, per="s"), {"x-key": nk.Secret("sk-5647382910")}
    names = {"_1": rate, "slow": rate, "keys": headers}
    made = entries(
        client, names, rate=rate, headers=headers, parse="text", json={"a": [1]}, params=[("a", 1)]
    )
    assert dict(made.fixed) == {
        "rate": "slow",
        "headers": "keys",
        "parse": '"text"',
        "json": '{"a": [1]}',
        "params": '[("a", 1)]',
    }


def test_secrets_are_not_written(client: nk.Client) -> None:
    """A credential without a variable is refused, and not shown in the refusal."""
    with pytest.raises(nk.ConfigurationError, match="put it into a variable") as refused:
        entries(client, headers={"x-key": nk.Secret("sk-5647382910")})
    assert "5647382910" not in str(refused.value)


@pytest.mark.parametrize("option", ["headers", "params", "json"])
def test_credentials_in_plain_text_are_not_written(client: nk.Client, option: str) -> None:
    """A value named as a credential needs a variable, as the code and the fields would show it."""
    given = {"api_key": "hush-hush"}
    with pytest.raises(nk.ConfigurationError, match="holds a credential") as refused:
        entries(client, **{option: given})
    assert "hush" not in str(refused.value)
    assert dict(entries(client, {"mine": given}, **{option: given}).fixed) == {option: "mine"}
