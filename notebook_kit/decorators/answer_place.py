"""Where a file keeps the answer of a function: by what the function is, and by its arguments."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.execution.functions import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_kit.decorators.functions import Arguments
    from notebook_kit.decorators.keys import KeyMaker
    from notebook_kit.storage.cache_file import CacheFile

__all__ = ["AnswerPlace", "FunctionFile"]

_HEAD: Final = json.dumps({"kind": "value"})


class FunctionFile:
    """A file that keeps the answers of one function, beside those of others.

    Args:
        path: of the file.
        function: the function.
        version: what the answers depend on beside what can be read of it.

    Raises:
        StorageError: when it cannot be read and written, is damaged, something else, or newer.

    Attributes:
        file: the file.
    """

    def __init__(self, path: object, function: Callable[..., Any], version: object) -> None:
        from notebook_kit.storage.cache_file import cache_file  # noqa: PLC0415 - as `Shelf` does

        self.file: CacheFile = cache_file(path)
        self._function = function
        self._version = version
        self._cell: object = None
        self._digest: bytes | None = None

    def is_changed(self) -> bool:
        """Tell whether the function is another since the last time, as its helpers may be.

        It is looked at again whenever another cell runs; outside of notebooks, once.
        """
        cell = _present_cell()
        if self._digest is not None and cell == self._cell:
            return False
        before, self._cell, self._digest = self._digest, cell, self._fingerprint()
        return before not in (None, self._digest)

    def _fingerprint(self) -> bytes:
        from notebook_kit.storage.fingerprints import fingerprint  # noqa: PLC0415 - as above

        description: dict[str, Any] = {"function": self._function}
        if self._version is not None:
            description["version"] = self._version
        work = fingerprint(description)
        name = self.file.path.name
        for unread in work.unreadable:
            self.file.problems.add(
                f"The cache '{name}' does not notice changes in {unread}, which cannot be read: "
                "say @cached(path=..., version='1'), and another after a change."
            )
        for left_out in work.left_out:
            self.file.problems.add(
                f"The cache '{name}' does not compare {left_out}: where its value matters, say it "
                "with @cached(path=..., version=...)."
            )
        return work.digest

    def source(self) -> bytes:
        """Return what all answers of the function are known by, as it was looked at last."""
        assert self._digest is not None  # noqa: S101 - who asks has looked whether it is changed
        return self.file.key(b"function", self._digest)

    def place(self, make_key: KeyMaker, args: Arguments, kwargs: Mapping[str, Any]) -> AnswerPlace:
        """Return where the answer of a call is kept that the function gives as it is now."""
        return AnswerPlace(self, self.source(), make_key, args, kwargs)

    def marks(
        self, source: bytes, make_key: KeyMaker, args: Arguments, kwargs: Mapping[str, Any]
    ) -> tuple[bytes, bytes] | None:
        """Return what the answer of a call, and its function, are known by; None for no place."""
        from notebook_kit.canonical import NotPlain, digest  # noqa: PLC0415 - seldom needed

        name = name_of(self._function)
        if make_key.is_of_an_object:
            self.file.problems.add(
                f"The answers of the method {name}() are kept in memory and not in the cache "
                f"'{self.file.path.name}', because another process cannot tell its object: say "
                "what a call is known by, as in @cached(path=..., key=lambda self, id: id)."
            )
            return None
        try:
            asked = digest(make_key.content(args, kwargs))
        except NotPlain as why:
            self.file.problems.add(
                f"Answers of {name}() to calls with a {why.kind} are kept in memory and not in the "
                f"cache '{self.file.path.name}', because another process cannot tell it from "
                "others: say what a call is known by with @cached(key=...)."
            )
            return None
        return self.file.key(source, asked), source


class AnswerPlace:
    """The place of the answer of one call; found when it is needed."""

    __slots__ = ("_args", "_home", "_kwargs", "_make_key", "_source", "file")

    def __init__(
        self,
        home: FunctionFile,
        source: bytes,
        make_key: KeyMaker,
        args: Arguments,
        kwargs: Mapping[str, Any],
    ) -> None:
        self._home = home
        self._source = source
        self._make_key = make_key
        self._args = args
        self._kwargs = kwargs
        self.file = home.file

    def marks(self) -> tuple[bytes, bytes] | None:
        """Return what the answer and its function are known by; None where it has no place."""
        return self._home.marks(self._source, self._make_key, self._args, self._kwargs)

    def write(self, value: Any) -> tuple[str, bytes]:
        """Return an answer as JSON.

        Raises:
            NotExact: for one that would not come back as it is.
        """
        from notebook_kit.storage.exact_json import to_json  # noqa: PLC0415 - as `Shelf` does

        return _HEAD, to_json(value).encode()

    def read(self, head: str, body: bytes) -> Any:
        """Return the answer that was written so; raises anything for what was not."""
        from notebook_kit.storage.exact_json import from_json  # noqa: PLC0415 - as above

        if head != _HEAD:
            message = "this is no answer of a function"
            raise ValueError(message)
        return from_json(body.decode())

    def is_error(self, value: Any) -> bool:
        """Tell that no error is kept in a file."""
        del value
        return False


def _present_cell() -> object:
    """Return what differs from cell to cell; None where there are none."""
    if "IPython" not in sys.modules:
        return None
    get = getattr(sys.modules["IPython"], "get_ipython", None)
    shell = None if get is None else get()
    return getattr(shell, "execution_count", None)
