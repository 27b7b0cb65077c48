"""What becomes of the many options that a client is made with."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from notebook_kit.checks import whole_number
from notebook_kit.client import given
from notebook_kit.client.address import checked_base_url
from notebook_kit.client.checks import checked_timeout
from notebook_kit.client.core import Core
from notebook_kit.client.defaults import Defaults
from notebook_kit.client.inner import make_inner
from notebook_kit.client.kept import Care
from notebook_kit.client.lent import borrowed, most_connections_of
from notebook_kit.client.logs.options import shown_options
from notebook_kit.client.time_limits import attempt_limit
from notebook_kit.client.transports.body_bounds import body_bounds
from notebook_kit.client.transports.select import TransportOptions
from notebook_kit.errors import ConfigurationError
from notebook_kit.logs import checked_logging
from notebook_kit.policies import Breaker, Limits, RateLike, Retry, parse_rates
from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    import httpx

    from notebook_kit.client.kept.http_rules import HttpRules
    from notebook_kit.logs import LoggingConfig
    from notebook_kit.policies import CacheLike, FallbackLike
    from notebook_kit.policies.durations import Duration
    from notebook_kit.policies.sizes import Size

__all__ = ["ClientOptions", "Parts", "assembled"]


# Not shown: some of these are secret.
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ClientOptions:
    """What a client was given, not checked yet; `Client` says what each of them means."""

    base_url: str | httpx.URL
    headers: Any
    params: Any
    cookies: Any
    auth: Any
    timeout: Duration | httpx.Timeout | None
    rate: RateLike
    retry: Retry | int | None
    breaker: Breaker | bool | None
    cache: CacheLike
    fallback: FallbackLike
    attempt_timeout: Duration | None
    max_body: Size | None
    follow_redirects: bool
    max_redirects: int
    max_connections: int
    max_keepalive_connections: int
    keepalive_expiry: Duration | None
    max_connections_per_host: int
    limits: httpx.Limits | None
    http1: bool
    http2: bool
    verify: ssl.SSLContext | str | bool
    cert: Any
    proxy: str | httpx.URL | httpx.Proxy | None
    trust_env: bool
    transport: httpx.AsyncBaseTransport | None
    mounts: Mapping[str, httpx.AsyncBaseTransport | None] | None
    event_hooks: Mapping[str, list[Callable[..., Any]]] | None
    default_encoding: given.DefaultEncoding
    http_client: Any
    logging: LoggingConfig | None


class Parts(NamedTuple):
    """What a client is made of.

    Attributes:
        base_url: the base URL, fit to be shown.
        max_connections: how many connections there may be at once; None for no bound.
        core: what sends.
        shown_options: gives the options by name, fit to be shown.
    """

    base_url: str
    max_connections: int | None
    core: Core
    shown_options: Callable[[], Mapping[str, object]]


def assembled(options: ClientOptions) -> Parts:
    """Return what a client with these options is made of.

    Raises:
        ConfigurationError: for an option that cannot work.
    """
    theirs = options.http_client
    lent = None if theirs is None else borrowed(theirs)
    base_url = checked_base_url(options.base_url if theirs is None else str(theirs.base_url))
    shown_url = redact_url(base_url)
    given.refuse_http2_alone(options.http1)
    connections = _connections(options)
    most = connections.max_connections if theirs is None else most_connections_of(theirs)
    defaults = Defaults(base_url, headers=options.headers, params=options.params, auth=options.auth)
    care = Care(options.cache, options.fallback, home=base_url, cert=options.cert)
    if care.rules is not None and lent is not None:
        message = (
            "cache='http' stands before the connections, and those of http_client= are its own: "
            "write cache='5 min', or leave out http_client=."
        )
        raise ConfigurationError(message)
    # A limit of the kit's own costs each call a timer: what is usual is left to the transports.
    is_usual = isinstance(options.attempt_timeout, str) and options.attempt_timeout == "auto"
    make_http = _httpx_maker(options, connections, defaults, base_url, care.rules)
    core = Core(
        make_http if lent is None else lambda: (lent, "custom"),
        defaults,
        limits=Limits(parse_rates(options.rate)),
        retry=Retry.of(options.retry),
        breaker=Breaker.of(options.breaker),
        attempt_limit=None if is_usual else attempt_limit(options.attempt_timeout),
        care=care,
        logging=checked_logging(options.logging),
        bounds=body_bounds(options.max_body),
        ends=is_usual,
    )
    shown = functools.partial(shown_options, core, connections, options.headers)
    return Parts(shown_url, most, core, shown)


def _connections(options: ClientOptions) -> TransportOptions:
    held = given.bounds(
        options.limits,
        max_connections=options.max_connections,
        max_keepalive_connections=options.max_keepalive_connections,
        keepalive_expiry=options.keepalive_expiry,
    )
    return TransportOptions(
        max_connections=held.most,
        max_keepalive_connections=held.most_idle,
        keepalive_expiry=held.keepalive_s,
        max_connections_per_host=options.max_connections_per_host,
        http2=given.checked_switch(options.http2, name="http2"),
        verify=options.verify,
        cert=options.cert,
        proxy=options.proxy,
        trust_env=given.checked_switch(options.trust_env, name="trust_env"),
        transport=options.transport,
    )


def _httpx_maker(
    options: ClientOptions,
    connections: TransportOptions,
    defaults: Defaults,
    base_url: str,
    rules: HttpRules | None,
) -> Callable[[], tuple[httpx.AsyncClient, str]]:
    """Return what makes the client of httpx, as often as there is a new process to make it in."""
    return functools.partial(
        make_inner,
        connections,
        rules=rules,
        base_url=base_url,
        headers=defaults.headers,
        cookies=given.checked_cookies(options.cookies),
        timeout=checked_timeout(options.timeout),
        follow_redirects=given.checked_switch(options.follow_redirects, name="follow_redirects"),
        max_redirects=whole_number(options.max_redirects, name="max_redirects", least=0),
        trust_env=options.trust_env,
        event_hooks=given.checked_hooks(options.event_hooks),
        mounts=given.checked_mounts(options.mounts),
        default_encoding=given.checked_encoding(options.default_encoding),
    )
