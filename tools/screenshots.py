"""Write a picture of every explorer, in JupyterLab's light and dark theme, to be looked at.

One more, race.png, is the README's (notebooks/images/race.png): lesson 00's race, turned by 15°.

Usage: python tools/screenshots.py [FOLDER]      (build/screenshots, unless told otherwise)
"""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

THEME = "name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})"


def main(folder: Path) -> None:
    """Run a notebook with a cell for each explorer, and take a picture of each output."""
    from playwright.sync_api import sync_playwright

    from browser.driving import Explorer, Lab, launched, new_page, notebook, open_in_lab
    from lessons_lib.explorers import EXPLORERS

    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        lab = Lab(Path(place))
        cells = [f"from lessons_lib.explorers import {name}\n{name}()" for name in EXPLORERS]
        notebook(lab.folder / "all.ipynb", *cells)
        _, page = new_page(launched(playwright.chromium))
        open_in_lab(lab, page, "all.ipynb")
        page.locator(".race[data-state=ready]").wait_for()
        for theme in ("light", "dark"):
            page.evaluate(THEME, f"JupyterLab {theme.title()}")
            page.locator(f".race[data-theme={theme}]").wait_for()
            outputs = page.locator(".jp-OutputArea-output").all()
            for name, output in zip(EXPLORERS, outputs, strict=True):
                output.screenshot(path=folder / f"{name}_{theme}.png", animations="disabled")
        page.evaluate(THEME, "JupyterLab Light")
        open_in_lab(lab, page, "notebooks/00_start_here.ipynb")
        race = Explorer(page)
        for label, key, times in (("turn by", "ArrowRight", 15), ("step", "ArrowLeft", 40)):
            race.press(race.label(label), *[key] * times)
            race.settle()
        page.evaluate("document.activeElement.blur()")
        race.root.screenshot(path=folder / "race.png", animations="disabled")
        lab.close()


if __name__ == "__main__":
    main(Path(*sys.argv[1:] or [ROOT / "build" / "screenshots"]))
