"""Accounts that have nothing left to spend, as several APIs say it."""

from __future__ import annotations

from typing import Any

import pytest

from notebook_kit.policies import classify
from tests.policies.carriers import QUOTA, Carrying, answered


@pytest.mark.parametrize(
    ("status", "body", "gone"),
    [
        (402, None, True),
        (429, QUOTA, True),
        (403, QUOTA, True),
        (500, QUOTA, False),
        (401, QUOTA, False),
        (429, {"error": {"code": "credit_balance_exhausted", "type": "x"}}, True),
        (429, {"error": {"code": "Billing_Hard_Limit_Reached"}}, True),
        (429, {"code": "billing_not_active"}, True),
        (429, {"type": "insufficient_balance"}, True),
        (403, {"error": "access_terminated"}, True),
        (429, {"error": {"code": "quota_exceeded"}}, True),
        (429, {"error": {"code": "rate_limit_exceeded", "type": "requests"}}, False),
        (429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}, False),
        (429, {"message": "insufficient_quota is a code of errors"}, False),
        (400, {"error": {"message": "Your credit balance is too low to access the API."}}, True),
        (400, {"error": {"message": "max_tokens is too low"}}, False),
        (422, {"error": {"message": "Your credit balance is too low"}}, False),
        (429, {"error": ["insufficient_quota"]}, False),
        (429, ["insufficient_quota"], False),
        (429, "insufficient_quota", False),
        (429, None, False),
    ],
)
def test_a_quota_that_is_gone(status: int, body: Any, *, gone: bool) -> None:
    """402 says so, and so may the body of 429, 403 or 400, in the words of several APIs."""
    assert classify(answered(status, json=body)).quota_gone == gone
    assert classify(Carrying(status_code=status, body=body)).quota_gone == gone


def test_a_quota_that_comes_back() -> None:
    """quota_exceeded may mean the limit of a minute, and then says when to come back."""
    body = {"error": {"code": "quota_exceeded"}}
    failure = classify(answered(429, json=body, headers={"retry-after": "20"}))
    assert (failure.quota_gone, failure.refused) == (False, True)
    assert classify(answered(429, json=QUOTA, headers={"retry-after": "20"})).quota_gone


@pytest.mark.parametrize(
    "carried",
    [
        {"code": "insufficient_quota"},
        {"type": "insufficient_quota"},
        {"body": QUOTA},
        {"body": QUOTA["error"]},
    ],
)
def test_attributes_that_tell_of_the_quota(carried: dict[str, Any]) -> None:
    """Libraries that read the body themselves keep what it says on the error."""
    assert classify(Carrying(status_code=429, **carried)).quota_gone
    assert not classify(Carrying(status_code=429, **dict.fromkeys(carried, 429))).quota_gone
