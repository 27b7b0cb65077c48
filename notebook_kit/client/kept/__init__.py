"""Answers that a client keeps, and what it gives in the place of answers that do not come."""

from __future__ import annotations

from notebook_kit.client.kept.care import Care
from notebook_kit.client.kept.face import ClientCache
from notebook_kit.client.kept.wishes import Wish, checked_wish, wish_of

__all__ = ["Care", "ClientCache", "Wish", "checked_wish", "wish_of"]
