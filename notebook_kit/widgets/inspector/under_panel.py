"""The inspector that is opened from a panel, and stands under it.

A click cannot add an output to the cell of its panel: some kernels would put it elsewhere, or
nowhere. So two empty outputs are added with the panel, and are filled when they are wanted.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any, Final

from notebook_kit.widgets.inspector.view import InspectorView

if TYPE_CHECKING:
    from notebook_kit.widgets.control import RunControl
    from notebook_kit.widgets.place import Place
    from notebook_kit.widgets.refresher import Refresher

__all__ = ["UnderPanel"]

_EMPTY: Final = {"text/html": "", "text/plain": ""}


class UnderPanel:
    """Opens the inspector under one panel.

    Args:
        run: the run of the panel; it has ``inspect``.
        refresher: draws the inspector while the run is live.
    """

    def __init__(self, run: RunControl, refresher: Refresher) -> None:
        self._run: Any = run
        self._refresher = refresher
        self._place: Place | None = None
        self._face_id = ""
        self._view: InspectorView | None = None
        self._opening = threading.Lock()

    @staticmethod
    def is_possible(run: RunControl) -> bool:
        """Tell whether single items of the run can be looked at."""
        return hasattr(run, "inspect")

    def stand_by(self, place: Place) -> None:
        """Add the empty outputs; from within the cell of the panel."""
        # A panel that is shown in another cell as well opens its inspector there.
        self._place, self._face_id = place, f"notebook_kit-{uuid.uuid4().hex}"
        place.display(_EMPTY, self._face_id)
        place.display(_EMPTY, InspectorView.row_id(self._face_id))

    def open(self) -> None:
        """Show the first failure, in the place of what was shown here before.

        Raises:
            IndexError: when no item has come yet.
        """
        if self._place is None:
            return
        inspection = self._run.inspect()
        # Some kernels serve clicks in several threads.
        with self._opening:
            if self._view is not None:
                self._view.end()
            self._view = InspectorView(
                inspection, self._place, self._refresher, face_id=self._face_id
            )
            self._view.appear()

    def let_go(self) -> None:
        """Take the buttons of what is open away; its face stays."""
        with self._opening:
            if self._view is not None:
                self._view.end()
