"""Which names say that they hold a credential."""

from __future__ import annotations

import pytest

from notebook_kit.redact import is_credential_name, is_secret_name


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


@pytest.mark.parametrize(
    "name",
    [
        *("api_key", "apikey", "APIKey", "X-Api-Key", "OPENAI_API_KEY", "api_keys", "app-key"),
        *("access_token", "accessToken", "auth_token", "id_token", "refreshToken", "csrf_token"),
        *("client_secret", "clientSecret", "secret", "aws_secret_access_key", "AWSAccessKeyId"),
        *("password", "db_passwd", "passphrase", "pwd", "credentials", "authorization", "Cookie"),
        *("Ocp-Apim-Subscription-Key", "x-functions-key", "X-Amz-Security-Token", "private_key"),
        *("X-Amz-Signature", "X-Amz-Credential", "auth", "x-auth"),
    ],
)
def test_names_that_are_beyond_doubt(name: str) -> None:
    """What is called so is a credential wherever it stands."""
    assert is_credential_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "key",
            "token",
            "page_token",
            "nextToken",
            "next_page_token",
            "sort_key",
            "partition_key",
        ),
        *("session", "session_id", "sessionid", "code", "appid", "sig", "signature", "tokenizer"),
        *("paid_token", "grid_token", "max_tokens", "secret_santa", "secretary", "cookie_consent"),
    ],
)
def test_names_that_may_say_what_is_asked_for(name: str) -> None:
    """Places in a list, keys of entries, and words that only end or begin like another."""
    assert not is_credential_name(name)
