"""What a client tells of its work: lines in the log, and numbers to be asked for.

Nothing is imported here: the transports use a part of it, and it a part of the transports.
"""

from __future__ import annotations
