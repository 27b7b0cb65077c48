from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from notebook_kit.execution.asked import CalledFunction, SentRequest, asked_of
from notebook_kit.redact import Secret, remember_field

if TYPE_CHECKING:
    from notebook_kit.execution import Work


def test_work_that_tells_nothing_is_asked_nothing() -> None:
    """Work need not tell what it asks for an item."""
    assert asked_of(cast("Work", object()), 0, "item", None) is None


def test_work_is_asked_with_position_item_and_answer() -> None:
    """What the work tells is handed on."""
    work = SimpleNamespace(asked=lambda *given: CalledFunction("f", (("given", given),)))
    asked = asked_of(cast("Work", work), 3, "item", "answer")
    assert asked == CalledFunction("f", (("given", (3, "item", "answer")),))


def test_a_call_hides_credentials_among_its_arguments() -> None:
    """Arguments named as credentials, and known secrets, are hidden; long ones are cut."""
    call = CalledFunction(
        "fetch", (("city", "Bern"), ("api_key", "abc"), ("k", Secret("asked-secret-value")))
    )
    assert repr(call) == "<fetch(city='Bern', api_key=****, k=Secret('****'))>"
    remember_field("asked_pin", Secret("08-15"))
    assert repr(CalledFunction("f", (("asked_pin", "08-15"),))) == "<f(asked_pin=****)>"
    assert repr(CalledFunction("f", (("", "x"),))) == "<f('x')>"
    assert len(repr(CalledFunction("f", (("", "x" * 10_000),)))) < 200


def test_a_request_is_its_method_and_address() -> None:
    """The repr of a request says neither headers nor body."""
    sent = SentRequest("GET", "http://host/", (), (("x", "y"),), {"a": 1})
    assert repr(sent) == "<GET http://host/>"
