"""What a batch gave, shared out among its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.errors import ClosedError, ConfigurationError, MissingCredential
from notebook_kit.numbers import plural
from notebook_kit.policies import FailureKind, classify
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["blames_an_item", "raisable", "share_out"]

#: With these a server refuses what was sent, and one bad item among many is enough.
_REFUSED_WHOLE: Final = frozenset({400, 413, 422})


def share_out(items: Sequence[Any], answers: Any, *, name: str) -> list[Any]:
    """Return one answer for each item, in their order; one that is an exception is its item's.

    Args:
        items: what was sent.
        answers: what came back: a sequence of the same length and order, or a mapping by item.
        name: of the function, for what is said.

    Raises:
        ConfigurationError: when the answers do not belong to the items.

    >>> share_out(["a", "b"], {"b": 2, "a": 1}, name="sizes")
    [1, 2]
    """
    if isinstance(answers, Mapping):
        return [_of_mapping(item, answers, name) for item in items]
    given = f"{name}() was given {plural(len(items), 'item')} and returned"
    advice = "return a list with one answer for each item, in their order, or a dict by item"
    if isinstance(answers, (str, bytes, AbstractSet)) or not isinstance(answers, Iterable):
        message = f"{given} a {type(answers).__name__}: {advice}."
        raise ConfigurationError(message)
    shared = list(answers)
    if len(shared) != len(items):
        message = f"{given} {plural(len(shared), 'answer')}: {advice}."
        raise ConfigurationError(message)
    return shared


def _of_mapping(item: Any, answers: Mapping[Any, Any], name: str) -> Any:
    try:
        return answers[item]
    except KeyError:
        message = (
            f"{name}() returned no answer for the item {shown(item)}: give every item one, None or "
            "an exception where there is nothing to say."
        )
    except TypeError:
        message = (
            f"{name}() returned a {type(answers).__name__}, in which the item {shown(item)} cannot "
            "be looked up: return a list, one answer for each item, in their order."
        )
    return ConfigurationError(message)


def blames_an_item(error: Exception) -> bool:
    """Tell whether the failure of a batch may be the fault of one of its items.

    >>> blames_an_item(nk.APIError(status_code=422)), blames_an_item(TimeoutError())
    (True, False)
    """
    # Without a credential, or with a closed client, no item can be sent.
    if isinstance(error, (MissingCredential, ClosedError)):
        return False
    failure = classify(error)
    return failure.kind is FailureKind.INVALID or (
        failure.status_code in _REFUSED_WHOLE and not failure.quota_gone
    )


def raisable(error: BaseException) -> BaseException:
    """Return an error that a future can carry and that is only an error for who awaits it."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    wrapped = RuntimeError(f"the answer for this item is {type(error).__name__}")
    wrapped.__cause__ = error
    return wrapped
