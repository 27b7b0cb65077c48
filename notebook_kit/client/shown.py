"""What can be seen of a client: among all that is open, in the log, in a cell; its numbers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from notebook_kit.client.answering import answers_depend_on
from notebook_kit.client.guise import safe_cookies
from notebook_kit.client.holding import client_holding, note_cache
from notebook_kit.client.kept import ClientCache
from notebook_kit.client.opened import Opened
from notebook_kit.lifetime import register
from notebook_kit.markup import visible

if TYPE_CHECKING:
    import httpx

    from notebook_kit.client.assembly import Parts
    from notebook_kit.client.logs.stats import ClientStats

__all__ = ["Shown"]


class Shown(Opened):
    """A client as it is seen, open or closed."""

    max_connections: int | None

    def _fingerprint_(self) -> dict[str, Any]:
        """Return what answers depend on, for the fingerprint of a function that uses this."""
        # Who sends may be told by headers, cookies or auth=, and by none of them as well.
        found = answers_depend_on(self._core)
        return {name: value for name, value in found.items() if name != "auth_kind"}

    def _show_up(self, parts: Parts) -> None:
        """Consist of these parts, and be seen from now on."""
        self.base_url, self.max_connections = parts.base_url, parts.max_connections
        core = self._core = parts.core
        core.handle = register(
            self,
            kind="client",
            name=self.base_url or "(no base URL)",
            close_soon=core.close_soon,
            aclose=core.aclose,
            look=partial(client_holding, core, self.max_connections),
            end=partial(core.close_soon, "nk.open_resources()"),
        )
        note_cache(core, name=self.base_url or "a client")
        core.life.made(self.base_url or "any URL", parts.shown_options)

    @property
    def cookies(self) -> httpx.Cookies:
        """The cookies that answers have set, and those given; a change holds from the next call."""
        return safe_cookies(self._core.cookies)

    @property
    def cache(self) -> ClientCache:
        """The answers that are kept: ``stats()``, ``invalidate(url)`` and ``clear()``."""
        return ClientCache(self._core)

    @property
    def stats(self) -> ClientStats:
        """What this client has done up to now: requests, bytes, connections, times.

        >>> with nk.Client(server.url) as session:
        ...     frame = session.map("/airports/{iata}", ["ZRH", "GVA"], progress=False)
        >>> session.stats.requests, session.stats.failed, session.stats.most_in_flight
        (2, 0, 2)
        """
        return self._core.stats()

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "open"
        rates = " and ".join(str(rate) for rate in self._core.limits.rates)
        limits = f", rate {rates}" if rates else ""
        return (
            f"<Client {visible(self.base_url)}: {state}, {self._core.transport_name} transport, "
            f"up to {self.max_connections or 'any number of'} connections{limits}>"
        )
