"""Errors that carry something of an answer."""

from __future__ import annotations

from typing import Any, Final

import httpx

from notebook_kit import errors

__all__ = ["QUOTA", "REQUEST", "Carrying", "answered"]

REQUEST: Final = httpx.Request("GET", "http://host/x")
#: What an API answers where nothing is left to spend.
QUOTA: Final = {"error": {"message": "You exceeded it", "type": "insufficient_quota", "code": None}}


class Carrying(Exception):
    """An error of some library, with these attributes."""

    def __init__(self, **carried: Any) -> None:
        super().__init__("with attributes")
        self.__dict__.update(carried)


def answered(status: int, *, headers: dict[str, str] | None = None, **body: Any) -> Exception:
    """Return the kit's own error for an answer of httpx."""
    response = httpx.Response(status, headers=headers, request=REQUEST, **body)
    return errors.APIError("no", status_code=status, response=response)
