"""What a client says when it is made with words that it does not know, or that contradict."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Final, ParamSpec

from notebook_kit.checks import misfit, refuse_unknown
from notebook_kit.errors import ConfigurationError
from notebook_kit.errors.brevity import brief

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["OF_HTTPX", "option_names", "taught"]

P = ParamSpec("P")

#: What a client of httpx is told when it is made; one that is given was told already.
OF_HTTPX: Final = frozenset(
    {
        "auth",
        "base_url",
        "cert",
        "cookies",
        "default_encoding",
        "event_hooks",
        "follow_redirects",
        "headers",
        "http1",
        "http2",
        "keepalive_expiry",
        "limits",
        "max_connections",
        "max_connections_per_host",
        "max_keepalive_connections",
        "max_redirects",
        "mounts",
        "params",
        "proxy",
        "timeout",
        "transport",
        "trust_env",
        "verify",
    }
)
#: Words of other clients, and of httpx's past.
_ELSEWHERE: Final = {
    "proxies": "give proxy='http://host:port', or mounts={'https://host': transport}",
    "app": "give transport=httpx.ASGITransport(app)",
    "retries": "give retry=3",
    "max_retries": "give retry=3",
    "connector": "give max_connections=, verify=, proxy=",
    "session": "give http_client=httpx.AsyncClient(...)",
}


@functools.cache
def option_names() -> frozenset[str]:
    """Return the names of the options that a client is made with."""
    # That module imports what imports this one.
    from notebook_kit.client.client import Client  # noqa: PLC0415

    return frozenset(inspect.signature(Client).parameters)


def taught(init: Callable[P, None]) -> Callable[P, None]:
    """Have a constructor explain its options to who got one wrong; its signature stays."""
    parameters = inspect.signature(init).parameters
    names = frozenset(list(parameters)[1:])

    @functools.wraps(init)
    def checked(*args: P.args, **kwargs: P.kwargs) -> None:
        with brief:
            _refuse_foreign(kwargs, names)
            _refuse_contradictions(list(args[1:]), kwargs)
            try:
                init(*args, **kwargs)
            except TypeError:
                whole: Callable[..., None] = init
                bound = functools.partial(whole, args[0])
                message = misfit(bound, args[1:], kwargs, of="nk.Client")
                if message is None:
                    raise
                raise ConfigurationError(message) from None

    return checked


def _refuse_foreign(given: Mapping[str, Any], names: frozenset[str]) -> None:
    for name in given:
        if name not in names and name in _ELSEWHERE:
            message = f"nk.Client has no option {name!r}: {_ELSEWHERE[name]}."
            raise ConfigurationError(message)
    refuse_unknown(given, names, of="nk.Client")


def _refuse_contradictions(positional: list[Any], given: Mapping[str, Any]) -> None:
    if given.get("limits") is not None:
        for name in ("max_connections", "max_keepalive_connections", "keepalive_expiry"):
            if name in given:
                message = f"limits= and {name}= say the same: give one of them."
                raise ConfigurationError(message)
    if given.get("http_client") is None:
        return
    others = [*(["base_url"] if positional else []), *given]
    taken = [f"{name}=" for name in others if name in OF_HTTPX]
    if taken:
        message = (
            f"http_client= has settings of its own, and {' and '.join(taken)} would contradict "
            "them: say it where you make that client, as in "
            "nk.Client(http_client=httpx.AsyncClient(...))."
        )
        raise ConfigurationError(message)
