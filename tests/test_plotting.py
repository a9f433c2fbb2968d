"""Pictures: reproducible, told in words, and with labels that do not touch."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lessons_lib import OPTIMIZERS, SGD, SURFACES, AdaGrad, descend
from lessons_lib.plotting import (
    Stage,
    describe,
    figure,
    label_ends,
    plot_lines,
    plot_parabola,
    plot_paths,
    plot_rare,
    sig,
    style,
)

VALLEY = SURFACES["valley"]
PATHS = {opt.__name__: descend(VALLEY, opt(lr=0.05), (-1.6, 1.2), 40) for opt in (SGD, AdaGrad)}


def test_every_optimizer_has_a_look_of_its_own():
    looks = [style(cls.__name__) for cls in OPTIMIZERS.values()]
    assert len(set(map(str, looks))) == len(looks)
    assert style("AdaGrad, η = 0.5") == style("AdaGrad") == style("AdaGrad", 7)


def test_looks_differ_without_colour():
    """In greyscale a line is told by its dashes and marker."""
    looks = [style(cls.__name__) for cls in OPTIMIZERS.values()]
    assert len({look.marker for look in looks}) == len(looks)


def test_new_rules_can_be_told_apart_before_they_have_a_look():
    for name in ("First", "Second", "Third"):
        type(name, (SGD,), {})
    test_every_optimizer_has_a_look_of_its_own()
    test_looks_differ_without_colour()


def test_the_same_picture_twice_has_the_same_bytes():
    assert plot_paths(VALLEY, PATHS).png() == plot_paths(VALLEY, PATHS).png()


def test_the_caption_says_what_the_paths_did():
    caption = plot_paths(VALLEY, PATHS, target=0.1).caption
    at = PATHS["SGD"].steps_to(0.1)
    assert f"SGD reaches 0.1 at step {at}" in caption
    assert f"AdaGrad ends at a loss of {sig(PATHS['AdaGrad'].loss[-1])}" in caption


def test_a_diverging_path_is_said_and_marked():
    path = descend(SURFACES["rosenbrock"], SGD(lr=0.1), (-1.2, 1.0), 30)
    assert f"diverges at step {path.diverged_at}" in describe("SGD", path)
    picture = plot_paths(SURFACES["rosenbrock"], {"SGD": path})
    crosses = [line for ax in picture.figure.axes for line in ax.lines if line.get_marker() == "x"]
    assert len(crosses) == 2  # on the map and on the loss
    runaway = descend(VALLEY, SGD(lr=1.0), (-1.6, 1.2), 30)
    assert describe("SGD", runaway) == "SGD runs away"


@pytest.mark.parametrize("heights", [[0, 0, 0, 0, 0, 0], [1e-9, 1, 1.01, 1.02], [np.inf, 5, 5.01]])
def test_labels_do_not_touch_and_stay_in_the_picture(heights):
    fig, ax = figure()
    ax.set(xlim=(0, 1), ylim=(-1, 6))
    ends = [(1.0, min(h, 1e9), f"method number {i}", "black") for i, h in enumerate(heights)]
    label_ends(ax, ends)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    boxes = [t.get_window_extent(canvas.get_renderer()) for t in ax.texts]
    assert len(boxes) == len(heights)
    for a, b in itertools.combinations(boxes, 2):
        assert not a.overlaps(b)
    for box in boxes:
        assert box.x1 <= fig.bbox.x1 and box.y1 <= fig.bbox.y1 and box.y0 >= 0


def test_lines_leave_out_what_cannot_be_drawn():
    lines = {"a": ([1, 2, 3], [1.0, np.nan, 0.0])}
    (line,) = plot_lines(lines, "x", "y", ylog=True).figure.axes[0].lines
    assert line.get_xdata().tolist() == [1]


@pytest.mark.parametrize(
    "value, text",
    [(0.0123, "0.012"), (12345, "12000"), (0, "0"), (-3e-15, "less than 1e-12"), (2e-9, "2e-09")],
)
def test_numbers_for_sentences(value, text):
    assert sig(value) == text


def test_a_stage_draws_axes_only_when_they_change(monkeypatch):
    whole, drawn = FigureCanvasAgg.draw, []
    monkeypatch.setattr(FigureCanvasAgg, "draw", lambda self: (drawn.append(1), whole(self))[1])
    stage = Stage()
    for rate in (0.1, 0.2, 0.3):
        stage.png(plot_parabola(2.0, rate).figure)
    assert len(drawn) == 1
    stage.png(plot_parabola(4.0, 0.3).figure)  # other limits
    assert len(drawn) == 2


@pytest.mark.parametrize(
    "share, size, counting, said",
    [
        (0.25, 0.4, False, "the frequent feature has the larger rate"),
        (0.25, 0.6, False, "the rare feature has the larger rate"),
        (0.25, 0.01, True, "the rare feature has the larger rate"),
        (1.0, 1.0, False, "both have the same rate"),
    ],
)
def test_the_rates_of_a_rare_and_a_frequent_feature(share, size, counting, said):
    """With squares the border is at √share; for an accumulator that counts there is none."""
    assert said in plot_rare(share, size, counting).caption
