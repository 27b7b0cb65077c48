"""Items in many states, as the inspector sees them."""

from __future__ import annotations

import base64
import contextlib
from dataclasses import replace
from typing import Any, Final

from notebook_kit.errors import NotFound, ServerError
from notebook_kit.execution.asked import CalledFunction, SentRequest
from notebook_kit.execution.item_picture import ItemPicture
from notebook_kit.scheduling import Outcome
from notebook_kit.scheduling.attempts import Attempt, Came

__all__ = ["PICTURES", "PNG", "FakeResponse", "outcome", "picture"]

#: The smallest image that there is: one pixel.
PNG: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_LEFT: Final = 100.0
_EPOCH: Final = 1_760_000_000.0


class FakeResponse:
    """An answer with all that belongs to it, of no library."""

    request = None

    def __init__(self, status_code: int, content: bytes, headers: dict[str, str]) -> None:
        self.status_code = status_code
        self.reason_phrase = {404: "Not Found", 503: "Service Unavailable"}.get(status_code, "")
        self.content = content
        self.headers = headers


def outcome(**facts: Any) -> Outcome:
    """Return an outcome that is ok if nothing else is said."""
    known: dict[str, Any] = {
        "index": 17,
        "item": {"iata": "ZRH", "city": "Zurich"},
        "value": None,
        "error": None,
        "status": "ok",
        "source": "network",
        "status_code": 200,
        "attempts": 1,
        "started": _EPOCH,
        "waited_s": 0.0,
        "network_s": 0.2,
        "backoff_s": 0.0,
    }
    return Outcome(**{**known, **facts})


def picture(outcome_: Outcome | None = None, **facts: Any) -> ItemPicture:
    """Return a picture of an item that ended well at its first attempt, if nothing else is said."""
    request = SentRequest(
        "GET",
        "https://api.example.com/airports/ZRH?lang=en",
        (("lang", "en"),),
        (("Host", "api.example.com"), ("Accept", "*/*"), ("x-api-key", "****")),
        notes=("Made of the row again, as it would be sent now: what was sent is not kept.",),
    )
    known: dict[str, Any] = {
        "count": 500,
        "name": "GET /airports/{iata}",
        "asked": request,
        "attempts": (Attempt(1, Came.ANSWERED, _LEFT, _LEFT + 0.2, waited_s=0.0, status_code=200),),
        "left": _LEFT,
        "now": _LEFT + 10,
    }
    return ItemPicture(outcome_ or outcome(), **{**known, **facts})


def _raised(error: Exception) -> Exception:
    """Return an error that was raised, from another one, as a function of a user's does it."""
    with contextlib.suppress(type(error)):
        try:
            int("n/a")
        except ValueError as cause:
            raise error from cause
    return error


_RETRIED: Final = (
    Attempt(1, Came.FAILED, _LEFT + 0.3, _LEFT + 0.9, 0.3, 0.0, "", "ServerError", 503),
    Attempt(2, Came.FAILED, _LEFT + 2.0, _LEFT + 2.2, 0.1, 1.0, "backoff", "RateLimited", 429),
    Attempt(3, Came.FAILED, _LEFT + 5.2, _LEFT + 6.4, 0.0, 3.0, "asked", "ServerError", 503),
)
_HTML_PAGE: Final = (
    b"<html><head><title>503</title></head><body><h1>Service Unavailable</h1>"
    b"<script>alert('x')</script></body></html>"
)
_NOT_FOUND: Final = FakeResponse(
    404,
    b'{"error": {"code": "not_found", "message": "No airport has the IATA code \'XXX\'."}}',
    {"Content-Type": "application/json", "Set-Cookie": "id=secret", "Server": "demo"},
)
_WIDE: Final = {
    "iata": "ZRH",
    "name": "Zürich Kloten",
    "position": {"lat": 47.4647, "lon": 8.5492, "elevation_m": 432},
    "runways": [{"name": f"{at:02}/{at + 18}", "length_m": 2_500 + 100 * at} for at in range(40)],
    "notes": "Night curfew from 23:30.\n" * 4,
    "access_token": "abcdef",
    "open": True,
    "closed": None,
}
_UNFINISHED: Final = outcome(status="cancelled", status_code=None, attempts=1, source="network")

PICTURES: Final[dict[str, ItemPicture]] = {
    "done": picture(outcome(value=_WIDE)),
    "not found": picture(
        outcome(
            status="failed",
            status_code=404,
            item={"iata": "XXX", "city": None},
            error=NotFound(
                "GET https://api.example.com/airports/XXX answered 404 Not Found: No airport has "
                "the IATA code 'XXX'.",
                status_code=404,
                response=_NOT_FOUND,
            ),
        ),
        response=_NOT_FOUND,
        label="row-<17>",
        attempts=(
            Attempt(1, Came.FAILED, _LEFT, _LEFT + 0.012, error_type="NotFound", status_code=404),
        ),
    ),
    "three attempts": picture(
        outcome(
            status="failed",
            status_code=503,
            attempts=3,
            network_s=2.0,
            backoff_s=4.0,
            waited_s=0.4,
            error=ServerError("POST https://api.example.com/v1/chat answered 503", status_code=503),
        ),
        response=FakeResponse(503, _HTML_PAGE, {"content-type": "text/html; charset=utf-8"}),
        attempts=_RETRIED,
        asked=SentRequest(
            "POST",
            "https://api.example.com/v1/chat",
            (),
            (("Content-Type", "application/json"), ("Authorization", "****")),
            body={"model": "small", "messages": [{"role": "user", "content": "Hello\nthere"}]},
            size=96,
        ),
    ),
    "a function": picture(
        outcome(
            status="failed",
            status_code=None,
            item={"city": "Bern", "api_key": "hidden"},
            error=_raised(RuntimeError("The page has no <table>: password='hunter22'")),
        ),
        asked=CalledFunction("scrape", (("city", "Bern"), ("api_key", "hidden"))),
        attempts=(Attempt(1, Came.FAILED, _LEFT, _LEFT + 1.2, error_type="RuntimeError"),),
    ),
    "in flight": picture(
        _UNFINISHED,
        ended=False,
        is_live=True,
        attempts=(
            _RETRIED[0],
            Attempt(2, Came.UNDER_WAY, _LEFT + 2.0, None, 0.1, 1.0, "backoff"),
        ),
    ),
    "to be tried again": picture(
        _UNFINISHED, ended=False, is_live=True, attempts=_RETRIED[:1], due_s=7.2
    ),
    "waiting": picture(_UNFINISHED, ended=False, is_live=True, attempts=(), left=None),
    "an image": picture(outcome(value=PNG)),
    "bytes": picture(outcome(value=bytes(range(256)) * 40)),
    "text": picture(outcome(value="A long answer.\n" * 900)),
    "from the cache": picture(outcome(value={"a": 1}, source="cache", attempts=0), attempts=()),
    "cancelled": picture(
        outcome(status="cancelled", status_code=None, attempts=0), attempts=(), left=None
    ),
    "cannot be shown": picture(
        outcome(status="failed", status_code=None, attempts=0, error=ValueError("")),
        asked=None,
        problem=ValueError("The request cannot be made of this row: KeyError: 'iata'"),
        attempts=(),
    ),
}
PICTURES["many attempts"] = replace(
    PICTURES["three attempts"],
    attempts=tuple(
        replace(_RETRIED[1], number=at, started=_LEFT + 2 * at, ended=_LEFT + 2 * at + 0.4)
        for at in range(1, 30)
    ),
    unlogged=True,
)
