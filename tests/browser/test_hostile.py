"""Hostile texts in all that the package shows, in a real JupyterLab: none of them does anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from notebook_kit.markup import shorten, visible
from tests.hostile import FLAG, HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Dialog

    from tests.browser.lab import LabNotebook

ROOT = Path(__file__).parents[2]
SETUP = f"""
import re, sys
sys.path.insert(0, {str(ROOT)!r})
import asyncio
import pandas as pd
import notebook_kit as nk
from IPython.display import HTML, display
from notebook_kit.client.resources.table import table_of
from tests.hostile import HOSTILE
from tests.hostile_scenes import ROOMS, hostile_client, started_run

texts = list(HOSTILE.values())
SHEET = re.compile("<style>.*?</style>", re.DOTALL)
"""
#: Of each text one form after the other: all of them would be thousands of pages.
PAGES = """
for room, show in ROOMS.items():
    pages = list(show(texts))
    each = len(pages) // len(texts)
    pages = [pages[each * at + at % each] for at in range(len(texts))]
    html = "".join(it.html for it in pages)
    # A browser would be busy for minutes with hundreds of equal sheets.
    sheets = "".join(dict.fromkeys(SHEET.findall(html)))
    display(HTML(sheets + SHEET.sub("", html)))
    print("\\n".join(it.text[:500] for it in pages))
print("all is shown")
"""
EACH = """
for at in range(0, len(texts), 20):
    display(HTML(table_of([{"x": text} for text in texts[at : at + 20]], "texts")))
"""
ENDED = "frame = await started_run(texts)"
INSPECTED = "nk.last_run().inspect(0)"
LIVE = """
halt = asyncio.Event()
async def hold(text):
    if text != texts[-1]:
        raise ValueError(text)
    await halt.wait()
live = nk.map(hold, texts, name=texts[0], retry=0, max_concurrency=1)
"""
OPEN = """
client = hostile_client(texts)
call, stream = client.get("/x", headers={"x-at": "0"}), client.stream("/x")
display(call, stream, client.stats, client, await call)
nk.dashboard()
"""
LAUNCHED = """
names = texts[:12]
table = pd.DataFrame([names], columns=names)
client.launcher("/a/{script}", method="POST", name=texts[0], params={it: it for it in names},
                json={it: nk.col(it) for it in names})
"""
END = "halt.set(); client.close()"
#: The cells, and what each of them shows in the end. The thousand pages come last, as it is they
#: that keep the browser busy whenever another output changes.
CELLS = [
    (f"{SETUP}\nprint('ready')", "ready"),
    (EACH, "texts"),
    (ENDED, "46 ok"),
    (INSPECTED, "Item at position 0"),
    (LIVE, "69 failed"),
    (OPEN, "sockets"),
    (LAUNCHED, "Add parameter"),
    (f"{END}\n{PAGES}", "all is shown"),
]
#: What no page of the package has; formulas come from texts that were read as such.
STRANGE = """() => [...document.querySelectorAll('.jp-OutputArea-output')].flatMap(output => [
    ...output.querySelectorAll('script, iframe, object, embed, base, meta, link, form, template, ' +
        'math, animate, video, audio, frame, mjx-container, [onerror], [onload], [onfocus], ' +
        '[ontoggle], [onmouseover], [srcdoc], [autofocus], [formaction], a[href^="javascript"], ' +
        'img:not([src^="data:image/"])')
].map(found => found.outerHTML.slice(0, 300)))"""
TABLES = """cell => [...document.querySelectorAll('.jp-NotebookPanel .jp-Cell')[cell]
    .querySelectorAll('td')].map(it => it.textContent)"""


def test_texts_do_nothing(lab: LabNotebook) -> None:
    """No script runs, no dialog opens, nothing is asked of another host, no error is written."""
    page = lab.page
    dialogs: list[str] = []
    hosts: set[str | None] = set()

    def hear(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.accept()

    page.on("dialog", hear)
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    lab.open([source for source, _ in CELLS])
    here = urlsplit(page.url)
    for cell, (_, awaited) in enumerate(CELLS):
        lab.run_cell(cell)
        lab.wait_output(cell, awaited)
    assert page.evaluate(TABLES, 1) == [visible(shorten(it, 60)) for it in HOSTILE.values()]
    assert page.evaluate(STRANGE) == []
    assert page.evaluate(f"window.{FLAG}") is None
    assert dialogs == []
    # What is a part of the page already, as an image, is asked of no host.
    assert hosts - {here.hostname, None} == set()
    assert urlsplit(page.url)[:3] == here[:3]
