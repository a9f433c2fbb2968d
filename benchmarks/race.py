"""The race explorer against what it replaces: `interact` (in a browser) and `to_jshtml`."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measuring import Contest, Row

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


def late(times: list[float]) -> float:
    """95th percentile."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def slide(page, root, repeats: int) -> tuple[list[float], list[float]]:
    """Milliseconds from each key on the rate's slider to the drawing, and to its painting."""
    page.evaluate(WATCH_SLIDER, root.element_handle())
    root.get_by_label("rate η", exact=True).focus()
    for i in range(repeats):
        page.keyboard.press("ArrowLeft" if i // 10 % 2 else "ArrowRight")
        page.wait_for_timeout(23 + 7 * (i % 5))
    return page.evaluate("[window.drawn, window.times]")


def in_browser(repeats: int = 60) -> list[Row]:
    """Slider, click and `interact`, each from the event to the painted frame."""
    import nbformat
    from playwright.sync_api import sync_playwright

    import notebooks as tool  # tools/notebooks.py
    from browser.driving import FLAGS, SYSTEM, Lab, new_page, open_in_lab  # of tests/browser

    found = next(filter(None, map(shutil.which, SYSTEM)), None)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(args=FLAGS, executable_path=found)  # or its own
        lab = Lab(Path(folder))
        try:
            for name, source in (("race", RACE), ("interact", INTERACT)):
                cells = [nbformat.v4.new_code_cell(source)]
                node = nbformat.v4.new_notebook(cells=cells, metadata=tool.METADATA)
                nbformat.write(node, lab.folder / f"{name}.ipynb")
            _, page = new_page(browser)
            open_in_lab(lab, page, "race.ipynb")
            page.locator(".race[data-state=ready]").wait_for()
            root = page.locator(".race")
            drawn, painted = slide(page, root, repeats)
            page.evaluate(WATCH_CLICK, root.element_handle())
            box = root.locator(".map").bounding_box()
            for i in range(repeats // 2):
                x, y = box["width"] * (0.3 + 0.015 * i), 60 + 7 * (i % 20)
                count = page.evaluate("window.times.length")
                page.mouse.click(box["x"] + x, box["y"] + y)
                page.wait_for_function("n => window.times.length > n", arg=count)
                page.locator(".race[data-state=ready]").wait_for()  # nobody clicks faster
            clicks = page.evaluate("window.times")
            _, page = new_page(browser)
            open_in_lab(lab, page, "interact.ipynb")
            page.locator(".jp-OutputArea img").wait_for()
            page.evaluate(WATCH_INTERACT)
            page.locator(".noUi-handle").focus()
            for i in range(repeats // 3):
                count = page.evaluate("window.times.length")
                page.keyboard.press("ArrowLeft" if i // 10 % 2 else "ArrowRight")
                page.wait_for_function("n => window.times.length > n", arg=count)
                page.wait_for_timeout(100)
            usual = page.evaluate("window.times")
            browser.close()
            # Once more without the screen's clock, which makes each picture wait for its turn.
            browser = playwright.chromium.launch(args=[*FLAGS, *NO_CLOCK], executable_path=found)
            _, page = new_page(browser)
            open_in_lab(lab, page, "race.ipynb")
            page.locator(".race[data-state=ready]").wait_for()
            _, at_once = slide(page, page.locator(".race"), repeats)
        finally:
            lab.close()
            browser.close()
    wait = dict(unit=" ms", least=False)
    slider = "slider → drawn, 5 optimizers × 300 steps"
    pixels = "slider → pixels, without the screen's clock"
    shown = statistics.median(painted)
    return [
        Row(work=slider, bar=8, figures=tuple(drawn), **wait),
        Row(work=slider + ", 95th percentile", bar=16.7, figures=(late(drawn),), **wait),
        Row(
            work="slider → painted frame",
            figures=tuple(painted),
            **wait,
            note="the screen's own rhythm is 16.7 ms",
        ),
        Row(
            work=pixels,
            bar=8,
            figures=tuple(at_once),
            **wait,
        ),
        Row(
            work=pixels + ", 95th percentile",
            bar=16.7,
            figures=(late(at_once),),
            **wait,
        ),
        Row(work="click → new race painted", bar=100, figures=tuple(clicks), **wait),
        Row(
            work="slider → painted frame",
            against="interact with a fresh figure",
            bar=10,
            figures=tuple(ms / shown for ms in usual),
            note=f"{shown:.1f} ms, theirs {statistics.median(usual):.0f} ms",
        ),
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

    work = f"{steps} frames of a race"
    against = "FuncAnimation.to_jshtml"
    made = Contest(
        work=work + ", made",
        against=against,
        bar=20,
        ours=ours,
        theirs=lambda: usual,
    ).run(rounds)
    size = Row(work=work + ", bytes", against=against, bar=20, figures=(usual() / ours(),))
    return [made, size]


def message() -> Row:
    """What travels to the browser when the start moves: 5 optimizers × 61 rates × 300 steps."""
    from lessons_lib.explorers import race

    names = ["SGD", "Momentum", "AdaGrad", "RMSprop", "Adam"]
    made = race(optimizers=names, surface="rosenbrock", rate=0.001, steps=300)
    kilobytes = sum(map(len, (made.paths, made.shown, json.dumps(made.header)))) / 1e3
    low = dict(unit=" kB", least=False)
    return Row(work="message of a race", bar=1000, stretch=400, figures=(kilobytes,), **low)


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
            work=f"explorer {name}: slider → PNG, axes kept",
            against="the whole figure anew",
            bar=2,
            ours=kept,
            theirs=lambda anew=anew: anew,
        ).run(rounds)


def rows() -> Iterator[Row]:
    """All of it; what needs a browser is said to be missing where there is none."""
    try:
        yield from in_browser()
    except Exception as error:  # of a browser's many ways not to be there
        note = str(error).splitlines()[0][:60]
        yield Row(work="slider → painted frame", against="interact", bar=10, note=note)
    yield from animation()
    yield message()
    yield from simple()
