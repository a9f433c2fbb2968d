"""Every lesson in JupyterLab and as an exported page, with and without a kernel."""

import json
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from browser.driving import ROOT, new_page, open_in_lab

pytestmark = pytest.mark.browser

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
every_lesson = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
STORED = [path for path in PATHS if "data-race" in path.read_text(encoding="utf-8")]
every_stored_race = pytest.mark.parametrize("path", STORED, ids=[path.stem for path in STORED])

OUTPUTS = """() => jupyterapp.shell.currentWidget.content.widgets
  .filter((cell) => cell.model.type === 'code')
  .map((cell) => [cell.model.executionCount, cell.model.outputs.toJSON()
    .filter((output) => output.output_type === 'error')
    .map((output) => `${output.ename}: ${output.evalue}`)])"""


def test_lessons_store_their_races():
    assert STORED, "run 'make notebooks': no lesson holds a race for readers without a kernel"


@every_lesson
def test_run_all(lab, page, path):
    """No error, no failed or external request, and every explorer is there."""
    open_in_lab(lab, page, f"notebooks/{path.name}")
    for count, errors in page.evaluate(OUTPUTS):
        assert count and not errors
    for race in page.locator(".race").all():
        race.and_(page.locator("[data-state=ready]")).wait_for()
        assert race.get_attribute("data-note") == ""
    if path in STORED:
        assert page.locator(".race").count() > 0
    assert page.watch.found == []


def operate(page):
    """Slide and scrub the first race, and see both drawn."""
    race = page.locator(".race").first
    race.and_(page.locator("[data-state=ready]")).wait_for()

    def data():
        return race.evaluate("e => ({...e.dataset})")

    first = data()
    for label, key in (("rate η", "ArrowRight"), ("step", "Home"), ("rate η", "ArrowLeft")):
        control = race.get_by_label(label, exact=True)
        if not control.is_visible() or control.is_disabled():
            continue
        before = data()
        control.press(key)
        after = data()
        assert after["seq"] != before["seq"]
        assert after["heads"] != before["heads"] or label == "rate η"
    assert json.loads(data()["heads"]) != json.loads(first["heads"])
    return race


@every_stored_race
def test_exported_page(browser, path, tmp_path):
    """Without kernel and network, the page slides and scrubs, and has no barriers."""
    from axe_playwright_python.sync_playwright import Axe
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="", embed_images=False)
    (tmp_path / "page.html").write_text(exporter.from_filename(str(path))[0], encoding="utf-8")
    context, page = new_page(browser)
    context.set_offline(True)
    page.goto((tmp_path / "page.html").as_uri())
    race = operate(page)
    assert "run this cell" in race.get_attribute("data-note") or race.locator("select").count() == 0
    assert race.locator(".map").evaluate("e => e.width") > 200
    found = Axe().run(page, context=".race")
    assert found.violations_count == 0, found.generate_report()
    assert not [text for text in page.watch.found if "failed" in text or "error" in text]
    context.close()


@every_stored_race
def test_stored_in_jupyterlab(lab, page, path):
    """Opened and not run: a picture while untrusted; alive once trusted."""
    name = f"notebooks/stored_{path.name}"
    (lab.folder / name).write_bytes(path.read_bytes())
    open_in_lab(lab, page, name, run=False)
    picture = page.locator(".jp-OutputArea img[alt^='From (']").first
    picture.wait_for()
    assert picture.evaluate("e => e.decode().then(() => e.naturalWidth)") > 300
    assert page.locator(".race").count() == 0
    notary = NotebookNotary(data_dir=lab.environment["JUPYTER_DATA_DIR"])
    notary.sign(nbformat.read(path, as_version=4))  # as `jupyter trust` does
    open_in_lab(lab, page, name, run=False)
    operate(page)
    assert page.watch.found == []


def test_no_scripts_no_loss(browser, tmp_path):
    """Where scripts are taken out, the picture stays and has its words."""
    if not STORED:
        pytest.skip("no lesson holds a race yet")
    cells = json.loads(Path(STORED[0]).read_text(encoding="utf-8"))["cells"]
    outputs = [o for c in cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})]
    html = next(h for o in outputs if "data-race" in (h := "".join(o["data"]["text/html"])))
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{html}")
    context, page = new_page(browser, java_script_enabled=False)
    page.goto((tmp_path / "page.html").as_uri())
    image = page.locator("[data-race] img")
    assert image.is_visible()
    assert image.bounding_box()["height"] > 100  # not the words in its place
    assert image.get_attribute("alt").startswith("From (")
    context.close()
