"""What becomes of a client that is copied or pickled."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Uncopied"]


class Uncopied:
    """Stands for connections of this process: a copy of it is the very same, and none is pickled.

    Raises:
        TypeError: when it is pickled.

    >>> import copy
    >>> copy.deepcopy({"api": client})["api"] is client
    True
    """

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str | tuple[object, ...]:
        message = (
            f"A {type(self).__name__} is not pickled, as its connections and keys belong to this "
            "process: make one where it is needed, inside the function that is sent there."
        )
        raise TypeError(message)
