"""Every lesson in JupyterLab and as an exported page, with and without a kernel."""

import functools
import json
import re

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from browser.driving import BEYOND, ROOT, Explorer, new_page, open_in_lab
from browser.test_claims import PATHS as WITH_CLAIMS
from browser.test_claims import filter_table
from lessons_lib.explorers import race as explorer
from test_explorers import USES

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
    """No error, no failed or external request; every explorer and every table of claims works."""
    open_in_lab(lab, page, f"notebooks/{path.name}")
    for count, errors in page.evaluate(OUTPUTS):
        assert count and not errors
    used = [p.values[0].split("(")[0] for p in USES if p.id.startswith(path.stem)]
    races = page.locator(".race")
    plain = page.locator(".widget-vbox").filter(has=page.locator(".widget-image"))
    assert races.count() == used.count("race")
    assert races.count() + plain.count() == len(used)
    for i in range(races.count()):
        race = Explorer(page, i)
        assert race.data["note"] == ""
        operate(race)
        before, after = race.changes(lambda race=race: race.click(race.root.locator(".map"), 0.6))
        assert before["start"] != after["start"]
    for box in plain.all():
        operate_plain(page, box)
    if path in WITH_CLAIMS:
        filter_table(page)
    assert page.watch.found == []


# How long a player's sound is, in seconds.
HEARD = """e => new Promise((done) => {
  const told = () => e.duration > 0 && done(e.duration);
  e.addEventListener("durationchange", told);
  told();
})"""


def operate_plain(page, box):
    """Change each control by keyboard and by mouse, and see another picture each time."""
    image = box.locator(".widget-image").element_handle()

    def changes(act):
        before = image.get_attribute("src")
        act()
        page.wait_for_function("([e, old]) => e.src !== old", arg=[image, before])

    for control in box.locator("select").all():
        other = control.evaluate("e => (e.selectedIndex + 1) % e.length")
        # Its open list is the system's, of which a page knows nothing.
        choose = functools.partial(control.select_option, index=other)
        changes(choose)
        changes(functools.partial(control.press, "ArrowUp" if other else "ArrowDown"))
        changes(choose)  # so that the seed below matters, and Reset has something to do
    for control in box.locator("input[type=number]").all():
        changes(lambda control=control: control.press("ArrowUp"))
        size = control.bounding_box()
        arrow = {"x": size["width"] - 10, "y": 0.3 * size["height"]}
        changes(lambda control=control, arrow=arrow: control.click(position=arrow))
    for slider in reversed(box.locator(".noUi-target").all()):
        handle = slider.get_by_role("slider")
        low, now, high = (
            float(handle.get_attribute(f"aria-value{name}")) for name in ("min", "now", "max")
        )
        key, place = ("ArrowUp", 0.9) if now < (low + high) / 2 else ("ArrowDown", 0.1)
        changes(lambda handle=handle, key=key: handle.press(key))
        there = {"x": place * slider.bounding_box()["width"], "y": 2}  # in the other half
        changes(lambda slider=slider, there=there: slider.click(position=there))
    for button in box.get_by_role("button").all():
        if button.inner_text() == "Render":
            button.click()
            assert box.locator("audio").evaluate(HEARD) > 0.5
    changes(box.get_by_role("button", name="Reset").click)


def operate(race):
    """Slide, scrub, play and pin, by keyboard and by mouse, and see each drawn."""
    rate, step = race.label("rate η"), race.label("step")
    assert rate.is_visible() and rate.is_enabled() and step.is_visible() and step.is_enabled()
    first, loss = race.data, race.root.locator(".loss")
    for act, key in (
        (lambda: race.press(rate, "ArrowRight"), "rate"),
        (lambda: race.press(rate, "Home"), "heads"),
        (lambda: race.click(rate, 0.6), "heads"),
        (lambda: race.press(step, "ArrowLeft"), "heads"),
        (lambda: race.click(step, 0.3), "heads"),
        (lambda: race.click(loss, 0.4), "step"),
        (lambda: race.press(race.button("+1"), "Enter"), "step"),
        (race.button("Pin").click, "pins"),
        (race.button("Play").click, "step"),
    ):
        before, after = race.changes(act, key)
        assert after["heads"] != before["heads"] or key in ("pins", "step"), key
    race.changes(race.button("Reset").click)
    after = race.data
    assert [after[key] for key in ("rate", "step", "heads", "pins")] == [
        *(first[key] for key in ("rate", "step", "heads")),
        "[]",
    ]


def exported(path, folder, **options):
    """The lesson as a page: its address. Without options, as a reader makes it."""
    from nbconvert import HTMLExporter

    page = folder / f"{path.stem}.html"
    page.write_text(HTMLExporter(**options).from_filename(str(path))[0], encoding="utf-8")
    return page.as_uri()


@pytest.fixture(scope="module")
def bare(browser, tmp_path_factory, request):
    """A lesson as a page that needs no network, which it has not."""
    options = dict(mathjax_url="", require_js_url="", jquery_url="", embed_images=False)
    context, page = new_page(browser)
    context.set_offline(True)
    page.goto(exported(request.param, tmp_path_factory.mktemp("pages"), **options))
    yield page
    context.close()


def each_page(paths):
    params = [pytest.param(path, id=path.stem) for path in paths]
    return pytest.mark.parametrize("bare", params, indirect=True)


@each_page(STORED)
def test_exported_page(bare):
    """Without kernel and network, the page slides and scrubs, and has no barriers."""
    from axe_playwright_python.sync_playwright import Axe

    race = Explorer(bare)
    operate(race)
    assert "run this cell" in race.data["note"] or race.root.locator("select").count() == 0
    there = race.root.locator(".map")  # its start cannot be moved, and nothing says so
    assert [there.get_attribute(name) for name in ("role", "tabindex")] == ["img", None]
    assert "Arrow keys" not in there.evaluate("e => e.ariaLabel")
    assert there.evaluate("e => e.width") > 200
    found = Axe().run(bare, context=".race")
    assert found.violations_count == 0, found.generate_report()
    assert bare.watch.found == []


@each_page(STORED)
def test_printed_page(bare):
    """On paper: the panels, the sentence and the numbers, and nothing to press."""
    race = Explorer(bare).root
    bare.emulate_media(media="print")
    assert race.locator("button:visible, input:visible, select:visible").count() == 0
    for part in (".map", ".loss", ".sentence", "table"):
        assert race.locator(part).is_visible()
    assert race.locator(".sentence").inner_text().startswith("From (")
    bare.emulate_media(media="screen")


SCREENS = {  # width and height in CSS pixels, and the screen's pixels in each
    "phone": (360, 800, 3),
    "zoomed to 200 %": (600, 500, 2),
    "projector": (1920, 1080, 1),
}


@each_page(STORED[-1:])
def test_fits_the_screen(bare):
    """Nothing is cut off, small or blurred, on a phone, zoomed, or projected."""
    race, devtools = Explorer(bare), bare.context.new_cdp_session(bare)
    for width, height, scale in SCREENS.values():
        metrics = dict(width=width, height=height, deviceScaleFactor=scale, mobile=False)
        devtools.send("Emulation.setDeviceMetricsOverride", metrics)
        bare.wait_for_function(  # the page notices by itself
            "([e, scale]) => devicePixelRatio === scale &&"
            " [...e.querySelectorAll('.panels canvas')]"
            ".every((c) => c.width === Math.round(c.clientWidth * scale))",
            arg=[race.root.element_handle(), scale],
        )
        loss = race.root.locator(".loss")
        loss.hover(position={"x": loss.bounding_box()["width"] - 9, "y": 60})
        assert race.root.locator(".hover").is_visible()
        assert race.root.evaluate(BEYOND) == []
        assert race.root.evaluate("e => e.getBoundingClientRect().right") <= width
        smallest = """e => Math.min(...[...e.querySelectorAll('*')].filter((c) => c.offsetWidth)
          .map((c) => parseFloat(getComputedStyle(c).fontSize)))"""
        assert race.root.evaluate(smallest) >= 12
    devtools.send("Emulation.clearDeviceMetricsOverride")


def test_exported_as_readers_do(browser, tmp_path):
    """With nbconvert's own settings a page wants MathJax; the race does without."""
    context, page = new_page(browser)
    context.set_offline(True)
    page.goto(exported(STORED[0], tmp_path))
    operate(Explorer(page))
    ours = [text for text in page.watch.found if not re.search("mathjax|require", text.lower())]
    assert ours == []
    context.close()


# How many listen to the page's keys.
LISTENING = """(() => {
  window.listening = 0;
  for (const [name, one] of [["addEventListener", 1], ["removeEventListener", -1]]) {
    const own = window[name];
    window[name] = function (kind, ...more) {
      window.listening += kind === "keydown" ? one : 0;
      return own.call(this, kind, ...more);
    };
  }
})()"""
SHOW = """html => {
  document.body.innerHTML = html;
  const inert = document.querySelector("script"), script = document.createElement("script");
  Object.assign(script, { type: "module", textContent: inert.textContent });
  inert.replaceWith(script); // as JupyterLab does
}"""


def test_shown_again_it_leaves_nothing_behind(browser):
    """A notebook that is loaded anew from disk shows its stored races anew."""
    html = explorer(steps=5)._repr_mimebundle_()[0]["text/html"]
    context, page = new_page(browser)
    page.evaluate(LISTENING)
    for _ in range(3):
        page.evaluate(SHOW, html)
        operate(Explorer(page))
        assert page.evaluate("window.listening") == 1
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
    operate(Explorer(page))
    assert page.watch.found == []


@every_stored_race
def test_no_scripts_no_loss(browser, path, tmp_path):
    """Where scripts are taken out, the picture stays and has its words."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
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
