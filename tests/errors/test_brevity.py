"""Errors of the kit end where the user's line is, whatever lies between it and the message."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from IPython.core.ultratb import VerboseTB

import notebook_kit as nk
from notebook_kit.errors.brevity import brief

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

Act = Callable[[nk.Client], object]


class Api(nk.Client):
    """An API with an endpoint, and a call that is composed."""

    @nk.endpoint("GET /airports/{iata}")
    def airport(self, iata: str) -> dict[str, Any]:  # type: ignore[empty-body]  # a declaration
        ...

    @nk.composed
    async def both(self) -> int:
        return 2


def _no_method(self: object) -> int:
    return 1


def _options(**options: Any) -> Any:
    """Return options that no type checker would let pass."""
    return options


def _api(client: nk.Client) -> Api:
    assert isinstance(client, Api)
    return client


def _ask_for_more(client: nk.Client) -> None:
    run = client.map("/{x}", [1], retry=0, progress=False)
    run.result()
    run.max_concurrency = -1


WRONG: dict[str, Act] = {
    "get": lambda client: client.get("/airports/{iata}"),
    "an option of get": lambda client: client.get("/x", **_options(heders={})),
    "request": lambda client: client.request("", "/x"),
    "stream": lambda client: client.stream("/airports/{iata}"),
    "map": lambda client: client.map("/{x}", [1], rate="fast"),
    "a column": lambda client: client.map("/{iatta}", pd.DataFrame({"iata": ["ZRH"]})),
    "sync get": lambda client: client.sync.get("/airports/{iata}"),
    "sync stream": lambda client: client.sync.stream("/airports/{iata}"),
    "sync map": lambda client: client.sync.map("/{x}", [1], rate="fast"),
    "launcher": lambda client: client.launcher(**_options(heders={})),
    "an option": lambda _: nk.launcher(_options, **_options(rat=1)),
    "nk.map": lambda _: nk.map(str, [1], rate="fast"),
    "Client": lambda _: nk.Client("http://host", **_options(proxies=1)),
    "an option of Client": lambda _: nk.Client("http://host", rate="fast"),
    "from_openapi": lambda _: nk.Client.from_openapi({"a": 1}),
    "endpoint": lambda _: nk.endpoint("airports")(_no_method),
    "an endpoint": lambda client: _api(client).airport(""),
    "an endpoint's map": lambda client: _api(client).airport.map([1], rate="fast"),
    "a composed call's map": lambda client: _api(client).both.map([1], rate="fast"),
    "limit": lambda _: nk.limit("fast"),
    "what limit decorates": lambda _: nk.limit("5/s")(_options(a=1)),
    "retry": lambda _: nk.retry(max_attempts=-1),
    "cached": lambda _: nk.cached(ttl="soon"),
    "breaker": lambda _: nk.breaker(failure_threshold=-1),
    "monitor": lambda _: nk.monitor(_options(a=1)),
    "Coalescer": lambda _: nk.Coalescer(_options(a=1)),
    "Executor": lambda _: nk.Executor(rate="fast"),
    "Rate": lambda _: nk.Rate(-1),
    "Retry": lambda _: nk.Retry(max_attempts=-1),
    "steering": _ask_for_more,
    "the end of a call": lambda client: client.get("/x", retry=0).result(),
    "the end of a run": lambda client: client.map(
        "/{x}", [1], on_error="raise", retry=0, progress=False
    ).result(),
    "the end of a stream": lambda client: list(client.stream("/x").lines()),
}


@pytest.fixture
def client() -> Iterator[nk.Client]:
    """A client of a server that is not there."""
    client = Api("http://127.0.0.1:9")
    yield client
    client.close().wait()


def _frames(trace: TracebackType | None) -> list[str]:
    """Return the modules of the frames below this module's own."""
    names = [frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(trace)]
    return [name for name in names if name != __name__]


@pytest.mark.parametrize("wrong", WRONG)
def test_one_frame_of_the_kit_at_most(client: nk.Client, wrong: str) -> None:
    """Then comes the message; the user's line is above it."""
    with pytest.raises(nk.NotebookKitError) as caught:
        WRONG[wrong](client)
    assert len(_frames(caught.value.__traceback__)) <= 1


def test_awaited_too(client: nk.Client) -> None:
    """A call and a run that fail where they are awaited show the line that awaits."""

    async def main(made: Any) -> None:
        with pytest.raises(nk.NotebookKitError) as caught:
            await made
        assert _frames(caught.value.__traceback__) == []

    asyncio.run(main(client.get("/x", retry=0)))
    asyncio.run(main(client.map("/{x}", [1], on_error="raise", retry=0, progress=False)))


def test_a_cancelled_wait_shows_the_line_that_waited() -> None:
    """The note that says what is kept comes right below it."""

    async def main() -> None:
        run = nk.map(asyncio.sleep, [60], progress=False)

        async def wait() -> None:
            await run

        task = asyncio.create_task(wait())
        while not run.snapshot().in_flight:
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert _frames(caught.value.__traceback__) == []
        assert "0 answers of 1 item are kept" in caught.value.__notes__[0]

    asyncio.run(main())


def test_a_notebook_shows_the_line_and_the_message(client: nk.Client) -> None:
    """IPython's own traceback names no file of the kit."""
    with pytest.raises(nk.ConfigurationError) as caught:
        client.map("/{x}", [1], rate="fast")
    render: Any = VerboseTB(include_vars=False)
    error = caught.value
    coloured = render.text(type(error), error, error.__traceback__)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "notebook_kit/" not in shown.replace("\\", "/").replace("notebook_kit/errors", "")
    assert 'rate="fast"' in shown
    assert str(error) in shown


def test_all_frames_are_there_for_who_wants_them(
    client: nk.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """nk.options.full_tracebacks=True leaves everything."""
    monkeypatch.setattr(nk.options, "full_tracebacks", True)
    with pytest.raises(nk.ConfigurationError) as caught:
        client.map("/{x}", [1], rate="fast")
    assert len(_frames(caught.value.__traceback__)) > 3


def test_the_users_own_code_stays() -> None:
    """What a function of the user's, called by the kit, does wrong is shown from there on."""

    def wrong() -> None:
        message = "said by the user"
        raise nk.ConfigurationError(message)

    with pytest.raises(nk.ConfigurationError) as caught, brief:
        wrong()
    names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert names[-1] == "wrong"


@pytest.mark.parametrize("kind", [ValueError, SystemExit, GeneratorExit])
def test_other_errors_are_left_as_they_are(kind: type[BaseException]) -> None:
    """A fault of the kit itself, say, has to be found by its frames."""
    namespace: dict[str, Any] = {"__name__": "notebook_kit.of_a_test", "kind": kind}
    exec("def fail():\n    raise kind", namespace)  # noqa: S102 - a frame of the kit
    with pytest.raises(kind) as caught, brief:
        namespace["fail"]()
    assert _frames(caught.value.__traceback__) == ["notebook_kit.of_a_test"]
