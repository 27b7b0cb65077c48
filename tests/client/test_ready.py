"""Between the permit of a call and its sending no time passes that could be spent before."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import notebook_kit as nk

SCRIPT = """
import sys
import notebook_kit as nk
from notebook_kit.policies import Limits

client = nk.Client({url!r}, rate="100/s")
assert "aiohttp" not in sys.modules, "a client that is never used never pays for it"
take, seen = Limits.take_or_wait, []

def take_or_wait(self, *args, **keywords):
    seen.append("aiohttp" in sys.modules)
    return take(self, *args, **keywords)

Limits.take_or_wait = take_or_wait
{use}
client.close()
assert seen, "nobody asked for a permit"
assert all(seen), "a permit was taken before the transport was there"
"""


@pytest.mark.parametrize(
    "use",
    ["client.sync.get('/airports/ZRH')", "client.sync.map('/airports/{iata}', ['ZRH'])"],
    ids=["call", "map"],
)
def test_the_transport_is_loaded_before_the_first_permit(
    use: str, demo: nk.demo.DemoServer
) -> None:
    """Loading it takes a tenth of a second, in which a server would see the pace broken."""
    script = SCRIPT.format(url=demo.url, use=use)
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=60)
