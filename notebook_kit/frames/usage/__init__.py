"""Tokens and cost, as the answers of language models tell them."""

from __future__ import annotations

from notebook_kit.frames.usage.counted import Usage, usage_of
from notebook_kit.frames.usage.prices import Prices
from notebook_kit.frames.usage.tokens import Tokens, tokens_of

__all__ = ["Prices", "Tokens", "Usage", "tokens_of", "usage_of"]
