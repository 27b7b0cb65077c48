"""Which names say that they hold a credential."""

from __future__ import annotations

import pytest

from notebook_kit.redact import is_secret_name


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
        "appid",
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
    [
        "Content-Type",
        "Accept",
        "page",
        "keyword",
        "monkey",
        "author",
        "signal",
        "Idempotency-Key",
        "app",
    ],
)
def test_other_names(name: str) -> None:
    """What only looks a little like one is shown."""
    assert not is_secret_name(name)
