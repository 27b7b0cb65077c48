"""Answers in memory, with a file behind them where there is one: what every cache of ours is on.

Whoever asks says by which policy. What is made when nothing is there, and who waits for it, is the
affair of those who ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Protocol, TypeVar

from notebook_kit.decorators.cache_stats import CacheCounts
from notebook_kit.decorators.locks import state_lock
from notebook_kit.decorators.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from notebook_kit.decorators.cache_stats import CacheStats
    from notebook_kit.decorators.store import Entry
    from notebook_kit.policies import Cache
    from notebook_kit.storage.cache_file import CacheFile

__all__ = ["Behind", "Page", "Shelf", "page_of"]

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")

#: So far clocks are moved to and fro as they are kept right; what is more was put back by somebody.
_PUT_BACK_S: Final = 60.0


class Behind(Protocol[V]):
    """The place of one answer in a file.

    Attributes:
        file: the file.
    """

    file: CacheFile

    def marks(self) -> tuple[bytes, bytes] | None:
        """Return what the answer and its source are known by there; None where it cannot be."""
        ...

    def write(self, value: V, /) -> tuple[str, bytes]:
        """Return an answer as JSON that says what it is, and its bytes.

        Raises:
            NotExact: for one that would not come back as it is.
        """
        ...

    def read(self, head: str, body: bytes, /) -> V:
        """Return the answer that was written so; raises anything for what was not."""
        ...

    def is_error(self, value: V, /) -> bool:
        """Tell whether an answer is an error, to be raised again."""
        ...


class Page(NamedTuple):
    """An answer as it is written into a file."""

    file: CacheFile
    key: bytes
    source: bytes
    head: str
    body: bytes

    @property
    def size(self) -> int:
        """How long it is, in bytes."""
        return len(self.head) + len(self.body)


class Shelf(Generic[K, V]):
    """Answers by key; from any thread.

    Args:
        policy: says how much is kept in memory.
        size_of: gives the bytes of an answer; None where nobody counts them.

    Attributes:
        counts: how the cache did.
    """

    def __init__(self, policy: Cache, *, size_of: Callable[[V], int] | None = None) -> None:
        self._store: Store[K, V] = Store(
            max_items=policy.items_in_memory, max_bytes=policy.bytes_in_memory, size_of=size_of
        )
        self.counts = CacheCounts()
        #: How often something was forgotten in each file, as far as is known here.
        self._forgotten: dict[CacheFile, int] = {}

    def look(
        self, key: K, policy: Cache, now: float, behind: Behind[V] | None = None
    ) -> Entry[V] | None:
        """Return the answer that is kept and still good, or None."""
        entry = self._found(key, policy, now, behind)
        if entry is None or not policy.is_fresh(now - entry.came, error=entry.is_error):
            return None
        return entry

    def old(
        self, key: K, policy: Cache, now: float, behind: Behind[V] | None, max_age_s: float
    ) -> Entry[V] | None:
        """Return the answer that is kept and not older than so many seconds, or None."""
        entry = self._found(key, policy, now, behind)
        if entry is None or entry.is_error or now - entry.came > max_age_s:
            return None
        self.counts.stale += 1
        return entry

    def _found(
        self, key: K, policy: Cache, now: float, behind: Behind[V] | None
    ) -> Entry[V] | None:
        if behind is not None:
            self._hear_of_others(behind.file)
        with state_lock:
            entry = self._store.look(key, now)
        if behind is None:
            return entry
        if entry is not None:
            age_s = now - entry.came
            if policy.is_fresh(age_s, error=entry.is_error) and not policy.is_due(age_s):
                if entry.mark is not None:
                    behind.file.note_use(entry.mark)
                return entry
        # Somebody else may have a newer one.
        return self._fetched(key, policy, now, behind, entry)

    def _hear_of_others(self, file: CacheFile) -> None:
        """Forget, where another client or process has forgotten something: it may be here too."""
        forgotten = file.forgotten
        before = self._forgotten.setdefault(file, forgotten)
        if before != forgotten:
            self._forgotten[file] = forgotten
            with state_lock:
                self._store.clear()

    def _fetched(
        self, key: K, policy: Cache, now: float, behind: Behind[V], entry: Entry[V] | None
    ) -> Entry[V] | None:
        marks = behind.marks()
        record = None if marks is None else behind.file.get(marks[0])
        if marks is None or record is None:
            return entry
        # Written by a clock that others share, and that may have been put back.
        age_s = behind.file.now() - record.came
        if age_s < -_PUT_BACK_S:
            return entry  # Nobody knows how old it is.
        came = now - max(age_s, 0.0)
        if entry is not None and entry.came >= came:
            return entry
        try:
            value = behind.read(record.head, record.body)
        except Exception:  # noqa: BLE001 - it is asked for anew, which is always right
            return entry
        is_error = behind.is_error(value)
        keep_s = policy.error_s if is_error else policy.keep_s
        with state_lock:
            self._store.put(
                key, value, now, keep_s=keep_s, came=came, is_error=is_error, mark=marks[0]
            )
            return self._store.look(key, now)

    def put(
        self,
        key: K,
        value: V,
        policy: Cache,
        now: float,
        page: Page | None = None,
        *,
        is_error: bool = False,
        holds: Callable[[], bool] = lambda: True,
    ) -> list[K]:
        """Keep an answer that came now, and return the keys of those that went from memory.

        Args:
            key: what it is known by.
            value: the answer.
            policy: for how long it is kept.
            now: this moment.
            page: what `page_of` made of it for a file.
            is_error: whether it is an error.
            holds: tells whether it is still to be kept, and nobody has forgotten it meanwhile.
        """
        keep_s = policy.error_s if is_error else policy.keep_s
        if not holds():
            return []
        if page is not None:
            page.file.put(*page[1:], keep_s=keep_s, bounds=policy.bounds)
        mark = None if page is None else page.key
        with state_lock:
            if holds():
                return self._store.put(key, value, now, keep_s=keep_s, is_error=is_error, mark=mark)
        if page is not None:
            page.file.drop(key=page.key, wait=False)
        return []

    def drop(self, key: K) -> bool:
        """Forget one in memory, and tell whether it was there."""
        with state_lock:
            return self._store.drop(key)

    def expire(self, now: float) -> list[K]:
        """Forget those in memory whose time is over, and return their keys."""
        with state_lock:
            return self._store.expire(now)

    def known(self) -> tuple[K, ...]:
        """Return the keys of all that are kept in memory."""
        with state_lock:
            return self._store.keys()

    def clear(self) -> None:
        """Forget all in memory."""
        with state_lock:
            self._store.clear()

    def stats(self, now: float, file: CacheFile | None = None) -> CacheStats:
        """Return the numbers of this moment; those of what is kept are the file's, if there is one.

        What has been put into the file is written first, which takes milliseconds.
        """
        with state_lock:
            self._store.expire(now)
            items, held = len(self._store), self._store.held
        if file is not None:
            items, held = file.totals()
        return self.counts.stats(items=items, held=held)


def page_of(value: V, behind: Behind[V] | None) -> Page | None:
    """Return an answer as a file keeps it; None where it does not."""
    marks = None if behind is None else behind.marks()
    if behind is None or marks is None:
        return None
    # SQLite is loaded for those who keep answers in a file.
    from notebook_kit.storage.exact_json import NotExact  # noqa: PLC0415

    file = behind.file
    try:
        head, body = behind.write(value)
    except NotExact as why:
        file.problems.add(
            f"Answers that hold a {why.kind} are kept in memory and not in the cache "
            f"'{file.path.name}', because JSON does not give it back as it is: let the function "
            "return text, numbers, bytes, lists, tuples and dictionaries."
        )
        return None
    return Page(file, *marks, head, body)
