"""The openai SDK mapped over a table: limits, money, trouble; counted at the server."""

from __future__ import annotations

import asyncio
import math
import random
import threading
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

import pytest

import notebook_kit as nk
from notebook_kit.demo.brain import count_tokens
from notebook_kit.demo.routes import budget, language
from notebook_kit.testing import Behaviour, FaultServer, Wait, answer
from tests.client.origins import Origin, fine, refusal
from tests.ports import kept_port
from tests.test_documents import BLOCK, ROOT, run_as_cells

# Its import takes a second, which only who runs these tests should spend.
pytestmark = pytest.mark.skipif(find_spec("openai") is None, reason="openai is not installed")

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence
    from pathlib import Path

    import pandas as pd

    from notebook_kit.demo import DemoServer
    from notebook_kit.testing import ReceivedRequest, Step

#: What a thousand tokens cost.
PRICE = 0.002
WORDS = (
    *("the", "flight", "was", "late", "and", "cold", "but", "the", "crew", "was"),
    *("friendly", "so", "it", "was", "a", "good", "day", "after", "all", "in"),
)
#: A second, less what the way to the server takes longer at one time than at another.
SECOND = 0.85
AT_ONCE = 30


@dataclass
class Charged:
    """What the server let in, with the time and the tokens of each request."""

    times: list[float] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.tokens)

    def most_in(self, window_s: float) -> int:
        """Return the most tokens in any window of so many seconds."""
        most = inside = first = 0
        for time_s, tokens in zip(self.times, self.tokens, strict=True):
            inside += tokens
            while self.times[first] <= time_s - window_s:
                inside -= self.tokens[first]
                first += 1
            most = max(most, inside)
        return most


@pytest.fixture
def charged(monkeypatch: pytest.MonkeyPatch) -> Charged:
    """Note what the demo API charges for."""
    seen = Charged()

    def noted(world: Any, tokens: int) -> dict[str, str]:
        headers = budget.charged(world, tokens)
        seen.times.append(time.monotonic())
        seen.tokens.append(tokens)
        return headers

    monkeypatch.setattr(language, "charged", noted)
    return seen


def prompts(count: int) -> list[str]:
    """Return texts of 5 to 60 words, each beginning with what it asks for."""
    chance = random.Random(7)
    return [
        "What is the sentiment? " + " ".join(chance.choices(WORDS, k=chance.randint(5, 60)))
        for _ in range(count)
    ]


def tokens_of(prompt: str) -> float:
    """Return what the demo API will count: the prompt, its frame and an answer of one word."""
    return count_tokens(prompt) + 4 + 1


def used(completion: Any) -> float:
    """Return what an answer says was used."""
    return float(completion.usage.total_tokens)


def cost_of(outcome: nk.Outcome) -> float:
    """Return what a call has cost."""
    return used(outcome.value) * PRICE / 1_000 if outcome.ok else 0.0


def sdk(url: str, key: str = "demo-token") -> Any:
    """Return the client of the SDK, which leaves trying again to the run."""
    import openai

    return openai.AsyncOpenAI(base_url=url + "/v1", api_key=key, max_retries=0)


def asker(client: Any) -> Callable[[str], Any]:
    """Return the function that is mapped."""

    async def ask(prompt: str) -> Any:
        messages = [{"role": "user", "content": prompt}]
        return await client.chat.completions.create(model="demo-chat", messages=messages)

    return ask


def mapped(url: str, items: list[str], **options: Any) -> pd.DataFrame:
    """Map the SDK over prompts, in a loop of its own, and return the frame."""

    async def main() -> pd.DataFrame:
        async with sdk(url, options.pop("api_key", "demo-token")) as client:
            return await nk.map(asker(client), items, progress=False, **options)

    return asyncio.run(main())


def test_no_row_is_lost_and_no_limit_broken(demo: DemoServer, charged: Charged) -> None:
    """500 prompts at once within both limits of the API: all answered, none turned away."""
    demo.switches.update({"chat_rate": "300/s", "chat_tokens": "10000/s"})
    rates = [nk.Rate(300, per="s"), nk.Rate(10_000, per="s", weight=tokens_of, usage=used)]
    frame = mapped(demo.url, prompts(500), rate=rates, max_concurrency=30)
    assert frame["status"].eq("ok").all()
    assert set(frame["attempts"]) == {1}
    assert {answer.choices[0].message.content for answer in frame["result"]} <= {
        "positive",
        "negative",
        "neutral",
    }
    assert demo.stats().by_status == {200: 500}
    assert charged.total == sum(used(answer) for answer in frame["result"])
    assert charged.most_in(SECOND) <= 10_000
    # Both limits were of consequence: the tokens alone take more than a second.
    assert charged.times[-1] - charged.times[0] > (charged.total - 10_000) / 10_000


@pytest.mark.parametrize("share", [0.4, 2.0])
def test_what_was_estimated_wrongly_is_put_right(
    demo: DemoServer, charged: Charged, share: float
) -> None:
    """Estimates too low are charged and those too high given back: what goes is what was meant."""
    demo.switches.update({"chat_rate": None, "chat_tokens": None})
    items, most, at_once = prompts(200), 4_000, 10
    biggest = max(map(tokens_of, items))
    assert sum(map(tokens_of, items)) > 2 * most
    rate = nk.Rate(
        most, per="hour", burst=True, weight=lambda prompt: share * tokens_of(prompt), usage=used
    )

    async def main() -> pd.DataFrame:
        async with sdk(demo.url) as client:
            run = nk.map(asker(client), items, rate=rate, max_concurrency=at_once, progress=False)
            async with asyncio.timeout(60):
                while (now := run.snapshot()).in_flight or now.waiting_for != "limit":
                    await asyncio.sleep(0.005)
            run.cancel()
            return await run

    frame = asyncio.run(main())
    assert frame["status"].eq("ok").sum() == len(charged.tokens)
    # What the calls under way were estimated too low by is all that can be too much, and what the
    # next one is thought to need all that can be left.
    assert charged.total <= most + at_once * biggest * max(0.0, 1 - share)
    assert charged.total > most - biggest * share


def test_spending_ends_at_the_cap(demo: DemoServer, charged: Charged) -> None:
    """A run with `max_cost` stops before the cap, says so, and keeps what was paid for."""
    items = prompts(500)
    everything = sum(map(tokens_of, items)) * PRICE / 1_000
    with pytest.raises(nk.BudgetExceeded) as caught:
        mapped(demo.url, items, cost=cost_of, max_cost=everything / 2, max_concurrency=10)
    run = caught.value.run
    spent = charged.total * PRICE / 1_000
    assert spent <= everything / 2
    assert spent == pytest.approx(run.snapshot().spent)
    # No more is left unspent than the dearest of the calls that it would have paid for.
    assert spent > everything / 2 - 80 * PRICE / 1_000
    counts = run.frame["status"].value_counts()
    assert counts["ok"] == len(charged.tokens)
    assert counts["ok"] + counts["skipped"] == 500
    assert "max_cost" in str(caught.value)


class Strict:
    """A server that refuses one request for a while, and whoever comes within that time.

    It answers none of those who came with that one before the refusal has been read.
    """

    WAIT_S = 0.5

    def __init__(self) -> None:
        self.refused = 0
        self.is_read = threading.Event()
        self._open_at = math.inf

    def rule(self, number: int, _: ReceivedRequest) -> Behaviour:
        """Say what happens to the request of this number."""
        steps = self._refused() if number == 1 else self._answered(number)
        # The server asks for one step after the other, so they may be made as they are asked for.
        return Behaviour(cast("Sequence[Step]", steps))

    def _refused(self) -> Iterator[Step]:
        self.refused += 1
        self._open_at = time.monotonic() + self.WAIT_S
        yield from refusal(self.WAIT_S).steps

    def _answered(self, number: int) -> Iterator[Step]:
        if number > AT_ONCE and time.monotonic() < self._open_at:
            yield from self._refused()
            return
        while not self.is_read.is_set():
            yield Wait(0.01)
        yield from fine().steps


def test_being_turned_away_slows_all_and_heals() -> None:
    """RateLimitError of the SDK slows all workers together; every row is answered in the end."""
    from openai import RateLimitError

    strict = Strict()

    async def main(url: str) -> pd.DataFrame:
        async with sdk(url) as client:
            ask = asker(client)

            async def told(prompt: str) -> Any:
                try:
                    return await ask(prompt)
                except RateLimitError:
                    # The run sees it before any other answer is on its way.
                    asyncio.get_running_loop().call_soon(strict.is_read.set)
                    raise

            return await nk.map(told, prompts(100), max_concurrency=AT_ONCE, progress=False)

    with Origin(strict.rule) as api:
        frame = asyncio.run(main(api.url))
    assert frame["status"].eq("ok").all()
    # Each of the thirty would try on its own, and be told on its own.
    assert strict.refused == 1
    assert frame["attempts"].sum() == 101


def test_broken_connections_heal(demo: DemoServer) -> None:
    """APIConnectionError and 5xx of the SDK are tried again, and no row is lost."""
    demo.switches.update({"flaky_rate": 0.2, "flaky_drop_share": 0.5})
    retry = nk.Retry(max_attempts=8, base_delay="1 ms")
    frame = mapped(demo.url, prompts(200), retry=retry, max_concurrency=20)
    assert frame["status"].eq("ok").all()
    assert demo.stats().by_status[0] > 0
    assert demo.stats().by_status[503] > 0


def test_a_server_that_is_not_there_is_an_error_of_each_row() -> None:
    """Where nobody listens each row ends in APIConnectionError, surely not sent."""
    with FaultServer() as gone:
        url = gone.url
    frame = mapped(url, prompts(3), retry=nk.Retry(max_attempts=2, base_delay=0))
    assert frame["error_type"].tolist() == ["APIConnectionError"] * 3
    assert frame["attempts"].tolist() == [2] * 3


def test_a_wrong_key_stops_the_run(demo: DemoServer) -> None:
    """After a few calls that were refused the run stops, with a message and without the key."""
    demo.switches.require_credentials = True
    with pytest.raises(nk.BatchFailed) as caught:
        mapped(demo.url, prompts(500), api_key="sk-0123456789abcdef", max_concurrency=10)
    assert demo.stats().requests <= 20
    said = str(caught.value)
    assert "status 401" in said
    assert "does not accept the key" in said
    frame = caught.value.run.frame
    assert len(frame) == 500
    assert set(frame["error_type"].dropna()) == {"AuthenticationError"}
    assert "0123456789" not in said + frame.to_csv()


def test_a_key_that_the_server_repeats_is_hidden() -> None:
    """A key kept in a Secret is struck out of all that is shown, also where the API repeats it."""
    key = nk.Secret("sk-0123456789abcdef")
    body = '{"error": {"message": "Incorrect API key provided: sk-0123456789abcdef."}}'
    json = [("content-type", "application/json")]
    with FaultServer() as api:
        api.when("*", answer(body, status=401, headers=json))
        with pytest.raises(nk.BatchFailed, match="Incorrect API key") as caught:
            mapped(api.url, prompts(50), api_key=key.reveal(), max_concurrency=5)
    run = caught.value.run
    shown = f"{caught.value} {run.frame.to_csv()} {run.snapshot()} {run.summary()!r}"
    assert "0123456789" not in shown


def test_an_account_with_nothing_left_stops_the_run() -> None:
    """A 429 that means that the quota is used up is not waited for."""
    body = '{"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}}'
    headers = [("content-type", "application/json"), ("retry-after", "60")]
    with FaultServer() as api:
        api.when("*", answer(body, status=429, headers=headers))
        begun = time.monotonic()
        with pytest.raises(nk.BatchFailed, match="nothing left to spend"):
            mapped(api.url, prompts(50), max_concurrency=5)
        assert len(api.requests) <= 10
    assert time.monotonic() - begun < 40


def test_streamed_answers_are_rows_too(demo: DemoServer) -> None:
    """A function may read a stream to its end; what it gives is the row's result."""

    async def main() -> pd.DataFrame:
        async with sdk(demo.url) as client:

            async def ask(prompt: str) -> str:
                stream = await client.chat.completions.create(
                    model="demo-chat",
                    messages=[{"role": "user", "content": prompt}],
                    stream=True,
                )
                return "".join([piece async for piece in _pieces(stream)])

            return await nk.map(ask, prompts(20), progress=False)

    frame = asyncio.run(main())
    assert set(frame["result"]) <= {"positive", "negative", "neutral"}


async def _pieces(stream: Any) -> AsyncIterator[str]:
    async for event in stream:
        if event.choices and event.choices[0].delta.content:
            yield event.choices[0].delta.content


def test_the_code_of_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of docs/openai.md runs as it stands, and again in the next kernel."""
    monkeypatch.chdir(tmp_path)
    name = "docs/openai.md"
    blocks = BLOCK.findall((ROOT / name).read_text(encoding="utf-8"))
    assert len(blocks) == 5
    with kept_port() as port:
        for _ in range(2):
            asyncio.run(run_as_cells(blocks, name, port=port))
    assert (tmp_path / "judged.db").stat().st_size > 0
