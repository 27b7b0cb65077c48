"""What was left of an example is told from a key."""

from __future__ import annotations

import pytest

import notebook_kit as nk
from notebook_kit.redact import is_placeholder

LEFT = [
    *("YOUR_API_KEY", "your-api-key-here", "<your key>", "sk-...", "sk-xxxx", "changeme"),
    *("${API_KEY}", "$API_KEY", "{{ token }}", "INSERT_KEY_HERE", "Bearer YOUR_TOKEN", "…"),
]
KEYS = [
    *("test", "EMPTY", "none", "sk-0123456789", "key-of-the-mirror", "my-secret-token", "$w0rd"),
    *("hunter2", "Bearer abcdefgh", "xoxb-12", "youredwardian-9", "a<b>c"),
]


@pytest.mark.parametrize("text", LEFT)
def test_what_was_left_of_an_example(text: str) -> None:
    """It is refused as a secret and as the value of a header, a parameter, a cookie or auth=."""
    assert is_placeholder(text)
    with pytest.raises(nk.ConfigurationError, match="placeholder"):
        nk.Secret(text)


@pytest.mark.parametrize("text", KEYS)
def test_what_may_be_a_key(text: str) -> None:
    """Words that local servers take are keys, too."""
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"x-api-key": "YOUR_API_KEY"}},
        {"headers": {"authorization": "Bearer YOUR_TOKEN"}},
        {"params": {"api_key": "YOUR_API_KEY"}},
        {"params": [("api_key", "abc\n")]},
        {"cookies": {"session": "abc\n"}},
        {"auth": ("user", "YOUR_PASSWORD")},
        {"auth": ("user", "abc\n")},
        {"auth": ("user", 1)},
    ],
)
def test_a_client_and_a_call_refuse_it(options: dict[str, object]) -> None:
    """When they are given it, and not when the server does."""
    with pytest.raises(nk.ConfigurationError, match=r"placeholder|white space|must be text"):
        nk.Client("http://host", **options)  # type: ignore[arg-type]
    client = nk.Client("http://127.0.0.1:9", retry=0)
    with pytest.raises(nk.ConfigurationError, match=r"placeholder|white space|must be text"):
        client.get("/x", **options).result()  # type: ignore[arg-type]
    client.close().wait()
