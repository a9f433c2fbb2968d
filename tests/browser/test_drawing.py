"""What the race's pen does: lines, arrows, squares and colours where the axes say they are.

A page's canvas tells nothing of what was drawn on it. So its pen is made to keep a record, and
the record is compared with the paths of `descend`, on the scale that the labels of the axes give.
"""

import numpy as np
import pytest

from browser.driving import Explorer, new_page
from browser.test_operating import run
from lessons_lib import OPTIMIZERS
from lessons_lib.explorers import race as explorer
from lessons_lib.plotting import contour_levels, style
from lessons_lib.race import pack_ground, turned

pytestmark = pytest.mark.browser

# What each canvas was drawn with since it was last painted over, by a canvas of its size.
RECORD = """(() => {
  const Pen = CanvasRenderingContext2D.prototype;
  const before = (owner, name, act) => {
    const own = owner[name];
    owner[name] = function (...given) { act.apply(this, given); return own.apply(this, given); };
  };
  for (const name of ["moveTo", "lineTo", "rect"])
    before(Path2D.prototype, name, function (...at) { (this.told ??= []).push([name, ...at]); });
  const note = (kind) => function (path) {
    if (path?.told) (this.canvas.told ??= []).push({ kind, ops: path.told, width: this.lineWidth,
      colour: kind === "fill" ? this.fillStyle : this.strokeStyle, alpha: this.globalAlpha,
      dashed: this.getLineDash().length > 0 });
  };
  before(Pen, "stroke", note("stroke"));
  before(Pen, "fill", note("fill"));
  before(Pen, "fillText", function (text, x, y) {
    (this.canvas.told ??= []).push({ kind: "text", text, at: [x, y], align: this.textAlign,
      colour: this.fillStyle, wide: this.measureText(text).width });
  });
  before(Pen, "fillRect", function (x, y, w) {
    if (w * devicePixelRatio >= this.canvas.width - 1) this.canvas.told = [];
  });
  before(Pen, "drawImage", function (image) {
    if (image.width !== this.canvas.width || image.height !== this.canvas.height) return;
    this.canvas.told = [];
    this.canvas.below = image.told || [];
  });
})()"""
TOLD = "e => [e.below.filter(({kind}) => kind === 'text'), e.told]"
COLOURS = """(e, places) => places.map(([x, y]) => "#" + [...e.getContext("2d").getImageData(
  Math.round(x * devicePixelRatio), Math.round(y * devicePixelRatio), 1, 1).data].slice(0, 3)
  .map((v) => v.toString(16).padStart(2, "0")).join(""))"""

FIVE = ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"]
RACES = {
    "valley": dict(surface="valley", optimizers=["SGD", "AdaGrad", "RMSprop"], rate=0.05, steps=40),
    "rosenbrock": dict(surface="rosenbrock", optimizers=FIVE, rate=0.001, steps=300),
    "turned, with noise": dict(surface="booth", angle=30, optimizers=FIVE, rate=0.05, noise=1),
    "without a minimum": dict(surface="saddle", optimizers=["SGD", "Adam"], rate=0.1, steps=12),
    "diverging": dict(surface="rosenbrock", optimizers=["SGD", "Adam"], rate=0.1, steps=50),
}


@pytest.fixture(scope="module")
def context(browser):
    context, page = new_page(browser)
    page.close()
    context.add_init_script(RECORD)
    yield context
    context.close()


@pytest.fixture(params=RACES)
def drawn(context, tmp_path, request):
    """A race on a page without a kernel, and its surface."""
    settings = RACES[request.param]
    html = explorer("what is drawn?", **settings)._repr_mimebundle_()[0]["text/html"]
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{html}")
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    yield Explorer(page), turned(settings["surface"], settings.get("angle", 0)), settings
    page.close()


RAISED = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")


def scale(labels, align, log=False):
    """The function from a value to its place in pixels that the labels of an axis tell."""
    known = []
    for label in labels:
        if label["align"] != align or label["text"][-1] not in "0123456789⁰¹²³⁴⁵⁶⁷⁸⁹":
            continue  # another axis, or a name
        text = label["text"].strip("≤≥")
        value = float((text[2:] if log else text).translate(RAISED) or 0)  # "1" is 10 to the 0
        known.append((value, label["at"][align == "right"]))
    (v0, p0), (v1, p1) = known[0], known[-1]
    assert len(known) > 2 and (v0 < v1) == (p0 > p1 if align == "right" else p0 < p1)
    for value, place in known:
        assert place == pytest.approx(p0 + (value - v0) * (p1 - p0) / (v1 - v0), abs=0.01)
    return lambda v: p0 + (np.asarray(v) - v0) * (p1 - p0) / (v1 - v0)


def map_of(race):
    """The map's x and y, and what was drawn on it."""
    labels, told = race.root.locator(".map").evaluate(TOLD)
    return scale(labels, "center"), scale(labels, "right"), told


def strokes(told, width):
    lines = [each for each in told if each["kind"] == "stroke"]
    return [each for each in lines if each["width"] == pytest.approx(width)]


def points(stroke):
    return np.array([at for _, *at in stroke["ops"]])


def agree(stroke, expected):
    """A line goes along all expected points, and through none but them."""
    line = points(stroke)
    assert [name for name, *_ in stroke["ops"]] == ["moveTo"] + ["lineTo"] * (len(line) - 1)
    far = np.abs(line[:, None] - expected).sum(axis=2)
    assert far.min(axis=0).max() < 1.8  # it leaves out only what is next to one of its points
    np.testing.assert_allclose(line[[0, -1]], expected[[0, -1]], atol=0.2)
    t = 0
    for each in far:  # its points are the path's, in their order
        near = np.flatnonzero(each[t:] < 0.2)
        assert len(near)
        t += near[0]


def step_to(race, t):
    """Move to a step."""
    race.press(race.label("step"), "Home", *["ArrowRight"] * t)
    assert race.data["step"] == str(t)


def sent(path, surface, x, y):
    """A path in pixels: what lies far from the map is sent as if it lay at half its width."""
    sides = np.array(surface.view)
    low, high = 1.5 * sides[:, 0] - 0.5 * sides[:, 1], 1.5 * sides[:, 1] - 0.5 * sides[:, 0]
    px, py = np.clip(path.x, low, high).T
    return np.stack([x(px), y(py)], axis=-1)


def test_paths(drawn):
    """Each path up to the step, on the map; all of each loss curve, beside it."""
    race, surface, settings = drawn
    paths = run(race.root.locator("code").inner_text())
    looks = [style(name) for name in settings["optimizers"]]
    colours, dashed = [look.colour for look in looks], [look.dash != "-" for look in looks]
    for t in (settings.get("steps", 100), 7):  # all of it is seen at first
        if t == 7:
            step_to(race, t)
        x, y, told = map_of(race)
        lines = strokes(told, 2.2)[: len(paths)]
        assert [line["colour"] for line in lines] == colours
        assert [line["dashed"] for line in lines] == dashed
        for line, path in zip(lines, paths, strict=True):
            agree(line, sent(path, surface, x, y)[: t + 1])

    log = len(surface.minima) > 0
    labels, told = race.root.locator(".loss").evaluate(TOLD)
    x, y = scale(labels, "center"), scale(labels, "right", log)
    floor = np.min(surface(surface.minima)) if log else 0.0
    top, bottom = sorted(label["at"][1] for label in labels if label["text"][0] in "≤≥")
    lines = strokes(told, 2.2)
    assert [line["colour"] for line in lines] == colours
    for line, path in zip(lines, paths, strict=True):
        last = len(path.loss) - 1 if path.diverged_at is None else path.diverged_at - 1
        loss = np.maximum(path.loss[: last + 1] - floor, 1e-12) if log else path.loss[: last + 1]
        heights = np.clip(y(np.log10(loss) if log else loss), top, bottom)
        agree(line, np.stack([x(np.arange(last + 1)), heights], axis=-1))


def test_arrows_and_squares(drawn):
    """The step taken, the gradient's opposite, and the squares over Σg² or v."""
    race, surface, settings = drawn
    paths = run(race.root.locator("code").inner_text())
    scales = {}
    for t in (1, 3):
        step_to(race, t)
        x, y, told = map_of(race)
        heads = [sent(path, surface, x, y) for path in paths]
        shafts = [each for each in strokes(told, 2.2)[len(paths) :] if len(each["ops"]) == 2]
        taken = [shaft for shaft in shafts if not shaft["dashed"]]
        for shaft in shafts:
            tail, tip = points(shaft)
            from_here = [k for k, px in enumerate(heads) if np.hypot(*(px[t - 1] - tail)) < 0.2]
            if shaft in taken:
                ends = {style(settings["optimizers"][k]).colour: heads[k][t] for k in from_here}
                assert np.hypot(*(ends[shaft["colour"]] - tip)) < 0.2
                continue
            assert np.hypot(*(tip - tail)) == pytest.approx(34)
            if not settings.get("noise"):
                downhill = -surface.grad(paths[from_here[0]].x[t - 1]) * [x(1) - x(0), y(1) - y(0)]
                np.testing.assert_allclose(
                    (tip - tail) / 34, downhill / np.hypot(*downhill), atol=0.01
                )
        (x0, x1), (y0, y1) = surface.view
        long = [
            np.hypot(*np.diff(px, axis=0)[t - 1])
            for px, (u, v) in zip(heads, (path.x[t - 1] for path in paths), strict=True)
            if x0 <= u <= x1 and y0 <= v <= y1
        ]
        assert len(long) == len(shafts) - len(taken)
        assert sum(size > 3.3 for size in long) <= len(taken) <= sum(size > 2.7 for size in long)

        squares = strokes(told, 1.6)
        for square in squares:
            k = [style(name).colour for name in settings["optimizers"]].index(square["colour"])
            memory = paths[k].state.get("G", paths[k].state.get("v"))[t]
            (_, x0, y0, a, tall), (_, x1, y1, b, high) = square["ops"]
            assert (a, b) == (tall, high)
            root, unit = np.sqrt(memory), scales.setdefault(k, b / np.sqrt(memory[1]))
            np.testing.assert_allclose([a, b], unit * root, rtol=5e-3, atol=0.02)
            middle = [[x0 - 10, y0 + a / 2], [x1 + b / 2, y1 + b + 10]]
            np.testing.assert_allclose(middle, [heads[k][t]] * 2, atol=0.2)
            largest = paths[k].state.get("G", paths[k].state.get("v")).max()
            assert unit * np.sqrt(largest) == pytest.approx(42, rel=5e-3)
    assert bool(scales) == any(name not in ("SGD", "Momentum") for name in settings["optimizers"])


def light(colour):
    """Relative luminance, as the Web Content Accessibility Guidelines 2.2 define it."""
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("paper", ["#ffffff", "#181a1d"])
def test_names_can_be_read(context, tmp_path, paper):
    """The contrast of all that is written on the panels is at least 4.5, as small letters want."""
    html = explorer("?", optimizers=[*OPTIMIZERS], steps=9)._repr_mimebundle_()[0]["text/html"]
    ink = "#222" if paper == "#ffffff" else "#eee"
    (tmp_path / "page.html").write_text(f"<style>.race {{color: {ink} !important}}</style>{html}")
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    told = [
        text
        for panel in (".map", ".loss")
        for part in Explorer(page).root.locator(panel).evaluate(TOLD)
        for text in part
        if text["kind"] == "text"
    ]
    assert {cls.__name__ for cls in OPTIMIZERS.values()} <= {text["text"] for text in told}
    for text in told:
        bright, dark = sorted([light(text["colour"]), light(paper)], reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, text
    page.close()


def test_labels_of_large_numbers_have_room(context, tmp_path):
    """Left of the axis, and not over its name, which ends 16 pixels from the edge."""
    html = explorer("?", surface="saddle", start=(40, 30))._repr_mimebundle_()[0]["text/html"]
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{html}")
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    labels, _ = Explorer(page).root.locator(".loss").evaluate(TOLD)
    texts = {
        text["text"]: text["at"][0] - text["wide"] for text in labels if text["align"] == "right"
    }
    assert "≤−15000" in texts and min(texts.values()) >= 16
    page.close()


def colours_at(race, places):
    return race.root.locator(".map").evaluate(COLOURS, np.asarray(places).tolist())


def far(place, others):
    """Whether nothing that was drawn at the others covers a place, in pixels."""
    return all(np.hypot(*(np.asarray(place) - other)) > 18 for other in others)


def test_the_ground_is_the_surface(drawn):
    """Between contours, the colour on the screen is that of the height."""
    race, surface, settings = drawn
    race.root.get_by_label("squares and arrows").uncheck()
    race.press(race.label("step"), "Home")
    x, y, _ = map_of(race)
    covered = [[x(u), y(v)] for u, v in (surface.start, *surface.minima)]
    grid = np.meshgrid(*(np.linspace(*side, 121) for side in surface.view))
    levels = contour_levels(surface(np.stack(grid, axis=-1)))
    bands, _ = pack_ground(settings["surface"], settings.get("angle", 0))
    places, meant = [], []
    for u, v in np.random.default_rng(0).uniform(*(np.array(surface.view).T * 0.98), (400, 2)):
        near = 4 / (x(1) - x(0))  # of pixels
        around = [(u + a, v + b) for a in (-near, near) for b in (-near, near)]
        (band, *others) = set(np.searchsorted(levels, surface(np.array(around))).tolist())
        if not others and far((x(u), y(v)), covered):
            places.append((x(u), y(v)))
            meant.append(bands[band])
    assert len(places) > 60 and len(set(meant)) > 4
    assert colours_at(race, places) == meant


def test_heads_wear_their_colours(drawn):
    race, surface, settings = drawn
    x, y, _ = map_of(race)
    paths = run(race.root.locator("code").inner_text())
    start, heads = sent(paths[0], surface, x, y)[0], [sent(p, surface, x, y)[-1] for p in paths]
    low, high = np.sort([[x(u), y(v)] for u, v in zip(*surface.view, strict=True)], axis=0)
    race.root.get_by_label("squares and arrows").uncheck()
    seen, compared = colours_at(race, heads), 0
    for k, head in enumerate(heads):
        if np.all((low < head) & (head < high)) and far(head, [start, *heads[k + 1 :]]):
            assert seen[k] == style(settings["optimizers"][k]).colour
            compared += 1
    assert compared
