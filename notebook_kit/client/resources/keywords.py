"""The keywords of maps of endpoints, typed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_kit.execution import RunKeywords

if TYPE_CHECKING:
    from notebook_kit.policies import CacheLike, FallbackLike

__all__ = ["EndpointMapKeywords"]


class EndpointMapKeywords(RunKeywords, total=False):
    """What the map of an endpoint takes beside the options of every run.

    Keys:
        cache: how answers are kept, as for `Client.map`.
        fresh: True asks the server although an answer is kept.
        fallback: what is given where no answer comes.
    """

    cache: CacheLike
    fresh: bool
    fallback: FallbackLike
