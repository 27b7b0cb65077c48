"""HTTP exchanges kept on a tape, and played again without the network.

Of this room only `slot` is loaded with the package; the rest comes with the first tape.
"""

from __future__ import annotations
