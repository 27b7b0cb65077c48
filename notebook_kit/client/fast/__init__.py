"""The short way: requests for which httpx has nothing to do go straight to the wire.

There is one condition for all of it: what comes of a call is the same as if httpx had carried it.
So the short way sends, and reads the answer to its end; where that is an ordinary one (2xx, no
cookie set) the result is made of it at once. Everything else that came, errors of the connection
too, is handed to httpx as if its transport had received it just now, and goes on from there:
redirects, cookies, errors, all in one place. `tests/client/fast` sends everything both ways.
"""

from __future__ import annotations

from notebook_kit.client.fast.blank import Blank
from notebook_kit.client.fast.came import Came
from notebook_kit.client.fast.lane import Lane
from notebook_kit.client.fast.rows import Rows

__all__ = ["Blank", "Came", "Lane", "Rows"]
