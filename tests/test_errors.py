"""Errors: the tree as it is drawn, what each class carries, and that all of it travels."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from notebook_kit import errors
from notebook_kit.errors import (
    APIError,
    AuthenticationError,
    BatchFailed,
    Conflict,
    NotebookKitError,
    NotFound,
    PermissionDenied,
    RateLimited,
    RequestError,
    RequestTimeout,
    ServerError,
    TransportError,
    api_error_class,
)

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, NotebookKitError)
]
PARTS = {"call": "GET https://host/x", "attempts": 3, "elapsed_s": 1.5}


def made(cls: type[NotebookKitError]) -> tuple[NotebookKitError, dict[str, Any]]:
    """Return an error with all that its class can carry, and what it must carry afterwards."""
    carried: dict[str, Any] = {}
    if issubclass(cls, RequestError):
        carried |= PARTS
    if issubclass(cls, TransportError):
        carried["maybe_sent"] = True
    if issubclass(cls, RequestTimeout):
        carried["phase"] = "read"
    if issubclass(cls, APIError):
        carried |= {"status_code": 418, "retry_after_s": 2.5}
    return cls("what went wrong", **carried), carried


def drawn_tree() -> dict[str, tuple[str, str | None]]:
    """Read the tree off the docstring: each class, the one it is drawn under, and its builtin."""
    tree: dict[str, tuple[str, str | None]] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        # An error of another room is drawn with the room's name, and is pinned there.
        match = re.match(r"    ([│├└─ ]*)(\w+)(?: \((\w+)\))?(?![.\w])", line)
        if match is None:
            continue
        depth = len(match[1]) // 4
        path[depth:] = [match[2]]
        tree[match[2]] = (path[depth - 1] if depth else "Exception", match[3])
    return tree


def test_the_tree_is_as_it_is_drawn() -> None:
    """Every class stands in the docstring, under its base, with the builtin it also is."""
    tree = drawn_tree()
    assert sorted(tree) == sorted(cls.__name__ for cls in CLASSES)
    for cls in CLASSES:
        base, builtin = tree[cls.__name__]
        assert cls.__bases__[0].__name__ == base
        assert [other.__name__ for other in cls.__bases__[1:]] == ([builtin] if builtin else [])


def test_all_classes_are_public() -> None:
    """The module's `__all__` names every error and nothing that is not there."""
    assert {cls.__name__ for cls in CLASSES} | {"api_error_class"} == set(errors.__all__)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_is_named_by_where_it_is_imported_from(cls: type[NotebookKitError]) -> None:
    """Tracebacks, pickles and checkpoints name it so, whatever file it is written in."""
    assert cls.__module__ == "notebook_kit.errors"


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_says_what_went_wrong(cls: type[NotebookKitError]) -> None:
    """The text is the message alone, whatever builtin the class is as well."""
    error, _ = made(cls)
    assert str(error) == "what went wrong"
    assert error.args == ("what went wrong",)
    assert cls.__doc__


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_travels_with_what_it_carries(cls: type[NotebookKitError]) -> None:
    """Pickled and copied, it is of the same class, with text, attributes and notes."""
    error, carried = made(cls)
    error.add_note("a note")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - its own
        assert type(again) is cls
        assert (str(again), again.args) == (str(error), error.args)
        assert {name: getattr(again, name) for name in carried} == carried
        assert again.__notes__ == ["a note"]
    assert vars(copy.copy(error)) == vars(error)


def test_a_response_does_not_travel() -> None:
    """What belongs to this process is left behind; even what cannot be pickled is no hindrance."""
    error = NotFound("no", status_code=404, response=lambda: None)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - its own
    assert (again.response, again.status_code) == (None, 404)
    assert error.response is not None


def test_a_run_does_not_travel() -> None:
    """A batch error arrives without its run."""
    error = BatchFailed("stopped", run=lambda: None)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - its own
    assert again.run is None
    assert error.run is not None


class Strict(RequestError):
    """An error of a user, derived from one of the kit's, with arguments of its own."""

    def __init__(self, code: int, *, reason: str) -> None:
        super().__init__(f"{code}: {reason}", attempts=code)
        self.reason = reason


def test_a_class_of_one_s_own_travels_too() -> None:
    """Its `__init__` is not called again, so its arguments do not matter."""
    again = pickle.loads(pickle.dumps(Strict(3, reason="odd")))  # noqa: S301 - its own
    assert (str(again), again.reason, again.attempts) == ("3: odd", "odd", 3)


def test_without_details_nothing_is_claimed() -> None:
    """No call, no attempts, no time; and only a failed connection says that nothing was sent."""
    error = RequestError("no")
    assert (error.call, error.attempts, error.elapsed_s) == (None, 0, None)
    assert not errors.ConnectionFailed("refused").maybe_sent
    for cls in (TransportError, errors.ConnectionLost, RequestTimeout):
        assert cls("torn").maybe_sent
    assert errors.ConnectionFailed("after all", maybe_sent=True).maybe_sent
    assert RequestTimeout("slow").phase == "attempt"


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, APIError),
        (401, AuthenticationError),
        (403, PermissionDenied),
        (404, NotFound),
        (409, Conflict),
        (418, APIError),
        (429, RateLimited),
        (499, APIError),
        (500, ServerError),
        (503, ServerError),
        (599, ServerError),
    ],
)
def test_each_status_has_its_class(status: int, cls: type[APIError]) -> None:
    """The named statuses have classes of their own, every 5xx one together."""
    assert api_error_class(status) is cls


def test_builtin_handlers_catch_them() -> None:
    """Code that expects Python's own errors works with the kit's."""
    with pytest.raises(TimeoutError):
        raise RequestTimeout("slow")
    with pytest.raises(ConnectionError):
        raise errors.ConnectionLost("reset")
    with pytest.raises(RuntimeError):
        raise errors.ClosedError("closed")
    with pytest.raises(ValueError, match="bad"):
        raise errors.ConfigurationError("bad")
