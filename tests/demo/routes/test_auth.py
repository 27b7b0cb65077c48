from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx


def test_basic_authentication_takes_the_user_demo_with_the_token(api: httpx.Client) -> None:
    """Anything else is 401 and asks for it."""
    assert api.get("/auth/basic", auth=("demo", "demo-token")).json()["authenticated"] is True
    for wrong in (("demo", "x"), ("x", "demo-token")):
        assert api.get("/auth/basic", auth=wrong).status_code == 401
    asked = api.get("/auth/basic")
    assert (asked.status_code, asked.headers["www-authenticate"]) == (401, 'Basic realm="demo"')


@pytest.mark.parametrize("value", ["Basic", "Basic ***", "Basic /w==", "Basic ZGVtbw=="])
def test_basic_credentials_that_cannot_be_read_are_refused(api: httpx.Client, value: str) -> None:
    """No base64, no text, no colon: 401 each, and no failure of the server."""
    assert api.get("/auth/basic", headers={"authorization": value}).status_code == 401


def test_bearer_authentication_takes_the_token(api: httpx.Client) -> None:
    """Without it or with another the answer is 401 and says which."""
    assert api.get("/auth/bearer", headers={"authorization": "Bearer demo-token"}).is_success
    missing = api.get("/auth/bearer")
    assert missing.headers["www-authenticate"] == 'Bearer realm="demo"'
    assert missing.json()["error"]["code"] == "missing_token"
    odd = "Bearer ünknown".encode("latin-1")
    wrong = api.get("/auth/bearer", headers={b"authorization": odd})
    assert wrong.json()["error"]["code"] == "invalid_token"
