"""Showing one item of a run where it is asked for: in a notebook, headless, in a terminal."""

from __future__ import annotations

import sys
import uuid
from typing import TYPE_CHECKING

from notebook_kit.widgets.frontend import Frontend, find_frontend, kernel_shell
from notebook_kit.widgets.inspector.text import inspection_text
from notebook_kit.widgets.inspector.view import InspectorView, inspector_bundle
from notebook_kit.widgets.live import logger
from notebook_kit.widgets.naming import called
from notebook_kit.widgets.place import Place
from notebook_kit.widgets.refresher import refresher

if TYPE_CHECKING:
    from notebook_kit.execution.inspection import Inspection
    from notebook_kit.execution.item_picture import ItemPicture

__all__ = ["show_inspection"]


def show_inspection(inspection: Inspection) -> None:
    """Show an item in the cell that is being executed; without a kernel it is written as text.

    Never raises. Shown twice it stands in two places, and each goes its own way.
    """
    try:
        where = find_frontend()
        if where is Frontend.LIVE:
            InspectorView(inspection, Place(kernel_shell()), refresher).appear()
        elif where is Frontend.HEADLESS:
            _show_for_nobody(inspection, Place(kernel_shell()))
        else:
            sys.stdout.write(_text(inspection) + "\n")
    except Exception as error:  # noqa: BLE001 - told to the log
        logger.warning("An item of a run could not be shown.", exc_info=error)


def _text(inspection: Inspection) -> str:
    return inspection_text(inspection.picture(), called=called(inspection.run))


def _bundle(inspection: Inspection, picture: ItemPicture) -> dict[str, object]:
    return inspector_bundle(picture, static=True, called=called(inspection.run))


def _show_for_nobody(inspection: Inspection, place: Place) -> None:
    picture = inspection.picture()
    if not picture.is_live:
        place.display(_bundle(inspection, picture))
        return
    # What an item under way looks like must not stand in the file for ever.
    display_id = f"notebook_kit-{uuid.uuid4().hex}"
    place.display(_bundle(inspection, picture), display_id)
    inspection.run.add_done_callback(
        lambda _: place.update(_bundle(inspection, inspection.picture()), display_id)
    )
