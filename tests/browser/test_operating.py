"""The race explorer in a real browser: every control, by keyboard and by mouse.

The explorer writes what it has drawn into data attributes; the tests compare those.
"""

import json
import random
import re

import nbformat
import numpy as np
import pytest

import notebooks as tool  # tools/notebooks.py
from browser.driving import leave, open_in_lab, watched
from lessons_lib import OPTIMIZERS, SURFACES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("operating")]  # they share a page

NAMES = [cls.__name__ for cls in OPTIMIZERS.values()]
FULL = (
    "from lessons_lib.explorers import race\n"
    "race('what happens?', optimizers=['SGD', 'AdaGrad', 'RMSprop'], rate=0.1, steps=40)"
)


def notebook(path, *sources):
    """Write a notebook of code cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=tool.METADATA), path)


class Explorer:
    """One explorer on a page."""

    def __init__(self, page, index=0):
        self.page, self.root = page, page.locator(".race").nth(index)
        self.settle()

    def settle(self):
        """Wait until what was asked for has been drawn."""
        self.root.and_(self.page.locator("[data-state=ready], [data-state=error]")).wait_for()

    @property
    def data(self):
        """What has been drawn."""
        return self.root.evaluate("e => ({...e.dataset})")

    def label(self, text):
        """A control, by its label."""
        return self.root.get_by_label(text, exact=True)

    def button(self, name):
        return self.root.locator("button").get_by_text(name, exact=True)

    def changes(self, act, key="heads"):
        """Do something, wait for another drawing, and return what was drawn before and after."""
        before = self.data
        act()
        self.page.wait_for_function(
            "([e, key, old]) => e.dataset[key] !== old"
            " && ['ready', 'error'].includes(e.dataset.state)",
            arg=[self.root.element_handle(), key, before.get(key)],
        )
        return before, self.data

    def press(self, locator, *keys):
        """Focus a control and press keys."""
        locator.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def reset(self):
        self.button("Reset").click()
        self.settle()


@pytest.fixture(scope="module")
def live(context, lab):
    """A race with every control, in a running JupyterLab; opened once, reset for each test."""
    notebook(lab.folder / "full.ipynb", FULL)
    page = watched(context.new_page())
    open_in_lab(lab, page, "full.ipynb")
    yield Explorer(page)
    leave(page)


@pytest.fixture
def race(live):
    live.reset()
    yield live
    assert live.page.watch.found == []


KEYS = {
    "rate η": "ArrowRight",
    "step": "ArrowLeft",
    "surface": "ArrowDown",
    "AdaGrad": "Space",
    "Momentum": "Space",
    "rates": "ArrowDown",
    "memory ρ": "ArrowDown",
    "ε": "End",
    "turn by": "ArrowRight",
    "noise": "ArrowRight",
    "steps": "ArrowUp",
    "start x": "ArrowUp",
    "start y": "ArrowDown",
}


@pytest.mark.parametrize("label", KEYS)
def test_each_control_by_keyboard(race, label):
    before, after = race.changes(lambda: race.press(race.label(label), KEYS[label]))
    assert before["heads"] != after["heads"]
    assert after["note"] == ""


def test_other_hyper_parameters_by_keyboard(race):
    """They are there for methods that have them."""
    assert not race.label("β₁").is_visible()
    race.changes(lambda: race.label("Adam").check(), "names")
    race.changes(lambda: race.label("Momentum").check(), "names")
    for label in ("β₁", "β₂", "momentum μ"):
        race.changes(lambda label=label: race.press(race.label(label), "End"))
    assert race.root.locator("code").inner_text().count("momentum=0.99") == 2


def test_seed_by_keyboard(race):
    race.changes(lambda: race.press(race.label("noise"), "End"))
    race.changes(lambda: race.press(race.label("seed"), "ArrowUp"))


def test_the_rate_never_asks_the_kernel(race):
    before, after = race.changes(lambda: race.press(race.label("rate η"), "Home"))
    assert float(after["rate"]) == 1e-4
    assert after["request"] == before["request"]
    _, after = race.changes(lambda: race.press(race.label("rate η"), "End"))
    assert float(after["rate"]) == 10


def test_the_rate_by_mouse(race):
    box = race.label("rate η").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    _, after = race.changes(lambda: race.page.mouse.click(x, y))
    assert 0.02 < float(after["rate"]) < 0.05


def test_choices_by_mouse(race):
    race.changes(lambda: race.label("surface").select_option("rosenbrock"))
    _, after = race.changes(lambda: race.label("RMSprop").click(), "names")
    assert after["names"] == "SGD,AdaGrad"
    race.changes(lambda: race.label("rates").select_option("each its best"))
    assert race.label("rate η").is_disabled()


def test_time(race):
    steps = race.label("step")
    _, after = race.changes(lambda: race.press(steps, "Home"), "step")
    assert after["step"] == "0"
    for head in json.loads(after["heads"]):
        assert head[:2] == pytest.approx([-1.6, 1.2], abs=1e-4)
    _, after = race.changes(lambda: race.button("+1").click(), "step")
    assert after["step"] == "1"
    race.button("−1").press("Enter")
    assert race.data["step"] == "0"
    race.button("Play").press("Enter")
    race.page.wait_for_function("e => e.dataset.step > 3", arg=race.root.element_handle())
    race.page.keyboard.press("Enter")
    while race.button("Pause").count():  # a slow machine was at the end, and began again
        race.page.keyboard.press("Enter")
    step = race.data["step"]
    assert int(race.data["frames"]) > 0
    race.page.wait_for_timeout(200)  # time in which a race that still plays would move
    assert race.data["step"] == step
    race.button("Play").click()
    race.page.wait_for_function("e => e.dataset.step === '40'", arg=race.root.element_handle())
    race.button("Play").wait_for()


def test_no_motion_for_who_wants_none(race):
    race.page.emulate_media(reduced_motion="reduce")
    race.button("Play").click()
    race.page.wait_for_function(  # each frame is an eighth of the way
        "({dataset: d}) => d.frames >= 2 && d.step == 5 * d.frames", arg=race.root.element_handle()
    )
    race.button("Play").or_(race.button("Pause")).click()
    race.page.emulate_media(reduced_motion="no-preference")


def test_start_by_keyboard(race):
    canvas = race.root.locator(".map")
    for key, k, sign in (("ArrowRight", 0, 1), ("ArrowUp", 1, 1), ("ArrowLeft", 0, -1)):
        before, after = race.changes(lambda key=key: race.press(canvas, key), "start")
        moved = json.loads(after["start"])[k] - json.loads(before["start"])[k]
        assert moved * sign == pytest.approx(0.08)
    _, after = race.changes(lambda: race.press(canvas, "Shift+ArrowDown"), "heads")
    assert f"From ({json.loads(after['start'])[0]:.3g}" in race.root.inner_text()


def test_start_by_mouse(race):
    canvas = race.root.locator(".map")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    centre = box["x"] + box["width"] / 2 + 14, box["y"] + 120
    _, after = race.changes(lambda: race.page.mouse.click(*centre), "start")
    x, y = json.loads(after["start"])
    assert abs(x) < 0.2 and 0 < y < 1.5

    def drag():
        race.page.mouse.move(*centre)
        race.page.mouse.down()
        race.page.mouse.move(centre[0] + 60, centre[1] + 60, steps=8)
        race.page.mouse.up()
        race.settle()

    _, after = race.changes(drag)
    there = json.loads(after["start"])
    assert there[0] > x + 0.3 and there[1] < y - 0.3
    race.page.wait_for_timeout(300)
    assert json.loads(race.data["start"]) == there


def test_the_start_stays_under_the_pointer_on_a_turned_surface(race):
    race.changes(lambda: race.press(race.label("turn by"), "ArrowRight"))
    before, after = race.changes(lambda: race.press(race.root.locator(".map"), "ArrowRight"))
    moved = np.subtract(json.loads(after["start"]), json.loads(before["start"]))
    np.testing.assert_allclose(moved, [0.08, 0], atol=1e-2)


def test_the_loss_curve_scrubs_and_reads_out(race):
    canvas = race.root.locator(".loss")
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] * 0.4, box["y"] + 100
    _, after = race.changes(lambda: race.page.mouse.click(x, y), "step")
    assert 5 < int(after["step"]) < 35
    race.page.mouse.move(x + 2, y)
    assert re.match(r"step \d+\nSGD: \S+\nAdaGrad: ", race.data["hover"])


def test_the_map_reads_out(race):
    canvas = race.root.locator(".map")
    place = canvas.evaluate("e => { const r = e.getBoundingClientRect(); return [r.x, r.y]; }")
    race.changes(lambda: race.press(race.label("step"), "Home"), "step")
    found = ""
    for dx in range(40, 160, 6):
        race.page.mouse.move(place[0] + dx, place[1] + 84)
        found = found or race.data["hover"]
    assert re.search(r", step 0: \(−1.6, 1.2\)\nloss 19.3\neffective rate ", found)


def test_the_numbers_are_those_of_the_step(race):
    race.changes(lambda: race.press(race.label("step"), "Home", "ArrowRight"), "step")
    cells = race.root.locator("tbody tr").nth(1).locator("th, td").all_inner_texts()
    assert cells[0].strip() == "AdaGrad"
    assert cells[3].startswith("2.56, 900")
    assert cells[4] == "0.0625, 0.00333"
    assert cells[5] == "−1.6, 30"


def test_pin_and_compare(race):
    race.button("Pin").press("Enter")
    assert race.data["pinned"] == "3"
    _, after = race.changes(lambda: race.press(race.label("rate η"), "ArrowRight"))
    assert after["pinned"] == "3"
    text = race.root.locator(".pinned").inner_text()
    assert "η = 0.1:" in text and "AdaGrad" in text
    race.button("Unpin").click()
    assert race.data["pinned"] == "0"


def test_reset(race):
    first = race.data
    race.press(race.label("rate η"), "Home")
    race.changes(lambda: race.label("surface").select_option("booth"))
    race.button("Pin").click()
    race.changes(lambda: race.button("Reset").press("Space"))
    after = race.data
    for key in ("heads", "rate", "step", "start", "names"):
        assert after[key] == first[key]
    assert after["pinned"] == "0"


def test_the_sentence_is_heard(race):
    race.press(race.label("rate η"), "End")
    heard = race.root.locator("[aria-live=polite]")
    race.page.wait_for_function(
        "e => e.textContent.includes('η = 10: SGD ')", arg=heard.element_handle()
    )


def test_copy(race):
    race.button("Copy").click()
    status = race.root.get_by_role("status")
    race.page.wait_for_function("e => e.textContent !== ''", arg=status.element_handle())
    assert status.inner_text() in ("Copied.", "Selected: press Ctrl+C.")


def test_keys_stay_inside(race):
    """Letters would delete cells in JupyterLab, arrows would leave."""
    race.press(race.root.locator(".map"), "d", "d", "ArrowDown", "a", "x")
    cells = race.page.evaluate("jupyterapp.shell.currentWidget.content.widgets.length")
    assert cells == 1
    assert race.root.locator(".map").evaluate("e => e === document.activeElement")


def test_every_control_is_reached_by_tab_and_shows_it(race):
    race.press(race.button("Play"), "Shift+Tab")  # to the first, as who comes by keyboard
    seen = []
    for _ in range(60):
        looks = race.page.evaluate(
            """() => {
              const e = document.activeElement, look = getComputedStyle(e);
              const width = parseFloat(look.outlineWidth);
              return e.closest(".race") && [e.outerHTML, look.outlineStyle, width];
            }"""
        )
        if not looks:
            break
        seen.append(looks)
        race.page.keyboard.press("Tab")
    assert all(style == "solid" and width >= 2 for _, style, width in seen), seen
    visible = "e => e.querySelectorAll('button:not([hidden]), select, input, [tabindex]').length"
    hidden = race.root.evaluate("e => e.querySelectorAll('label[hidden] select').length")
    assert len(seen) == race.root.evaluate(visible) - hidden


def test_wrong_settings_are_said(race):
    race.label("Adadelta").check()
    race.settle()
    race.label("ε").select_option("0")
    race.page.wait_for_function(
        "e => e.dataset.note.includes('Adadelta: eps must be')", arg=race.root.element_handle()
    )
    assert race.data["names"].endswith("Adadelta")  # the last race that was possible stays
    race.label("start x").fill("100")
    race.label("ε").select_option("1e-8")
    race.page.keyboard.press("Tab")
    race.page.wait_for_function(
        "e => e.dataset.note.includes('lies outside the map')", arg=race.root.element_handle()
    )


def test_no_optimizer(race):
    for name in ("SGD", "AdaGrad", "RMSprop"):
        race.changes(lambda name=name: race.label(name).uncheck(), "names")
    assert "No optimizer is chosen." in race.root.inner_text()


def test_what_is_drawn_is_what_the_line_computes(race):
    """Random settings: the heads at some steps against `descend`, from the line on screen."""
    choose = random.Random(0)
    for _ in range(8):
        race.reset()
        race.label("surface").select_option(choose.choice(list(SURFACES)))
        for name in choose.sample(NAMES, 2):
            race.label(name).set_checked(True)
        for label in ("turn by", "noise"):
            race.press(race.label(label), *["ArrowRight"] * choose.randrange(4))
        race.press(race.root.locator(".map"), *["ArrowRight", "ArrowDown"] * choose.randrange(3))
        race.press(race.label("rate η"), *["ArrowLeft"] * choose.randrange(12))
        race.settle()
        line = race.root.locator("code").inner_text()
        names = {}
        exec(line, names)  # it imports what it needs
        paths = names["paths"]
        for _ in range(3):
            race.press(race.label("step"), *["ArrowLeft"] * choose.randrange(9))
            drawn = race.data
            heads = json.loads(drawn["heads"])
            assert len(heads) == len(paths) == len(drawn["names"].split(","))
            for path, head in zip(paths, heads, strict=True):
                x = path.x[int(drawn["step"])]
                if np.abs(x).max() < 1:  # well within every view
                    np.testing.assert_allclose(head[:2], x, atol=5e-4, err_msg=line)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barriers(race, theme):
    from axe_playwright_python.sync_playwright import Axe

    def wear(name):
        race.page.evaluate(
            "name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name
        )
        race.page.wait_for_function(  # its panels too
            "([e, theme]) => e.dataset.theme === theme",
            arg=[race.root.element_handle(), "dark" if "Dark" in name else "light"],
        )
        race.page.wait_for_function(  # colours fade over
            "e => e.getAnimations({subtree: true}).length === 0", arg=race.root.element_handle()
        )

    wear("JupyterLab Dark" if theme == "dark" else "JupyterLab Light")
    found = Axe().run(race.page, context=".race")
    wear("JupyterLab Light")
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(("width", "zoom"), [(360, 1), (1200, 2), (1920, 1)])
def test_fits(race, width, zoom):
    """A phone, a zoom of 200 %, a projector: nothing is cut off."""
    race.root.evaluate(
        "(e, [w, z]) => Object.assign(e.style, {width: `${w}px`, zoom: z})",
        [min(width, 900) // zoom, zoom],
    )
    race.page.evaluate(  # the panels are laid out anew before the next frame
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    try:
        beyond = race.root.evaluate("""e => {
          const right = e.getBoundingClientRect().right + 1;
          return [...e.querySelectorAll('*')].filter((c) => !c.closest('.numbers, .heard')
            && c.getBoundingClientRect().right > right).map((c) => c.outerHTML.slice(0, 80));
        }""")
        assert beyond == []
        sizes = race.root.evaluate(
            "e => [...e.querySelectorAll('.panels canvas')].map((c) => [c.width, c.height])"
        )
        assert all(w > 200 and h > 150 for w, h in sizes), sizes
    finally:
        race.root.evaluate("e => e.removeAttribute('style')")


def test_a_lost_kernel_is_said(lab, page):
    notebook(lab.folder / "lost.ipynb", FULL)
    open_in_lab(lab, page, "lost.ipynb")
    race = Explorer(page)
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    race.press(race.root.locator(".map"), "ArrowRight")
    page.wait_for_function("e => /kernel/.test(e.dataset.note)", arg=race.root.element_handle())
    before = race.data["heads"]
    race.press(race.label("rate η"), "ArrowRight")  # what is there still moves
    assert race.data["heads"] != before
