"""The race explorer against what it replaces: `interact` (in a browser) and `to_jshtml`."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from measuring import Contest, Row, asked

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tools")]

FIVE = "['SGD', 'Momentum', 'AdaGrad', 'RMSprop', 'Adam']"
RACE = (
    "from lessons_lib.explorers import race\n"
    f"race(optimizers={FIVE}, surface='rosenbrock', rate=0.001, steps=300)"
)
# The usual way, with the same five paths of 300 steps.
INTERACT = f"""
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import FloatLogSlider, interact
from lessons_lib import OPTIMIZERS, SURFACES, descend

ground = SURFACES['rosenbrock']
x, y = (np.linspace(*side, 121) for side in ground.view)
z = ground(np.stack(np.meshgrid(x, y), axis=-1))

@interact(rate=FloatLogSlider(value=0.001, min=-4, max=1, step=0.1))
def draw(rate):
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.8, 4.3))
    left.contourf(x, y, z, levels=np.unique(np.quantile(z, np.linspace(0, 1, 15) ** 1.7)))
    for name in {FIVE}:
        path = descend(ground, OPTIMIZERS[name.lower()](lr=rate), ground.start, 300)
        left.plot(*np.clip(path.x, -9, 9).T, label=name)
        right.semilogy(np.clip(path.loss, 1e-9, 1e9), label=name)
    left.set(xlim=ground.view[0], ylim=ground.view[1])
    right.legend()
    plt.show()
"""
IN_BROWSER = ("drawn", "drawn late", "painted", "at once", "at once late", "clicked", "interact")
NO_CLOCK = ["--disable-frame-rate-limit", "--disable-gpu-vsync"]
# From the event to the frame that shows its drawing: the task after the next frame's painting.
PAINTED = """(began, done) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => done(performance.now() - began);
  channel.port2.postMessage(0);
})"""
WATCH_SLIDER = f"""root => {{
  window.times = []; window.drawn = [];
  let began = 0;
  window.addEventListener('keydown', (event) => (began = event.timeStamp), true);
  root.addEventListener('input', () => {{
    window.drawn.push(performance.now() - began);
    ({PAINTED})(began, (ms) => window.times.push(ms));
  }});
}}"""
WATCH_CLICK = f"""root => {{
  window.times = [];
  let began = 0, seen = root.dataset.request;
  root.addEventListener('pointerdown', (event) => (began = event.timeStamp), true);
  new MutationObserver(() => {{
    const {{ request }} = root.dataset; // of the race that is drawn
    if (request !== seen) ({PAINTED})(began, (ms) => window.times.push(ms));
    seen = request;
  }}).observe(root, {{attributes: true, attributeFilter: ['data-request']}});
}}"""
WATCH_INTERACT = f"""() => {{
  window.times = [];
  let began = 0;
  window.addEventListener('keydown', (event) => (began = event.timeStamp), true);
  new MutationObserver((records) => {{
    for (const node of records.flatMap((r) => [...r.addedNodes])) {{
      const image = node.querySelector?.('img');
      if (image && began) image.decode().then(
        () => ({PAINTED})(began, (ms) => window.times.push(ms)));
    }}
  }}).observe(document.querySelector('.jp-OutputArea'), {{childList: true, subtree: true}});
}}"""


def plan(frames: int = 60) -> dict[str, Row]:
    """Every row, by a short name, not yet measured."""
    wait = dict(unit=" ms", least=False)
    drawn = "slider → drawn, 5 optimizers × 300 steps"
    at_once = "slider → task after its frame, no screen's clock"
    moved = dict(against="the whole figure anew", bar=2)
    packed = dict(against="FuncAnimation.to_jshtml", bar=20)
    return {
        "drawn": Row(work=drawn, bar=8, **wait),
        "drawn late": Row(work=drawn + ", 95th percentile", bar=16.7, **wait),
        "painted": Row(work="slider → task after its frame", **wait),
        "at once": Row(work=at_once, bar=8, **wait),
        "at once late": Row(work=at_once + ", 95th percentile", bar=16.7, **wait),
        "clicked": Row(work="click → task after the new race's frame", bar=100, **wait),
        "interact": Row(
            work="slider → task after its frame", against="interact with a fresh figure", bar=10
        ),
        "made": Row(work=f"{frames} frames of a race, made", **packed),
        "bytes": Row(work=f"{frames} frames of a race, bytes", **packed),
        "message": Row(work="message of a race", bar=1000, stretch=400, unit=" kB", least=False),
        "parabola": Row(work="explorer parabola: slider → PNG, axes kept", **moved),
        "first_step": Row(work="explorer first_step: slider → PNG, axes kept", **moved),
    }


def late(times: list[float]) -> float:
    """95th percentile."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def press(page, keys: int, turn: int) -> None:
    """Press an arrow a few times, to the right in even turns and back in odd ones."""
    for i in range(keys):
        page.keyboard.press("ArrowLeft" if turn % 2 else "ArrowRight")
        page.wait_for_timeout(23 + 7 * (i % 5))


def ready(browser, lab):
    """A page with the race, its slider in focus, and every key timed."""
    from browser.driving import new_page, open_in_lab

    _, page = new_page(browser)
    open_in_lab(lab, page, "race.ipynb")
    page.locator(".race[data-state=ready]").wait_for()
    page.evaluate(WATCH_SLIDER, page.locator(".race").element_handle())
    page.get_by_label("rate η", exact=True).focus()
    return page


def slide_both(browser, lab, blocks: int, keys: int):
    """The page of the race; milliseconds of its slider, drawn and painted, and of `interact`'s.

    A block of keys here, a block there, so that both meet the same machine.
    """
    from browser.driving import leave, open_in_lab, watched

    page = ready(browser, lab)
    other = watched(page.context.new_page())
    open_in_lab(lab, other, "interact.ipynb")
    other.locator(".jp-OutputArea img").wait_for()
    other.evaluate(WATCH_INTERACT)
    other.locator(".noUi-handle").focus()
    for turn in range(blocks):
        page.bring_to_front()
        press(page, keys, turn)
        page.wait_for_function("n => window.times.length >= n", arg=keys * (turn + 1))
        other.bring_to_front()
        for _ in range(keys):
            count = other.evaluate("window.times.length")
            press(other, 1, turn)
            other.wait_for_function("n => window.times.length > n", arg=count)
            other.wait_for_timeout(100)
    usual = other.evaluate("window.times")
    leave(other)
    page.bring_to_front()
    return page, *page.evaluate("[window.drawn, window.times]"), usual


def click(page, repeats: int) -> list[float]:
    """Milliseconds from each click on the map to the new race."""
    root = page.locator(".race")
    page.evaluate(WATCH_CLICK, root.element_handle())
    box = root.locator(".map").bounding_box()
    for i in range(repeats):
        x, y = box["width"] * (0.3 + 0.015 * i), 60 + 7 * (i % 20)
        count = page.evaluate("window.times.length")
        page.mouse.click(box["x"] + x, box["y"] + y)
        page.wait_for_function("n => window.times.length > n", arg=count)
        page.locator(".race[data-state=ready]").wait_for()  # nobody clicks faster
    return page.evaluate("window.times")


def in_browser(browser, lab, blocks: int = 6, keys: int = 10) -> list[Row]:
    """Slider, click and `interact`, each from the event to the task after the frame it changes."""
    import nbformat

    import notebooks as tool  # tools/notebooks.py
    from browser.driving import launched, leave  # of tests/browser

    for name, source in (("race", RACE), ("interact", INTERACT)):
        cells = [nbformat.v4.new_code_cell(source)]
        node = nbformat.v4.new_notebook(cells=cells, metadata=tool.METADATA)
        nbformat.write(node, lab.folder / f"{name}.ipynb")
    page, drawn, painted, usual = slide_both(browser, lab, blocks, keys)
    clicks = click(page, blocks * keys // 2)
    leave(page)
    # Once more without the screen's clock, which makes each picture wait for its turn.
    unclocked = launched(browser.browser_type, *NO_CLOCK)
    try:
        page = ready(unclocked, lab)
        for turn in range(blocks):
            press(page, keys, turn)
        page.wait_for_function("n => window.times.length >= n", arg=blocks * keys)
        at_once = page.evaluate("window.times")
        leave(page)
    finally:
        unclocked.close()
    middles = f"{statistics.median(painted):.1f} ms, theirs {statistics.median(usual):.0f} ms"
    found = {
        "drawn": (drawn, ""),
        "drawn late": ([late(drawn)], ""),
        "painted": (painted, "the screen's own rhythm is 16.7 ms"),
        "at once": (at_once, ""),
        "at once late": ([late(at_once)], ""),
        "clicked": (clicks, ""),
        "interact": ([b / a for a, b in zip(painted, usual, strict=True)], middles),
    }
    rows = plan()
    return [
        replace(rows[key], figures=tuple(figures), note=note)
        for key, (figures, note) in found.items()
    ]


def animation(steps: int = 60, rounds: int = 3) -> list[Row]:
    """A race of 60 frames, made and packed, against `FuncAnimation.to_jshtml`."""
    import matplotlib.pyplot as plt
    from matplotlib.animation import FuncAnimation

    from lessons_lib import SURFACES
    from lessons_lib.explorers import race
    from lessons_lib.plotting import draw_map

    def ours() -> int:
        made = race(surface="valley", rate=0.1, steps=steps)
        sent = made.paths, made.shown, made.ground, json.dumps(made.header), made._esm, made._css
        return sum(map(len, sent))

    def usual() -> int:
        made = race(surface="valley", rate=0.1, steps=steps)
        _, paths, chosen, _ = made.runs()
        fig, ax = plt.subplots(figsize=(4.9, 4.3))
        draw_map(ax, SURFACES["valley"])
        xs = [path.x[:, i] for path, i in zip(paths.values(), chosen, strict=True)]
        lines = [ax.plot([], [], lw=2)[0] for _ in xs]

        def frame(step: int) -> list:
            for line, x in zip(lines, xs, strict=True):
                line.set_data(*x[: step + 1].T)
            return lines

        page = FuncAnimation(fig, frame, frames=steps, blit=True).to_jshtml()
        plt.close(fig)
        return len(page)

    rows = plan(steps)
    made = Contest(**asked(rows["made"]), ours=ours, theirs=lambda: usual).run(rounds)
    return [made, replace(rows["bytes"], figures=(usual() / ours(),))]


def message() -> Row:
    """What travels to the browser when the start moves: 5 optimizers × 61 rates × 300 steps."""
    from lessons_lib.explorers import race

    names = ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"]
    made = race(optimizers=names, surface="rosenbrock", rate=0.001, steps=300)
    kilobytes = sum(map(len, (made.paths, made.shown, json.dumps(made.header)))) / 1e3
    return replace(plan()["message"], figures=(kilobytes,))


def simple(rounds: int = 15) -> Iterator[Row]:
    """An explorer without the race: a picture for a slider's new value, in the kernel."""
    from lessons_lib.explorers import EXPLORERS

    for name, control in (("parabola", "rate"), ("first_step", "gradient")):
        made = EXPLORERS[name]()
        moved = made.controls[control]

        def kept(moved=moved):
            moved.value *= 1.07

        def anew(made=made):
            made.draw(**{k: c.value for k, c in made.controls.items()}).png()

        yield Contest(
            **asked(plan()[name]),
            ours=kept,
            theirs=lambda anew=anew: anew,
        ).run(rounds)


@contextmanager
def opened() -> Iterator:
    """A browser; an ImportError says what is missing."""
    from playwright.sync_api import sync_playwright

    from browser.driving import launched

    with sync_playwright() as playwright:
        browser = launched(playwright.chromium)
        if browser is None:
            raise ImportError("no browser can be started", name="Chromium or Chrome")
        with browser:
            yield browser


def browser_name() -> str:
    """The browser that is timed, and its version."""
    try:
        with opened() as browser:
            return f"Chromium {browser.version}"
    except ImportError:
        return "no browser"


def rows() -> Iterator[Row]:
    """All of it; what needs a browser is said to be missing where there is none."""
    try:
        from browser.driving import Lab

        with opened() as browser, tempfile.TemporaryDirectory() as folder:
            lab = Lab(Path(folder))
            try:
                measured = in_browser(browser, lab)
            finally:
                lab.close()
    except ImportError as error:
        note = f"{error.name} is not installed"
        measured = [replace(plan()[key], note=note) for key in IN_BROWSER]
    yield from measured
    yield from animation()
    yield message()
    yield from simple()
