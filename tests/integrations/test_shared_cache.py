from __future__ import annotations

import asyncio
import json
import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.integrations.redis import SharedCache
from notebook_kit.testing import nothing_left_open
from tests.lifetime.resources import turns
from tests.loops import in_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.redis import RedisServer

PASSWORD = "pw-4e5f6a7b8c"


@pytest.fixture
def admin(redis_server: RedisServer) -> Iterator[Any]:
    """Another client of the server, which is empty at first."""
    redis: Any = pytest.importorskip("redis")
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
        with nothing_left_open():
            yield client


class Source:
    """Counts what it was asked for, and may be held up."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, key: str) -> dict[str, Any]:
        self.asked.append(key)
        number = len(self.asked)
        await self.gate.wait()
        return {"key": key, "number": number}


@in_loop
async def test_values_are_shared(redis_server: RedisServer, admin: Any) -> None:
    """As JSON under the prefix, by all who use it."""
    value = {"city": "Zürich", "ids": [1, 2.5, True, None], "": {}}
    one = SharedCache(redis_server.url, prefix="prices")
    async with one, SharedCache(redis_server.url, prefix="prices") as other:
        await one.set("ZRH", value)
        assert await other.get("ZRH") == value
        assert json.loads(admin.get("prices:ZRH")) == value
        assert await other.get("GVA") is None
        assert (await other.delete("ZRH"), await one.delete("ZRH")) == (True, False)
        assert await one.get("ZRH") is None


@in_loop
async def test_for_how_long_they_are_kept(redis_server: RedisServer, admin: Any) -> None:
    """What was fetched and what was set; for ever, if nothing is said."""
    async with SharedCache(redis_server.url, ttl="1.5 s") as cache:
        await cache.set("set", 1)
        await cache.get("fetched", len)
        assert all(0 < admin.pttl(f"notebook_kit:{it}") <= 1_500 for it in ("set", "fetched"))
    async with SharedCache(redis_server.url) as cache:
        await cache.set("set", 1)
        assert admin.pttl("notebook_kit:set") == -1


@in_loop
async def test_one_fetch_for_all_who_ask(redis_server: RedisServer, admin: Any) -> None:
    """In this process; each is given a copy, and whoever comes later what is kept."""
    source = Source()
    async with SharedCache(redis_server.url, fetch=source.fetch) as cache:
        given = await asyncio.gather(*(cache.get("a") for _ in range(100)))
        assert given == [{"key": "a", "number": 1}] * 100
        assert len({id(it) for it in given}) == 100
        assert await cache.get("a") == {"key": "a", "number": 1}
        assert source.asked == ["a"]
        assert await cache.get("nothing", lambda _: None) is None
        assert await cache.get("nothing", source.fetch) is None


@in_loop
async def test_a_failed_fetch_keeps_nothing(redis_server: RedisServer, admin: Any) -> None:
    """All who wait are told."""

    async def fails(_: str) -> None:
        raise LookupError

    async with SharedCache(redis_server.url) as cache:
        asked = (cache.get("a", fails) for _ in range(3))
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(it) for it in told} == {LookupError}
        assert admin.dbsize() == 0


@pytest.mark.parametrize("change", ["set", "delete", "clear"])
@in_loop
async def test_what_changes_while_it_is_fetched(
    redis_server: RedisServer, admin: Any, change: str
) -> None:
    """Holds: who waits is given what was fetched, and it is not kept."""
    source = Source()
    source.gate.clear()
    async with SharedCache(redis_server.url, fetch=source.fetch) as cache:
        asking = asyncio.create_task(cache.get("a"))
        while not source.asked:
            await asyncio.sleep(0.001)
        await {
            "set": lambda: cache.set("a", "set"),
            "delete": lambda: cache.delete("a"),
            "clear": cache.clear,
        }[change]()
        source.gate.set()
        assert await asking == {"key": "a", "number": 1}
        kept = admin.get("notebook_kit:a")
        assert kept == (b'"set"' if change == "set" else None)


@in_loop
async def test_another_process_that_was_quicker(redis_server: RedisServer, admin: Any) -> None:
    """Has set a value meanwhile, which stays."""
    source = Source()
    source.gate.clear()
    async with SharedCache(redis_server.url, fetch=source.fetch) as cache:
        asking = asyncio.create_task(cache.get("a"))
        while not source.asked:
            await asyncio.sleep(0.001)
        admin.set("notebook_kit:a", '"theirs"')
        source.gate.set()
        await asking
        assert await cache.get("a") == "theirs"


@in_loop
async def test_clearing_forgets_this_prefix_alone(redis_server: RedisServer, admin: Any) -> None:
    """However many there are, and whatever the prefix is made of."""
    others = {"a:x": "1", "ab:x": "1", "a*b": "1", "aXb:x": "1", "a*bc:x": "1"}
    admin.mset(others)
    admin.mset({f"a*b:{number}": "1" for number in range(2_500)})
    async with SharedCache(redis_server.url, prefix="a*b") as cache:
        assert await cache.clear() == 2_500
        assert await cache.clear() == 0
    assert {it.decode() for it in admin.scan_iter()} == set(others)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((1, 2), r"it is a tuple.*write list\(value\)"),
        ({"a": [{1: 2}]}, r"\$\['a'\]\[0\] has the key 1, an int.*write str\(key\)"),
        (b"a", r"it is a bytes.*value.decode\(\)"),
        (float("nan"), "it is nan"),
        ([{1, 2}], r"\$\[0\] is a set"),
        (object(), "it is an object"),
    ],
)
@in_loop
async def test_what_json_does_not_give_back(
    redis_server: RedisServer, admin: Any, value: Any, said: str
) -> None:
    """Is refused, also where it was fetched; nothing is kept, and nothing sent for what was set."""
    cache = SharedCache(redis_server.url)
    with pytest.raises(nk.ConfigurationError, match=said):
        await cache.set("a", value)
    assert cache.state == "new"
    with pytest.raises(nk.ConfigurationError, match=said):
        await cache.get("a", lambda _: value)
    assert admin.dbsize() == 0
    await cache.close()


@in_loop
async def test_what_somebody_else_has_put_there(redis_server: RedisServer, admin: Any) -> None:
    """Is told, and not written over by what is fetched; setting or deleting it is a decision."""
    source = Source()
    admin.set("notebook_kit:text", b"\x80\x04pickled")
    admin.lpush("notebook_kit:list", "a")
    async with SharedCache(redis_server.url, fetch=source.fetch) as cache:
        with pytest.raises(nk.DecodeError, match=r"'notebook_kit:text' is no JSON"):
            await cache.get("text")
        with pytest.raises(nk.DecodeError, match="WRONGTYPE"):
            await cache.get("list")
        assert source.asked == []
        await cache.set("list", 1)
        assert await cache.get("list") == 1
        assert await cache.delete("text")
        assert await cache.get("text") == {"key": "text", "number": 1}


@in_loop
async def test_connections_are_bounded_and_closed(redis_server: RedisServer, admin: Any) -> None:
    """However many ask at once; when it is closed the server has none of them left."""
    before = len(admin.client_list())
    async with SharedCache(redis_server.url, max_connections=3) as cache:
        await asyncio.gather(*(cache.get(str(number), len) for number in range(60)))
        assert 0 < len(admin.client_list()) - before <= 3
        (told,) = [it for it in nk.open_resources() if it.kind == "cache"]
        assert "prefix 'notebook_kit', 0 of 3 in use" in str(told)
    assert len(admin.client_list()) == before


@pytest.mark.parametrize("given", ["wrong", "none"])
@in_loop
async def test_a_password_that_is_refused(
    redis_server: RedisServer, admin: Any, given: str
) -> None:
    """By the opening, and as such."""
    url = redis_server.url.replace(f":{redis_server.password}@", "")
    cache = SharedCache(url, password=PASSWORD if given == "wrong" else None)
    with pytest.raises(nk.AuthenticationError, match="the password is missing or wrong"):
        await cache.get("a", len)
    assert cache.state == "new"


@in_loop
async def test_a_user_who_may_not_do_it(redis_server: RedisServer, admin: Any) -> None:
    """Is told so, and nothing else is broken by it."""
    admin.acl_setuser("reader", enabled=True, passwords=[f"+{PASSWORD}"], keys="*",
                      commands=["+get", "+ping", "+client", "+hello"])  # fmt: skip
    url = redis_server.url.replace(f":{redis_server.password}@", f"reader:{PASSWORD}@")
    async with SharedCache(url) as cache:
        assert await cache.get("a") is None
        with pytest.raises(nk.PermissionDenied, match="may not do this"):
            await cache.set("a", 1)
        assert await cache.get("a") is None
    admin.acl_deluser("reader")


@in_loop
async def test_what_else_redis_refuses(redis_server: RedisServer, admin: Any) -> None:
    """Is told in its words."""
    admin.config_set("maxmemory", "1")
    try:
        async with SharedCache(redis_server.url) as cache:
            with pytest.raises(nk.RequestError, match=r"refused it: .*maxmemory"):
                await cache.set("a", "x" * 1000)
    finally:
        admin.config_set("maxmemory", "0")


@in_loop
async def test_no_secret_is_shown(
    redis_server: RedisServer, admin: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Of the address or beside it: in no error, listing, log line or frame."""
    caplog.set_level(logging.DEBUG)
    said = []
    plain = redis_server.url.replace(f":{redis_server.password}@", "")
    with_secret = SharedCache(plain, password=nk.Secret(redis_server.password))
    caches = [with_secret, SharedCache(nk.Secret(redis_server.url)), SharedCache(redis_server.url)]
    for cache in caches:
        await cache.set("a", 1)
        said += [str(nk.open_resources()), repr(cache), cache.name]
    redis_server.stop()
    for cache in caches:
        said += [await _told(cache.get("a", len)), await _told(cache.set("a", 1))]
        await cache.close()
        said.append(await _told(cache.get("a")))
    redis_server.start()
    url = redis_server.url.replace(redis_server.password, PASSWORD)
    said.append(await _told(SharedCache(url, timeout="1 s").get("a")))
    with pytest.raises(nk.ConfigurationError) as refused:
        SharedCache(url, password=PASSWORD)
    said.append(str(refused.value))
    said += [f"{it.getMessage()} {it.exc_text}" for it in caplog.records]
    whole = "\n".join(said)
    assert "no connection could be made" in whole
    for secret in (redis_server.password, PASSWORD):
        assert secret not in whole


async def _told(work: Any) -> str:
    """Return all that is told of an error, with the values in its frames."""
    with pytest.raises(nk.NotebookKitError) as caught:
        await work
    one = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    return "".join(one.format())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "http://example.com"}, "does not begin with redis:// or rediss:// or unix://"),
        ({"url": f"redis://:{PASSWORD}@h", "password": "x"}, "both give a password"),
        ({"password": ""}, "secret cannot be empty"),
        ({"prefix": ""}, "prefix='' must be a text"),
        ({"prefix": 7}, "prefix=7 must be a text"),
        ({"ttl": "soon"}, "ttl='soon' is not a duration"),
        ({"ttl": 0}, "ttl=0 must be more than zero"),
        ({"fetch": 7}, "fetch=7 cannot be called"),
        ({"when_down": "ignore"}, "when_down='ignore' must be 'raise' or 'fetch'"),
        ({"max_connections": 0}, "max_connections=0"),
        ({"timeout": "x"}, "timeout='x' is not a duration"),
    ],
)
def test_what_cannot_work_is_refused(options: Any, said: str) -> None:
    """At once, and with what to write instead."""
    with pytest.raises(nk.ConfigurationError, match=said):
        SharedCache(**options)


@in_loop
async def test_what_is_refused_when_it_is_used() -> None:
    """Keys and functions before anything is sent; options of the address by the library."""
    cache = SharedCache("redis://127.0.0.1:1/0")
    for key in ("", 7, "a\ud800"):
        with pytest.raises(nk.ConfigurationError, match=r"key=.* must be a text"):
            await cache.get(key)  # type: ignore[arg-type]
    with pytest.raises(nk.ConfigurationError, match="fetch=7 cannot be called"):
        await cache.get("a", 7)  # type: ignore[arg-type]
    with pytest.raises(nk.ConfigurationError, match=r"the address cannot be used: .*nonsense"):
        await SharedCache("redis://127.0.0.1:1/0?nonsense=1").get("a")
    with pytest.raises(nk.ConfigurationError, match="the address cannot be used"):
        await SharedCache("redis://127.0.0.1:1/0?socket_timeout=x").get("a")
    await turns()
