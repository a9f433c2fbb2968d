"""The race explorer in a real browser: every control, by keyboard and by mouse.

The explorer writes what it has drawn into data attributes; the tests compare those.
"""

import functools
import json
import random
import re

import numpy as np
import pytest

from browser.driving import BEYOND, Explorer, leave, notebook, open_in_lab, watched
from lessons_lib import OPTIMIZERS, SURFACES
from lessons_lib.race import turned

pytestmark = pytest.mark.browser

NAMES = [cls.__name__ for cls in OPTIMIZERS.values()]
FULL = (
    "from lessons_lib.explorers import race\n"
    "race('what happens?', optimizers=['SGD', 'AdaGrad', 'RMSprop'], rate=0.1, steps=40)"
)


def run(line):
    """The paths that a copied line makes, in a fresh session of Python."""
    names = {}
    exec(line, names)
    return names["paths"]


OUTPUTS = """() => jupyterapp.shell.currentWidget.content.widgets.map(
  (cell) => cell.model.outputs.toJSON().map((output) => output.name || output.output_type))"""


@pytest.fixture(scope="module")
def live(context, lab):
    """A race with every control, in a running JupyterLab; opened once, reset for each test."""
    notebook(lab.folder / "full.ipynb", FULL, "1 + 1")
    page = watched(context.new_page())
    open_in_lab(lab, page, "full.ipynb")
    yield Explorer(page)
    leave(page)


@pytest.fixture
def race(live):
    live.reset()
    yield live
    assert live.page.watch.found == []


# Each control but the optimizers: keys that change it, and what is then drawn anew.
KEYS = {
    "rate η": ("ArrowRight", "heads"),
    "step": ("ArrowLeft", "heads"),
    "surface": ("ArrowDown", "heads"),
    "rates": ("ArrowDown", "heads"),
    "momentum μ": ("End", "heads"),
    "memory ρ": ("ArrowDown", "heads"),
    "β₁": ("End", "heads"),
    "β₂": ("End", "heads"),
    "ε": ("End", "heads"),
    "turn by": ("ArrowRight", "heads"),
    "noise": ("ArrowRight", "heads"),
    "seed": ("ArrowUp", "heads"),
    "steps": ("ArrowUp", "heads"),
    "start x": ("ArrowUp", "heads"),
    "start y": ("ArrowDown", "heads"),
    "squares and arrows": ("Space", "squares"),
    "Play": ("Enter", "step"),
    "−1": ("Space", "step"),
    "+1": ("Enter", "step"),
    "Pin": ("Space", "pins"),
    "Reset": ("Enter", "heads"),
    "Copy": ("Space", "status"),
}
CONTROLS = """e => [...e.querySelectorAll("button, input, select")].map(
  (c) => c.ariaLabel?.split(":")[0] || c.closest("label").textContent)"""


def prepare(race, label):
    """What must be there before a control has something to do; the control itself."""
    if label in ("momentum μ", "β₁", "β₂"):
        race.changes(lambda: race.label("Adam").check(), "names")
        race.changes(lambda: race.label("Momentum").check(), "names")
    if label == "seed":
        race.changes(lambda: race.press(race.label("noise"), "End"))
    control = race.label(label)
    if not control.count():
        race.press(race.label("step"), "Home", "ArrowRight", "ArrowRight")
        control = race.button(label)
    return control


def operate(race, act, key):
    """Use a control, and see the drawing change."""
    if key == "status":
        status = race.root.get_by_role("status")
        act()
        race.page.wait_for_function("e => e.textContent !== ''", arg=status.element_handle())
        assert status.inner_text() in ("Copied.", "Selected: press Ctrl+C.")
    else:
        _, after = race.changes(act, key)
        assert after["note"] == ""


def test_every_control_is_operated(race):
    assert sorted(race.root.evaluate(CONTROLS)) == sorted([*KEYS, *NAMES])


@pytest.mark.parametrize("label", KEYS)
def test_each_control_by_keyboard(race, label):
    control, (keys, key) = prepare(race, label), KEYS[label]
    operate(race, lambda: race.press(control, keys), key)


@pytest.mark.parametrize("label", KEYS)
def test_each_control_by_mouse(race, label):
    control, (keys, key) = prepare(race, label), KEYS[label]
    kind = control.evaluate("e => e.type")
    across = {"number": 0.86, "range": 0.3}.get(kind, 0.5)  # an arrow; another place

    def act():
        race.click(control, across, 0.7 if keys == "ArrowDown" else 0.3)
        if kind == "select-one":  # its list is the system's, of which a page knows nothing
            race.page.keyboard.press(keys)
            race.page.keyboard.press("Enter")

    operate(race, act, key)


@pytest.mark.parametrize("way", ["keyboard", "mouse"])
def test_each_optimizer(race, way):
    for name in NAMES:
        keys = [race.press, race.label(name), "Space"]
        use = functools.partial(*(keys if way == "keyboard" else [race.click, race.label(name)]))
        before, after = race.changes(use, "names")
        names = [set(drawn["names"].split(",")) - {""} for drawn in (before, after)]
        assert names[0] ^ names[1] == {name}


def test_other_hyper_parameters(race):
    """They are there for methods that have them."""
    assert not race.label("β₁").is_visible()
    race.changes(lambda: race.label("Adam").check(), "names")
    race.changes(lambda: race.label("Momentum").check(), "names")
    for label in ("β₁", "β₂", "momentum μ"):
        race.changes(lambda label=label: race.press(race.label(label), "End"))
    assert race.root.locator("code").inner_text().count("momentum=0.99") == 2


def test_the_rate_never_asks_the_kernel(race):
    before, after = race.changes(lambda: race.press(race.label("rate η"), "Home"))
    assert float(after["rate"]) == 1e-4
    assert after["request"] == before["request"]
    _, after = race.changes(lambda: race.press(race.label("rate η"), "End"))
    assert float(after["rate"]) == 10


def test_the_rate_by_mouse(race):
    _, after = race.changes(lambda: race.click(race.label("rate η"), 0.5))
    assert 0.02 < float(after["rate"]) < 0.05


def test_each_its_best(race):
    race.changes(lambda: race.label("rates").select_option("each its best"))
    assert race.label("rate η").is_disabled()
    assert len(set(re.findall(r"lr=([\d.]+)", race.root.locator("code").inner_text()))) == 3


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


# A surface is chosen, and a start in the same task of the browser: no answer comes between.
QUICK = """([root, way]) => {
  const choice = root.querySelector("select"), map = root.querySelector(".map");
  choice.value = JSON.stringify("rosenbrock");
  choice.dispatchEvent(new Event("change"));
  if (way === "keys") {
    map.focus();
    for (const key of ["ArrowRight", "ArrowRight", "ArrowUp"])
      map.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
  } else if (way === "number") {
    const input = root.querySelector("[aria-label='start x']");
    input.value = "-1";
    input.dispatchEvent(new Event("change"));
  } else {
    const {left, top, width} = map.getBoundingClientRect();
    map.setPointerCapture = () => {}; // no real pointer is down
    const at = {clientX: left + 0.4 * width, clientY: top + 120};
    map.dispatchEvent(new PointerEvent("pointerdown", at));
    delete map.setPointerCapture;
  }
}"""


@pytest.mark.parametrize("way", ["keys", "number", "click"])
def test_a_start_for_a_surface_that_is_on_its_way(race, way):
    """Input that is quicker than the kernel is meant for the surface just chosen."""
    surface = SURFACES["rosenbrock"]
    (x0, x1), (y0, y1) = surface.view
    x, y = surface.start
    meant = [x + 2 * 0.02 * (x1 - x0), y + 0.02 * (y1 - y0)] if way == "keys" else [-1, y]
    if way == "click":  # what a click says that waits for the surface
        race.changes(lambda: race.label("surface").select_option("rosenbrock"))
        canvas = race.root.locator(".map")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        at = box["x"] + 0.4 * box["width"], box["y"] + 120
        _, after = race.changes(lambda: race.page.mouse.click(*at), "start")
        meant = json.loads(after["start"])
        race.reset()
    _, now = race.changes(lambda: race.page.evaluate(QUICK, [race.root.element_handle(), way]))
    assert json.loads(now["start"]) == pytest.approx(meant, abs=0.01)
    assert now["note"] == "" and 'SURFACES["rosenbrock"]' in race.root.locator("code").inner_text()


def test_a_click_counts_more_than_what_was_typed_before_it(race):
    race.label("start x").fill("0.5")  # and no Tab or Enter: the field is left by the click
    race.click(race.root.locator(".map"), 0.3)
    race.page.wait_for_function(
        "e => JSON.parse(e.dataset.start)[0] < 0", arg=race.root.element_handle()
    )
    race.settle()
    x, y = json.loads(race.data["start"])
    assert -2 < x < 0 and y != 1.2
    assert float(race.label("start x").input_value()) == pytest.approx(x)


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


def test_the_squares_have_the_areas_of_the_sums(race):
    for _ in range(2):
        scales = {}
        for keys in (["Home", *["ArrowRight"] * 3], ["End"]):
            race.press(race.label("step"), *keys)
            drawn = race.data
            line = race.root.locator("code").inner_text()
            squares = json.loads(drawn["squares"])
            assert [name for name, *_ in squares] == ["AdaGrad", "RMSprop"]  # SGD has no memory
            for (name, *side), path in zip(squares, run(line)[1:], strict=True):
                root = np.sqrt(path.state.get("G", path.state.get("v"))[int(drawn["step"])])
                scale = scales.setdefault(name, side[1] / root[1])  # the same at each step
                np.testing.assert_allclose(side, scale * root, rtol=5e-3, atol=0.02)
        assert min(scales.values()) > 0
        race.changes(lambda: race.press(race.label("turn by"), "ArrowRight"))


def test_the_arrows_are_the_gradient_and_the_step(race):
    race.press(race.label("step"), "Home")
    assert race.data["arrows"] == "[]"  # no step has been taken
    scales, tips = [], {}
    for _ in range(3):
        race.press(race.label("step"), "ArrowRight")
        drawn, drew = race.data, set()
        paths = run(race.root.locator("code").inner_text())
        t, paths = int(drawn["step"]), dict(zip(drawn["names"].split(","), paths, strict=True))
        for name, kind, *places in json.loads(drawn["arrows"]):
            tail, way = np.array(places).reshape(2, 2)
            drew.add((name, kind))
            if name in tips:  # each begins where the last step ended
                np.testing.assert_allclose(tail, tips[name], atol=0.1)
            if kind == "step":
                made = np.diff(paths[name].x, axis=0)[t - 1] * [1, -1]  # on a screen y grows down
                tips[name] = tail + way
                scales.append(np.hypot(*way) / np.hypot(*made))
                np.testing.assert_allclose(way, scales[-1] * made, atol=0.1)
            else:
                uphill = SURFACES["valley"].grad(paths[name].x[t - 1]) * [1, -1]
                toward = -uphill / np.hypot(*uphill)
                np.testing.assert_allclose(way / np.hypot(*way), toward, atol=0.01)
        for name in ("AdaGrad", "RMSprop"):
            assert {(name, "gradient"), (name, "step")} <= drew
    np.testing.assert_allclose(scales, scales[0], rtol=1e-2)
    assert scales[0] > 20  # pixels for 1


def test_squares_and_arrows_can_be_left_out(race):
    race.press(race.label("step"), "Home", *["ArrowRight"] * 5)
    with_them = race.pixels(".map")
    race.changes(lambda: race.click(race.label("squares and arrows")), "squares")
    assert race.data["squares"] == race.data["arrows"] == "[]"
    assert (race.pixels(".map") == with_them) is False
    race.changes(lambda: race.click(race.label("squares and arrows")), "squares")
    assert race.pixels(".map") == with_them


def test_pin_and_compare(race):
    race.button("Pin").press("Enter")
    assert race.data["pinned"] == "3"
    before, after = race.changes(lambda: race.press(race.label("rate η"), *["ArrowRight"] * 6))
    assert after["pinned"] == "3"
    assert after["pins"] == before["heads"] != after["heads"]  # both are there
    text = race.root.locator(".pinned").inner_text()
    assert "η = 0.1:" in text and "AdaGrad" in text
    both = [race.pixels(".map"), race.pixels(".loss")]
    race.button("Unpin").click()
    assert race.data["pinned"] == "0" and race.data["pins"] == "[]"
    one = [race.pixels(".map"), race.pixels(".loss")]
    assert [a == b for a, b in zip(one, both, strict=True)] == [False, False]


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


def test_reset_after_a_race_with_fewer_rates(race):
    """A long race of many, about another rate, has not the first one; Reset finds it again."""
    first = race.data
    race.changes(lambda: race.press(race.label("rate η"), "ArrowRight"))
    for name in NAMES:
        race.label(name).set_checked(True)
        race.settle()
    race.label("steps").fill("1000")
    _, after = race.changes(lambda: race.page.keyboard.press("Tab"), "steps")
    assert "one rate in" in after["note"]
    race.changes(race.button("Reset").click)
    assert (race.data["rate"], race.data["heads"]) == (first["rate"], first["heads"])


def test_the_sentence_is_heard(race):
    race.press(race.label("rate η"), "End")
    heard = race.root.locator("[aria-live=polite]")
    race.page.wait_for_function(
        "e => e.textContent.includes('η = 10: SGD ')", arg=heard.element_handle()
    )


def test_keys_stay_inside(race):
    """Letters would delete cells in JupyterLab, arrows would leave."""
    cells = """jupyterapp.shell.currentWidget.content.widgets.map(
      (cell) => [cell.model.type, cell.model.sharedModel.source])"""
    before = race.page.evaluate(cells)
    assert len(before) == 2
    for key in ("d", "d", "ArrowDown", "a", "b", "x", "v", "m", "Enter"):
        race.press(race.root.locator(".map"), key)
        assert race.page.evaluate(cells) == before, key
        assert race.root.locator(".map").evaluate("e => e === document.activeElement"), key


def test_keys_stay_inside_the_plain_explorers_too(page, lab):
    notebook(
        lab.folder / "plain.ipynb",
        "from lessons_lib.explorers import first_step\nfirst_step()",
        "1",
    )
    open_in_lab(lab, page, "plain.ipynb")
    cells = """jupyterapp.shell.currentWidget.content.widgets.map(
      (cell) => [cell.model.type, cell.model.sharedModel.source])"""
    before, lists = page.evaluate(cells), page.locator(".widget-vbox select")
    for control in [lists.first, page.get_by_role("button", name="Reset"), lists.last]:
        control.focus()
        for key in ("d", "d", "ArrowDown", "r", "m", "x", "0"):
            page.keyboard.press(key)
            assert control.evaluate("e => e === document.activeElement"), key
    assert page.evaluate(cells) == before
    page.keyboard.press("Shift+Enter")  # which is the notebook's: to the next cell
    page.wait_for_function("jupyterapp.shell.currentWidget.content.activeCellIndex === 1")


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


def test_what_is_no_number_is_said(race):
    before = race.data
    race.press(race.label("seed"), "Control+a", "-", "Tab")
    race.page.wait_for_function(
        "e => e.dataset.note.includes('seed must be')", arg=race.root.element_handle()
    )
    assert race.data["request"] == before["request"]
    race.label("seed").fill("3")
    race.page.keyboard.press("Tab")
    race.page.wait_for_function("e => e.dataset.note === ''", arg=race.root.element_handle())
    race.press(race.label("seed"), "Control+a", "-", "Tab")
    assert "seed must be" in race.data["note"]
    race.reset()  # takes it back
    assert race.data["note"] == "" and race.label("seed").input_value() == "0"


def test_no_optimizer(race):
    for name in ("SGD", "AdaGrad", "RMSprop"):
        race.changes(lambda name=name: race.label(name).uncheck(), "names")
    assert "No optimizer is chosen." in race.root.inner_text()


@pytest.mark.parametrize("rates", ["one for all", "each its best"])
def test_what_is_drawn_is_what_the_line_computes(race, rates):
    """Random settings: the heads at some steps against `descend`, from the line on screen."""
    choose, compared = random.Random(rates), 0
    for _ in range(6):
        race.reset()
        name, angle = choose.choice(list(SURFACES)), choose.choice([0, 0, 2, -1])
        race.label("surface").select_option(name)
        for method in choose.sample(NAMES, 2):
            race.label(method).set_checked(True)
        for label, least in (("turn by", angle), ("noise", choose.randrange(3))):
            race.press(
                race.label(label), *["ArrowRight" if least > 0 else "ArrowLeft"] * abs(least)
            )
        race.press(race.root.locator(".map"), *["ArrowRight", "ArrowDown"] * choose.randrange(3))
        race.press(race.label("rate η"), *["ArrowLeft"] * choose.randrange(12))
        for label in ("steps", "seed"):
            race.press(race.label(label), *["ArrowUp"] * choose.randrange(3))
        race.settle()
        for label, value in (("memory ρ", "0.95"), ("ε", "0.01"), ("β₂", "0.9")):
            if choose.random() < 0.5 and race.label(label).is_visible():
                race.label(label).select_option(value)
        race.label("rates").select_option(rates)
        race.settle()
        ground = turned(name, angle)
        low, high = np.array(ground.view).T
        floor = np.min(ground(ground.minima)) if len(ground.minima) else 0.0
        line = race.root.locator("code").inner_text()
        assert race.data["note"] == ""
        for keys in ([], ["ArrowLeft"] * choose.randrange(1, 9), ["Home"]):
            race.press(race.label("step"), *keys)
            drawn = race.data
            t, heads = int(drawn["step"]), json.loads(drawn["heads"])
            for path, head in zip(run(line), heads, strict=True):
                x, loss = path.x[t], path.loss[t] - floor
                if np.all(np.abs(x - (low + high) / 2) < high - low):  # what is sent exactly
                    assert np.all(np.abs(head[:2] - x) < 3e-5 * (high - low)), (line, t)
                    assert head[2] == pytest.approx(loss, rel=5e-3, abs=1e-9), (line, t)
                    compared += 1
    assert compared > 30


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
    corner = "e => [...e.getContext('2d').getImageData(3, 3, 1, 1).data]"
    paper = {"light": [255, 255, 255, 255], "dark": [24, 26, 29, 255]}[theme]
    for panel in (".map", ".loss"):
        assert race.root.locator(panel).evaluate(corner) == paper
    found = Axe().run(race.page, context=".race")
    wear("JupyterLab Light")
    assert found.violations_count == 0, found.generate_report()


def test_fits_into_a_narrow_column(race):
    race.root.evaluate("e => Object.assign(e.style, {width: '360px'})")
    race.page.evaluate(  # the panels are laid out anew before the next frame
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    beyond = race.root.evaluate(BEYOND)
    race.root.evaluate("e => e.removeAttribute('style')")
    assert beyond == []


WRONG = [
    ("surface='vally'", "unknown surface 'vally'"),
    ("optimizers=['SGD', 'Adma']", "unknown optimizer 'adma'"),
    ("start=(float('nan'), 0)", "start must be finite"),
]


@pytest.fixture(scope="module")
def doomed(context, lab):
    """A page with three wrong races and a right one; the last test stops its kernel."""
    start = "from lessons_lib.explorers import race\n"
    notebook(lab.folder / "doomed.ipynb", *(f"{start}race('?', {text})" for text, _ in WRONG), FULL)
    page = watched(context.new_page())
    open_in_lab(lab, page, "doomed.ipynb")
    yield page
    leave(page)


def test_wrong_from_the_first_is_said_and_can_be_mended(doomed):
    for i, (_, words) in enumerate(WRONG):
        race = Explorer(doomed, i)
        assert race.data["state"] == "error"
        assert words in race.root.locator(".note").inner_text()
    assert doomed.evaluate(OUTPUTS) == [["execute_result"]] * 4  # and nothing on stderr
    race = Explorer(doomed)
    race.changes(lambda: race.label("surface").select_option("booth"))
    assert race.data["note"] == "" and "on booth" in race.root.locator(".sentence").inner_text()
    assert doomed.watch.found == []


def test_a_lost_kernel_is_said(doomed):
    page, race = doomed, Explorer(doomed, len(WRONG))
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    race.press(race.root.locator(".map"), "ArrowRight")
    page.wait_for_function("e => /kernel/.test(e.dataset.note)", arg=race.root.element_handle())
    before = race.data
    race.label("rates").select_option("each its best")  # nobody is there to find it
    assert "η = 0.1:" in race.root.locator(".sentence").inner_text()
    race.press(race.label("rate η"), "ArrowRight")  # what is there still moves
    assert race.data["heads"] != before["heads"] and race.data["rate"] != before["rate"]
    race.label("surface").select_option("booth")
    race.button("Reset").click()  # what is set is what is seen
    assert race.label("surface").evaluate("e => e.selectedOptions[0].text") == "valley"
    assert "on valley" in race.root.locator(".sentence").inner_text()
