"""Pictures with direct labels, one look for each optimizer, and a sentence computed from the data.

Every function returns a `Picture`: at the end of a notebook cell it shows itself and prints its
sentence, which is also its text for readers who do not see it.
"""

from __future__ import annotations

import base64
import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation
from PIL import Image  # Matplotlib's own way to PNG

from . import schedules, sweeps
from .datasets.melodies import PITCHES, notes
from .descent import Path
from .optimizers import OPTIMIZERS, SGD, AdaGrad, Adam, Momentum, RMSprop, SGDLinear, like
from .schedules import Scheduled
from .surfaces import SURFACES, Surface
from .sweeps import Basins, Result, bowl_losses, fair, random_starts, rate_grid
from .training import Run

INK, FAINT = "#222222", "#8a8a8a"
MAP = LinearSegmentedColormap.from_list("map", ["#ffffff", "#dfe6ec", "#aebccb"])
_BOLD = FontProperties(size=11.5, weight="bold")
_HALO = [patheffects.withStroke(linewidth=3.5, foreground="white")]


class Style(NamedTuple):
    """How a line is told apart: by colour, by dashes and by marker, any of which suffices."""

    colour: str
    dash: Any
    marker: str


_DASHED, _DOTTED, _DASHDOT = (0, (5, 2)), (0, (1.2, 1.6)), (0, (6, 2, 1.2, 2))
_COLOURS = ["#5b5b5b", "#0072b2", "#d55e00", "#009e73", "#b8860b", "#a0488c"]
STYLES: dict[str, Style] = {
    "SGD": Style("#5b5b5b", "-", "o"),
    "SGDLinear": Style("#5b5b5b", _DASHED, "h"),
    "Momentum": Style("#b8860b", _DASHDOT, "s"),
    "Nesterov": Style("#b8860b", _DOTTED, "P"),
    "AdaGrad": Style("#0072b2", "-", "D"),
    "rotated": Style("#0072b2", _DOTTED, "d"),  # AdaGrad, beside itself
    "FullAdaGrad": Style("#7a3fb0", _DASHED, "d"),
    "RMSprop": Style("#009e73", _DASHED, "^"),
    "Adadelta": Style("#009e73", _DOTTED, "<"),
    "Adam": Style("#d55e00", _DASHDOT, "v"),
    "AMSGrad": Style("#d55e00", _DOTTED, ">"),
    "AdamW": Style("#a0488c", "-", "X"),
    "AdaBound": Style("#a0488c", _DASHED, "p"),
    "here": Style("#5b5b5b", "-", "*"),  # and the frameworks of lesson 08
    "PyTorch": Style("#0072b2", (0, (9, 3)), "X"),
    "Keras": Style("#d55e00", (0, (4, 4)), "*"),
    "optax": Style("#009e73", (0, (1, 3)), "8"),
}
_SPARE = [
    Style(c, d, m) for c in _COLOURS for d, m in zip(("-", _DASHED, _DOTTED), "*8H", strict=True)
]


def style(label: str, index: int = 0) -> Style:
    """The look of a line: that of the optimizer whose name begins `label`, or the index-th spare.

    An optimizer that has no look of its own yet is given the next spare one.
    """
    for word in (label, label.split(" ")[0].split("(")[0].rstrip(",:")):
        if word in STYLES:
            return STYLES[word]
        if word.lower() in OPTIMIZERS:
            return _SPARE[list(OPTIMIZERS).index(word.lower()) % len(_SPARE)]
    colour = _COLOURS[index % len(_COLOURS)]
    return Style(colour, ["-", _DASHED, _DASHDOT, _DOTTED][index % 4], "osD^vP"[index % 6])


class Picture:
    """A finished figure with its sentence.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    caption : str
        What the figure shows, with its numbers.
    """

    def __init__(self, figure: Figure, caption: str):
        self.figure, self.caption = figure, caption

    def png(self, small: bool = False) -> bytes:
        """The picture as PNG, without anything that changes from run to run.

        With `small`, in 128 colours: a third of the size, to be stored, for a little more time.
        """
        FigureCanvasAgg(self.figure)
        buffer = io.BytesIO()
        self.figure.savefig(buffer, format="png", dpi=90, metadata={"Software": None})
        if not small:
            return buffer.getvalue()
        smaller = io.BytesIO()
        full = Image.open(buffer).convert("RGB")
        full.quantize(128, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            smaller, "PNG", optimize=True
        )
        return smaller.getvalue()

    def bundle(self) -> tuple[dict, dict]:
        """Data and metadata for a notebook: the image and its text."""
        image = base64.b64encode(self.png(small=True)).decode()
        data = {"image/png": image, "text/plain": self.caption}
        return data, {"image/png": {"alt": self.caption}}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        data, metadata = self.bundle()
        display(data, metadata=metadata, raw=True)
        print(textwrap.fill(self.caption, 92))


class Stage:
    """Draws one figure after another, fast: axes that stay the same are kept as pixels.

    Most of the time to draw a figure goes into its axes' ticks and numbers. As long as these do
    not change, only what is within the axes is drawn anew.
    """

    def __init__(self) -> None:
        self._scenery: Any = None
        self._pixels: Any = None

    def png(self, figure: Figure) -> bytes:
        """The figure as PNG, of the size of `Picture.png` but less tightly packed."""
        figure.set_dpi(90)
        canvas, moving = FigureCanvasAgg(figure), []
        for ax in figure.axes:
            ax.apply_aspect()
            stays = {ax.patch, ax.xaxis, ax.yaxis}
            own = [a for a in ax.get_children() if a not in stays and a.get_visible()]
            moving += sorted(own, key=lambda artist: artist.get_zorder())
        moving += [a for a in figure.texts if a.get_visible()]
        scenery = [figure.bbox.size.tolist(), *map(_scenery, figure.axes)]
        if scenery != self._scenery:
            for artist in moving:
                artist.set_animated(True)  # leaves it out
            canvas.draw()
            self._scenery, self._pixels = scenery, canvas.copy_from_bbox(figure.bbox)
            for artist in moving:
                artist.set_animated(False)
        else:
            canvas.restore_region(self._pixels)
        for artist in moving:
            artist.draw(canvas.get_renderer())
        buffer = io.BytesIO()
        Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).save(
            buffer, "PNG", compress_level=1
        )
        return buffer.getvalue()


def _scenery(ax: Axes) -> list:
    """What axes look like without what is drawn in them."""
    found = [ax.axison, ax.get_position().bounds]
    for axis in (ax.xaxis, ax.yaxis):
        form = axis.get_major_formatter()
        found += [axis.get_scale(), axis.get_view_interval().tolist(), axis.label.get_text()]
        found += [axis.get_majorticklocs().tolist(), axis.get_minorticklocs().tolist()]
        found += [type(form), list(getattr(form, "seq", []))]
    return found


def sig(value: float, digits: int = 2) -> str:
    """A number for a sentence: few digits, and none of them rounding noise.

    >>> sig(0.012345), sig(1234.5), sig(3e-17), sig(np.inf)
    ('0.012', '1200', 'less than 1e-12', 'infinite')
    """
    value = float(value)
    if not np.isfinite(value):
        return "infinite" if np.isinf(value) else "not a number"
    if abs(value) < 1e-12:
        return "0" if value == 0 else "less than 1e-12"
    text = f"{value:.{digits}g}"
    if "e" in text and 1e-3 <= abs(float(text)) < 1e6:
        text = f"{float(text):.0f}"
    return text


def describe(name: str, path: Path, target: float | None = None) -> str:
    """What one path did, in half a sentence.

    >>> from lessons_lib import SURFACES, SGD, descend
    >>> describe("SGD", descend(SURFACES["booth"], SGD(lr=0.1), (0.0, 0.0)))
    'SGD ends at a loss of less than 1e-12'
    """
    if path.diverged_at is not None:
        return f"{name} diverges at step {path.diverged_at}"
    if abs(path.loss[-1]) > 1e3 * (abs(path.loss[0]) + 1):
        return f"{name} runs away"
    if target is not None and (at := path.steps_to(target)) is not None:
        return f"{name} reaches {sig(target)} at step {at}"
    return f"{name} ends at a loss of {sig(path.loss[-1])}"


def figure(columns: int = 1, height: float = 4.0, width: float = 8.6, **kwargs: Any):
    """A new figure of the house style and its axes (one, or a list of them)."""
    fig = Figure(figsize=(width, height), facecolor="white")
    margins = dict(left=0.85 / width, right=1 - 0.15 / width)
    margins |= dict(
        bottom=0.62 / height,
        top=1 - 0.45 / height,
        wspace=0.95 * columns / (width - 0.95 * columns),
    )
    axes = np.ravel(fig.subplots(1, columns, gridspec_kw=margins, **kwargs)).tolist()
    for ax in axes:
        tidy(ax)
    return fig, axes[0] if columns == 1 else axes


def tidy(ax: Axes) -> None:
    """Projector-sized text, no box."""
    ax.tick_params(labelsize=11, colors=INK)
    ax.spines[["top", "right"]].set_visible(False)
    for text in (ax.xaxis.label, ax.yaxis.label):
        text.set_size(12.5)
    ax.title.set_size(13.5)


def label_ends(ax: Axes, ends: Sequence[tuple[float, float, str, str]], gap: float = 15) -> None:
    """Write each label (x, y, text, colour) right of its point, moved apart where they collide.

    Room is made at the right of the axes. Call it last: it needs their final limits.
    """
    if not ends:
        return
    box, width = ax.get_position(), ax.figure.get_size_inches()[0]
    measure = FigureCanvasAgg(ax.figure).get_renderer().get_text_width_height_descent
    longest = max(measure(text, _BOLD, ismath=False)[0] for _, _, text, _ in ends) / ax.figure.dpi
    ax.set_position([box.x0, box.y0, box.width - (longest + 0.1) / width, box.height])
    ax.set_xlim(ax.get_xlim())
    ax.set_ylim(ax.get_ylim())
    points = [ax.transData.transform((x, y)) * 72 / ax.figure.dpi for x, y, _, _ in ends]
    low, high = np.array(ax.get_window_extent().intervaly) * 72 / ax.figure.dpi
    order = sorted(range(len(ends)), key=lambda i: points[i][1])
    placed = [float(np.clip(points[i][1], low, high)) for i in order]
    for _ in range(200):  # push overlapping neighbours apart, evenly, and keep them in the axes
        for a in range(len(placed) - 1):
            overlap = max(0.0, gap - (placed[a + 1] - placed[a]))
            placed[a] -= overlap / 2
            placed[a + 1] += overlap / 2
        placed[0] = max(placed[0], low)
        placed[-1] = min(placed[-1], high)
    for i, y in zip(order, placed, strict=True):
        x, y0, text, colour = ends[i]
        ax.annotate(
            text,
            (x, y0),
            xytext=(8, y - points[i][1]),
            textcoords="offset points",
            annotation_clip=False,
            color=colour,
            fontproperties=_BOLD,
            va="center",
            path_effects=_HALO,
            zorder=6,
        )


def plot_lines(
    series: Mapping[str, tuple[Any, Any]],
    xlabel: str,
    ylabel: str,
    title: str = "",
    caption: str | None = None,
    xlog: bool = False,
    ylog: bool = False,
    marks: Mapping[str, tuple[float, float]] | None = None,
    ylim: tuple[float, float] | None = None,
    dots: bool = False,
) -> Picture:
    """Curves with their names at their right ends.

    Parameters
    ----------
    series : dict of label → (x, y)
        Non-finite points are left out.
    xlabel, ylabel, title : str
    caption : str, optional
        Default: where each curve begins and ends.
    xlog, ylog : bool
    marks : dict of text → (x, y), optional
        Points to point at.
    ylim : pair of float, optional
    dots : bool
        Mark each point, for curves of few points.
    """
    fig, ax = figure()
    ends = draw_lines(ax, series, xlog, ylog, dots)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if ylim:
        ax.set_ylim(*ylim)
    draw_marks(ax, marks or {})
    label_ends(ax, ends)
    if caption is None:
        parts = [f"{n} from {sig(y[0])} to {sig(y[-1])}" for n, (_, y) in series.items()]
        caption = f"{title or ylabel}: {'; '.join(parts)}."
    return Picture(fig, caption)


def draw_lines(ax, series, xlog=False, ylog=False, dots=False):
    """Draw the curves of `plot_lines` on `ax`; return their ends, for `finish`."""
    if xlog:
        ax.set_xscale("log")
    if ylog:
        ax.set_yscale("log")
    ends = []
    for i, (label, (x, y)) in enumerate(series.items()):
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        keep = np.isfinite(x) & np.isfinite(y) & ((y > 0) | (not ylog))
        look = style(label, i)
        ax.plot(
            x[keep],
            y[keep],
            color=look.colour,
            ls=look.dash,
            lw=2.2 if keep.sum() < 500 else 1.4,  # many points may well be noise
            marker=look.marker if dots else None,
            ms=5.5,
        )
        if keep.any():
            ends.append((x[keep][-1], y[keep][-1], label, look.colour))
        if not xlog and np.all(x == np.round(x)):
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ends


def draw_marks(ax: Axes, marks: Mapping[str, tuple[float, float]]) -> None:
    """A ring and a text at each point."""
    for text, (x, y) in marks.items():
        ax.plot([x], [y], "o", ms=10, mfc="none", mec=INK, mew=1.6)
        ax.annotate(
            text,
            (x, y),
            xytext=(10, 12),
            textcoords="offset points",
            fontsize=11.5,
            color=INK,
            path_effects=_HALO,
        )


def contour_levels(z: np.ndarray) -> np.ndarray:
    """Heights at which to draw contours, given values on a grid: denser where it is low."""
    levels = np.unique(np.quantile(z, np.linspace(0.002, 1, 15) ** 1.7))
    return levels if len(levels) >= 3 else np.linspace(z.min(), z.max() + 1e-9, 5)


def draw_map(ax: Axes, surface: Surface, n: int = 121) -> None:
    """The surface as shaded contours (light is low), with stars at its minima."""
    x, y = (np.linspace(*side, n) for side in surface.view)
    z = surface(np.stack(np.meshgrid(x, y), axis=-1))
    levels = contour_levels(z)
    ranks = BoundaryNorm(levels, MAP.N, extend="both")
    ax.contourf(x, y, z, levels=levels, cmap=MAP, norm=ranks, extend="both")
    ax.contour(x, y, z, levels=levels, colors="#9aa7b5", linewidths=0.6)
    ax.plot(*surface.minima.T, "*", mfc="white", mec=INK, ms=14, mew=1.3, zorder=6)
    ax.set(xlim=surface.view[0], ylim=surface.view[1])


def draw_path(ax: Axes, label: str, path: Path, step: int | None = None, index: int = 0) -> None:
    """One path on a map, up to `step`: a large marker at its head, a cross where it left."""
    look = style(label, index)
    x = path.x[: None if step is None else step + 1]
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    inside = (x[:, 0] >= x0) & (x[:, 0] <= x1) & (x[:, 1] >= y0) & (x[:, 1] <= y1)
    last = np.flatnonzero(inside)[-1] if inside.any() else 0
    drawn = np.clip(x[: last + 2], -1e6, 1e6)  # one point outside gives the direction
    ax.plot(
        *drawn.T,
        color=look.colour,
        ls=look.dash,
        lw=2,
        marker=look.marker,
        ms=5,
        markevery=max(1, len(drawn) // 12),
        mec="white",
        mew=0.6,
        path_effects=_HALO,
        zorder=3,
    )
    if inside[-1]:
        ax.plot(*x[-1], look.marker, color=look.colour, ms=10, mec="white", mew=1.2, zorder=5)
    else:
        edge = np.where(drawn[-1] > x[last], (x1, y1), (x0, y0)) - x[last]
        way = drawn[-1] - x[last]
        share = min((e / w for e, w in zip(edge, way, strict=True) if abs(w) > abs(e)), default=0)
        cross = x[last] + max(share, 0) * way
        ax.plot(*cross, "x", color=look.colour, ms=12, mew=3, zorder=7, clip_on=False)


def plot_paths(
    surface: Surface, paths: Mapping[str, Path], title: str = "", target: float | None = None
) -> Picture:
    """Paths on the map of a surface, beside their losses.

    Parameters
    ----------
    surface : Surface
    paths : dict of label → Path
        Single paths, usually from one start.
    title : str
    target : float, optional
        The caption then says when each path reaches this loss.
    """
    return race_picture(surface, paths, title=title, target=target)


def race_picture(
    surface: Surface,
    paths: Mapping[str, Path],
    step: int | None = None,
    title: str = "",
    target: float | None = None,
    squares: bool = False,
) -> Picture:
    """`plot_paths` at one step of the race; with `squares`, each path's Σg² as areas."""
    fig, (left, right) = figure(2, height=4.3, width=9.8, width_ratios=[1, 1.25])
    draw_map(left, surface)
    for i, (label, path) in enumerate(paths.items()):
        draw_path(left, label, path, step, i)
    starts = np.array([path.x[0] for path in paths.values()]).reshape(-1, 2)
    left.plot(*starts.T, "o", ms=9, mfc="white", mec=INK, mew=2, zorder=6)
    if squares and step is not None:
        _draw_squares(left, paths, step)
    left.set(xlabel="$x$", ylabel="$y$", title=title or surface.name)
    _draw_losses(right, surface, paths, step)
    if not paths:
        return Picture(fig, "No optimizer is chosen.")
    x, y = starts[0]
    parts = "; ".join(describe(n, p, target) for n, p in paths.items())
    return Picture(fig, f"From ({x:.3g}, {y:.3g}) on {surface.name}: {parts}.")


def _draw_losses(ax: Axes, surface: Surface, paths: Mapping[str, Path], step: int | None) -> None:
    """The loss of each path against the step; above the minimum, in log scale, if there is one."""
    log = len(surface.minima) > 0
    floor = float(np.min(surface(surface.minima))) if log else 0.0
    low, high = (1e-13, 1e30) if log else (-1e30, 1e30)  # far beyond what is shown
    losses = {n: np.clip(p.loss - floor, low, high) for n, p in paths.items()}
    ends = draw_lines(ax, {n: (np.arange(len(y)), y) for n, y in losses.items()}, ylog=log)
    for i, (label, path) in enumerate(paths.items()):
        if path.diverged_at is not None:
            k = path.diverged_at - 1
            ax.plot([k], [losses[label][k]], "x", color=style(label, i).colour, ms=11, mew=3)
            ends[i] = (*ends[i][:2], f"{label} ✗", ends[i][3])
    if paths:
        first = max(abs(float(y[0])) for y in losses.values())
        low = min(float(np.min(y)) for y in losses.values())
        high = max(float(np.max(y)) for y in losses.values())
        if log:
            ax.set_ylim(max(1e-13, low / 2), max(min(high, first * 1e3), 1e-12) * 2)
        else:
            bound = 20 * first + 1  # without a minimum a path may fall for ever
            ax.set_ylim(max(low, -bound) - 0.1, min(high, bound) + 0.1)
    if step is not None:
        ax.axvline(step, color=FAINT, lw=1.2)
    ax.set(xlabel="step", ylabel="loss above the minimum" if floor else "loss")
    ax.set_title("loss")
    label_ends(ax, ends)


def _draw_squares(ax: Axes, paths: Mapping[str, Path], step: int) -> None:
    """At each head two squares with areas Σg² (or v): right of it for x, above it for y."""
    heads, biggest = {}, 0.0
    for label, path in paths.items():
        memory = path.state.get("G", path.state.get("v"))
        if memory is not None and memory.ndim == 2:
            i = min(step, len(path.x) - 1)
            heads[label] = path.x[i], np.sqrt(memory[i])
            biggest = max(biggest, np.sqrt(memory.max()))  # one scale for the whole race
    if not biggest:
        return
    for label, (at, sides) in heads.items():
        if not ax.viewLim.contains(*at):
            continue
        inches = ax.figure.dpi_scale_trans + ScaledTranslation(*at, ax.transData)
        look = dict(ec=style(label).colour, fc=style(label).colour + "33", lw=1.6, zorder=4)
        for sign, side in zip(((0.12, None), (None, 0.12)), 0.55 * sides / biggest, strict=True):
            corner = [-side / 2 if s is None else s for s in sign]
            ax.add_patch(Rectangle(corner, side, side, transform=inches, clip_on=True, **look))


def plot_sensitivity(
    results: Mapping[str, Result], title: str = "", solved: float | None = None
) -> Picture:
    """Score against learning rate for each optimizer of a race, with its best rate marked.

    With `solved`, a line at the loss below which the race counts as solved.
    """
    curves = {n: (r.tuned.rates, r.tuned.scores) for n, r in results.items()}
    fig, ax = figure()
    if solved:
        ax.axhline(solved, color=INK, lw=0.9)
        ax.text(0.01, 1.3 * solved, "solved", transform=ax.get_yaxis_transform(), va="bottom")
    top = 10 * max(y[0] for _, y in curves.values())  # above it, a run only gets worse
    shown = {n: (x, np.clip(y, 1e-16, top)) for n, (x, y) in curves.items()}
    ends = draw_lines(ax, shown, xlog=True, ylog=True)
    for i, (name, r) in enumerate(results.items()):
        best = (r.tuned.best.lr, max(r.tuned.score, 1e-16))
        look = style(name, i)
        ax.plot(*best, look.marker, color=look.colour, ms=11, mec="white", mew=1.4, zorder=5)
    ax.set(xlabel="learning rate η", ylabel="median excess loss", title=title)
    label_ends(ax, ends)
    parts = [f"{n} {sig(r.tuned.best.lr)}" for n, r in results.items()]
    return Picture(fig, f"{title or 'Tuning'}: best rate of each method: {', '.join(parts)}.")


def plot_basins(
    maps: Mapping[str, Basins], surface: Surface, caption: str | None = None
) -> Picture:
    """Maps of starts, shaded by the minimum that each ends in; blank where none is reached.

    Parameters
    ----------
    maps : dict of label → Basins
    surface : Surface
    caption : str, optional
        Default: the share of starts that reach a minimum, which is chaotic at huge rates.
    """
    n = len(surface.minima)
    shades = ["#222222", "#ffffff", "#fbe3a0", "#93c9ab", "#5b8fc4", "#7d5590"][: n + 2]
    fig, axes = figure(len(maps), height=3.8, width=min(11.5, 3.1 * len(maps) + 0.6), sharey=True)
    fig.subplots_adjust(top=0.82, wspace=0.08)
    for ax, (name, found) in zip(np.ravel(axes), maps.items(), strict=True):
        extent = (*surface.view[0], *surface.view[1])
        ax.imshow(
            found.ends,
            extent=extent,
            origin="lower",
            aspect="auto",
            cmap=ListedColormap(shades),
            vmin=-2.5,
            vmax=n - 0.5,
            interpolation="nearest",
        )
        ax.plot(*surface.minima.T, "*", color=INK, ms=12, mec="white", mew=1)
        ax.set(title=f"{name}\n{found.share():.0%} reach a star", xlabel="start $x$")
    np.ravel(axes)[0].set_ylabel("start $y$")
    parts = [f"{name} {found.share():.0%}" for name, found in maps.items()]
    shares = f"Starts on {surface.name} that reach a global minimum: {', '.join(parts)}."
    return Picture(fig, caption or shares)


def plot_squares(G: Mapping[str, Sequence[float]], steps: Sequence[int], unit: str = "") -> Picture:
    """Accumulators as areas: for each coordinate a row of squares whose area is G at each step.

    Parameters
    ----------
    G : dict of label → sequence of float
        The accumulator after each of `steps`; one row of squares a label.
    steps : sequence of int
    unit : str
        What the side divides, for the title.
    """
    biggest = max(max(row) for row in G.values())
    sides = {name: np.sqrt(np.asarray(row, float) / biggest) for name, row in G.items()}
    width = min(8.6, 1.28 * (1.35 * len(steps) + 1.7))  # no wider than the squares need
    fig = Figure(figsize=(width, 0.6 + 1.7 * len(G)), facecolor="white")
    ax = fig.add_axes((0.02, 0.0, 0.96, 0.9))
    for row, (name, side) in enumerate(sides.items()):
        look = style(name, row + 1)
        for column, s in enumerate(side):
            y = -1.45 * row
            ax.add_patch(
                Rectangle((1.35 * column - s / 2, y - s / 2), s, s, fc=look.colour, alpha=0.8)
            )
            area = G[name][column]
            text = f"G = {sig(area)}\nside {sig(np.sqrt(area))}"
            ax.text(1.35 * column, y - 0.53, text, ha="center", va="top", fontsize=10.5)
        ax.text(
            -0.75,
            -1.45 * row,
            name,
            ha="right",
            va="center",
            fontsize=12.5,
            color=look.colour,
            fontweight="bold",
        )
    for column, step in enumerate(steps):
        ax.text(1.35 * column, 0.62, f"step {step}", ha="center", fontsize=12, color=INK)
    ax.set(xlim=(-2.3, 1.35 * len(steps) - 0.6), ylim=(-1.45 * len(G) + 0.6, 0.85))
    ax.set_aspect("equal")
    ax.axis("off")
    ax.set_title(f"area = G, side = √G{unit}", fontsize=13)
    parts = [f"{name}: G = {sig(row[-1])}, side {sig(np.sqrt(row[-1]))}" for name, row in G.items()]
    return Picture(fig, f"After step {steps[-1]}, {'; '.join(parts)}.")


def plot_parabola(curvature: float, rate: float, steps: int = 12) -> Picture:
    """Gradient descent on ½Lθ² from θ = 1, drawn on the parabola itself."""
    L, factor = float(curvature), 1 - rate * curvature
    thetas = np.array([factor**k for k in range(steps + 1)])
    fig, ax = figure()
    reach = 2.5
    curve = np.linspace(-reach, reach, 201)
    ax.plot(curve, 0.5 * L * curve**2, color=FAINT, lw=1.6)
    shown = thetas[np.cumprod(np.abs(thetas) <= reach).astype(bool)]
    ax.plot(shown, 0.5 * L * shown**2, marker="o", ms=7, color=STYLES["AdaGrad"].colour, lw=1.4)
    ax.plot([1], [0.5 * L], "o", ms=11, mfc="white", mec=INK, mew=2, zorder=5)
    ax.plot([0], [0], "*", ms=15, color=INK, mec="white", zorder=4)
    ax.set(xlim=(-reach, reach), ylim=(-0.05 * L, 1.6 * L), xlabel="θ", ylabel="f(θ)")
    times = f"each step multiplies θ by {factor:.3g}".replace("-", "−")
    ax.set_title(f"L = {L:.3g}, η = {rate:.3g}:  {times}")
    if abs(factor) < 1e-9:
        verdict = "it lands on the minimum in one step"
    elif abs(abs(factor) - 1) < 1e-9:
        verdict = "it jumps to and fro for ever" if factor < 0 else "it does not move"
    elif abs(factor) > 1:
        verdict = "it runs away"
    else:
        side = "jumping over the minimum each time" if factor < 0 else "from one side"
        verdict = f"it arrives, {side}"
    return Picture(fig, f"Curvature {L:.3g}, rate {rate:.3g}: {times}; {verdict}.")


def plot_first_step(
    gradient: float, G0: float, rate: float, eps: float, inside: bool = False
) -> Picture:
    """The length of AdaGrad's first step against the size of the gradient, ε outside and inside.

    Parameters
    ----------
    gradient, G0, rate, eps : float
        The present point, which is marked and written out in numbers.
    inside : bool
        On which of the two curves the point lies: √(G + ε), or √G + ε.
    """

    def length(g: float | np.ndarray, inside: bool) -> np.ndarray:
        opt = AdaGrad(lr=1.0, eps=eps, G0=G0, eps_inside=inside)
        x = np.zeros(np.size(g))
        return -opt.step(x, np.atleast_1d(g), opt.init(x))[0]

    fig, ax = figure()
    g = np.logspace(-12, 2, 281)
    here = length(gradient, inside)[0]
    words = ("outside", "inside")
    curves = {f"ε {word}": (g, rate * length(g, word == "inside")) for word in words}
    ends = draw_lines(ax, curves, xlog=True, ylog=True)
    ax.plot([gradient], [rate * here], "o", ms=11, mfc="white", mec=INK, mew=2.2, zorder=5)
    ax.set(xlabel="size of the gradient g", ylabel="first step")
    ax.set_ylim(rate * min(1e-6, here / 3), 5 * rate)
    G = f"{G0:.3g} + ({gradient:.3g})²"
    below = f"√({G} + {eps:.2g})" if inside else f"(√({G}) + {eps:.2g})"
    ax.set_title(f"first step = {rate:.2g} · {gradient:.3g} / {below} = {rate * here:.2g}")
    label_ends(ax, ends)
    return Picture(
        fig,
        f"ε = {eps:.2g} {'inside' if inside else 'outside'} the root, G₀ = {G0:.3g}: a gradient of "
        f"{gradient:.3g} makes a first step of {rate * here:.2g}, which is {here:.2g} times η.",
    )


def plot_rare(share: float, size: float, counting: bool = False) -> Picture:
    """AdaGrad's rates of a feature with few gradients of 1, and of one with many of another size.

    Parameters
    ----------
    share : float in (0, 1]
        The share of the 1 000 steps in which the rare feature has a gradient, drawn at random.
    size : float
        The frequent feature's gradient in every step.
    counting : bool, default False
        Count the gradients instead of adding up their squares.
    """
    present = np.random.default_rng(0).random(1000) < share
    squares = {"rare": 1.0 * present, "frequent": np.full(1000, 1.0 if counting else size**2)}
    G = {name: np.cumsum(s) for name, s in squares.items()}
    steps = np.arange(1, 1001)
    fig, ax = figure()
    with np.errstate(divide="ignore"):  # before its first gradient, a rate is infinite
        ends = draw_lines(ax, {n: (steps, 1 / np.sqrt(g)) for n, g in G.items()}, True, True)
    for line in ax.lines:
        line.set_drawstyle("steps-post")
    does = "counts gradients" if counting else "adds up squares"
    gradients = f"rare: 1 in {sig(100 * share)} % of the steps, frequent: {sig(size)} in all"
    title = f"The accumulator {does}\n{gradients}"
    ax.set(xlabel="step", ylabel="rate, in units of η", title=title)
    label_ends(ax, ends)
    rare, frequent = (1 / np.sqrt(g[-1]) for g in G.values())
    larger, times = ("rare", rare / frequent) if rare > frequent else ("frequent", frequent / rare)
    verdict = "both have the same rate"
    if times > 1:
        verdict = f"the {larger} feature has the larger rate, {sig(times)} times the other's"
    return Picture(
        fig,
        f"The accumulator {does}. Rare: gradients of 1 in {present.sum()} of 1 000 steps. "
        f"Frequent: gradients of {sig(size)} in all of them. The rare one's line begins at its "
        f"first gradient, as G is 0 before. At the end {verdict}.",
    )


def plot_lemma4(g: np.ndarray, title: str = "") -> Picture:
    """Lemma 4 as areas: rectangles g² × 1/√G under 1/√u, and their sum after each round.

    Parameters
    ----------
    g : array of shape (T,)
        The gradients of one coordinate, at least one of them not 0. G_T is drawn as 1.
    title : str
    """
    G = np.cumsum(np.square(g))
    keep = G > 0  # before the first gradient there is nothing to draw
    G, rounds = G[keep], np.flatnonzero(keep) + 1
    width = np.diff(G, prepend=0)
    ratio = np.cumsum(width / np.sqrt(G)) / np.sqrt(G)
    fig, (left, right) = figure(2, height=4.0, width=9.8)
    u, look = np.linspace(0.001, 1, 500), STYLES["AdaGrad"]
    left.plot(u, 1 / np.sqrt(u), color=INK, lw=2)
    left.bar(
        (G - width) / G[-1],
        np.sqrt(G[-1] / G),
        width / G[-1],
        align="edge",
        color="#a9cfe8",
        ec=look.colour,
        lw=0.5 if len(G) <= 60 else 0,
    )
    left.set(xlim=(0, 1), ylim=(0, 6), xlabel="$u = G_t\\,/\\,G_T$", ylabel="height $1/\\sqrt{u}$")
    left.set_title(title)
    left.text(0.4, 3.4, f"under the curve: 2\nshaded: {ratio[-1]:.3f}", fontsize=13, color=INK)
    right.plot(rounds, ratio, color=look.colour, lw=2.2, marker="o", ms=4 if len(G) <= 60 else 0)
    right.axhline(2, color=INK, lw=1.6, ls=_DASHED)
    right.set(xlabel="round", ylabel="ratio", title="ratio, and the lemma's 2")
    right.set(xlim=(0, rounds[-1] + 1), ylim=(0.9, 2.1))
    right.xaxis.set_major_locator(MaxNLocator(integer=True))
    return Picture(
        fig,
        f"{title}: the rectangles fill {ratio[-1]:.3f} of the area 2 under the curve; "
        f"the largest ratio on the way is {ratio.max():.3f}.",
    )


def plot_bars(values: Mapping[str, float], xlabel: str, title: str = "") -> Picture:
    """Horizontal bars with their names at the left and their values at their ends."""
    height = 1.1 + 0.5 * len(values)
    fig, ax = figure(height=height)
    ax.set_position([0.29, 0.62 / height, 0.64, 1 - 1.07 / height])
    names = list(values)[::-1]
    bars = ax.barh(names, [values[n] for n in names], color=_COLOURS[1], height=0.62)
    ax.bar_label(bars, [sig(values[n]) for n in names], padding=4, fontsize=11.5)
    ax.tick_params(axis="y", length=0, labelsize=12)
    ax.set(xlabel=xlabel, title=title)
    parts = "; ".join(f"{name} {sig(value)}" for name, value in values.items())
    return Picture(fig, f"{title or xlabel}: {parts}.")


def plot_standings(
    outcomes: Mapping[str, Mapping[str, np.ndarray]],
    best: Mapping[str, Sequence[str]],
    show: Callable[[float], str],
) -> Picture:
    """A table of races: medians with their quartiles, framed where no method was better.

    Parameters
    ----------
    outcomes : dict of race → dict of method → array
        What each method got from each start; less is better.
    best : dict of race → names of the methods that win or share the win
    show : callable
        An outcome as text.
    """
    races, methods = list(outcomes), list(next(iter(outcomes.values())))
    height = 0.6 + 0.52 * len(races)
    fig, ax = figure(height=height, width=9.8)
    ax.set_position([0.2, 0.02, 0.79, 1 - 0.4 / height - 0.02])
    middle = np.array([[np.median(outcomes[r][m]) for m in methods] for r in races])
    behind = np.log10(np.minimum(middle, 1e9) / middle.min(axis=1, keepdims=True))
    ax.imshow(np.clip(behind, 0, 4), cmap=MAP, aspect="auto", vmin=0, vmax=4)
    for i, race in enumerate(races):
        for j, method in enumerate(methods):
            low, high = np.quantile(outcomes[race][method], (0.25, 0.75), method="nearest")
            wins = method in best[race]
            weight = "bold" if wins else "normal"
            ax.text(j, i - 0.14, show(middle[i, j]), ha="center", va="center", weight=weight)
            spread = f"{show(low)} to {show(high)}".replace(
                " steps to", " to", show(high)[-1] == "s"
            )
            ax.text(j, i + 0.25, spread, ha="center", va="center", fontsize=8.5, color=INK)
            if wins:
                box = Rectangle((j - 0.47, i - 0.44), 0.94, 0.88, fc="none", ec=INK, lw=2)
                ax.add_patch(box)
    ax.set_xticks(range(len(methods)), methods, fontsize=11.5)
    ax.set_yticks(range(len(races)), races, fontsize=11.5)
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False, bottom=False)
    ax.spines[:].set_visible(False)
    alone = sum(len(names) == 1 for names in best.values())
    return Picture(fig, f"{len(races)} races; {alone} of them have a single winner.")


def plot_outlier(size: float, beta2: float, clip: float = np.inf) -> Picture:
    """Four rules after one wild gradient at step 0, when the best point moves from 0 to 3.

    Parameters
    ----------
    size : float
        What is added to that one gradient.
    beta2 : float
        The memory of RMSprop and of Adam.
    clip : float, default infinity
        Every gradient is clipped to [−clip, clip].
    """
    rules = [SGD(lr=0.1), AdaGrad(lr=1.0), RMSprop(lr=0.1, rho=beta2), Adam(lr=0.2, beta2=beta2)]
    z = np.random.default_rng(0).standard_normal(4000)
    curves, words = {}, []
    for opt in rules:
        name, x = type(opt).__name__, np.zeros(1)
        state, away = opt.init(x), []
        for t in range(4000):
            g = x - (3.0 if t > 1000 else 0.0) + z[t] + (size if t == 1000 else 0.0)
            x, state = opt.advance(x, np.clip(g, -clip, clip), state)
            if t >= 1000:
                away.append(abs(x[0] - 3.0))
        smooth = np.reshape(away, (-1, 20)).mean(axis=1)
        curves[name] = (np.arange(10, 3000, 20), smooth)
        near = np.flatnonzero(np.less(away, 1.0))
        words.append(f"{name} {f'after {near[0]} steps' if len(near) else 'not in 3000 steps'}")
    fig, ax = figure()
    ends = draw_lines(ax, curves, ylog=True)
    ax.set_ylim(bottom=0.01)
    ax.axhline(1.0, color=FAINT, lw=1)
    clipped = "" if np.isinf(clip) else f", clipped at {clip:g}"
    ax.set(xlabel="steps after the wild gradient", ylabel="distance from the best point")
    ax.set_title(f"One gradient of {size:.2g}{clipped}; memory {beta2:g}")
    label_ends(ax, ends)
    return Picture(fig, f"Back within 1 of the best point: {'; '.join(words)}.")


def plot_bands(
    curves: Mapping[str, np.ndarray],
    x: Sequence[float],
    xlabel: str,
    ylabel: str,
    title: str = "",
    ylog: bool = False,
) -> Picture:
    """For each method the median over the seeds, in the band from the lowest to the highest seed.

    Parameters
    ----------
    curves : dict of label → array of shape (len(x), S)
    x : sequence of float
    xlabel, ylabel, title : str
    ylog : bool
    """
    fig, ax = figure(height=4.6)
    ends = draw_lines(ax, {n: (x, np.median(c, axis=1)) for n, c in curves.items()}, ylog=ylog)
    for i, (name, c) in enumerate(curves.items()):
        ax.fill_between(x, c.min(axis=1), c.max(axis=1), color=style(name, i).colour, alpha=0.13)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    label_ends(ax, ends)
    order = sorted(curves, key=lambda name: np.median(curves[name][-1]))
    return Picture(
        fig, f"{title or ylabel}: at the end {order[0]} is lowest and {order[-1]} highest."
    )


def plot_seeds(
    values: Mapping[str, np.ndarray],
    xlabel: str,
    title: str = "",
    xlog: bool = False,
    best: Sequence[str] = (),
) -> Picture:
    """A dot for each seed of each method, and a line at its median.

    Parameters
    ----------
    values : dict of label → array of shape (S,)
        What is not finite is written at the right end.
    xlabel, title : str
    xlog : bool
    best : sequence of labels
        The methods that are level at the top: their names are set in bold.
    """
    height = 1.2 + 0.42 * len(values)
    fig, ax = figure(height=height)
    ax.set_position([0.16, 0.62 / height, 0.8, 1 - 1.07 / height])
    if xlog:
        ax.set_xscale("log")
    for i, (name, v) in enumerate(values.items()):
        look, kept = style(name, i), v[np.isfinite(v)]
        ax.plot(kept, np.full(len(kept), i), look.marker, color=look.colour, ms=8, mec="white")
        if np.isfinite(np.median(v)):
            ax.plot([np.median(v)] * 2, [i - 0.32, i + 0.32], color=look.colour, lw=2.6)
        if len(kept) < len(v):
            words = f"{len(v) - len(kept)} of {len(v)} diverged"
            ax.text(0.99, i, words, transform=ax.get_yaxis_transform(), ha="right", va="center")
    ax.set_yticks(range(len(values)), list(values), fontsize=12)
    for tick, name in zip(ax.get_yticklabels(), values, strict=True):
        tick.set_fontweight("bold" if name in best else "normal")
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="y", color="#e4e4e4", lw=0.8)
    ax.set_axisbelow(True)
    ax.set(xlabel=xlabel, title=title)
    order = sorted(values, key=lambda name: np.median(values[name]))
    if np.max(values[order[0]]) >= np.min(values[order[-1]]):
        return Picture(fig, f"{title or xlabel}: the ranges of all {len(values)} meet.")
    top = f"at the top {', '.join(best)}" if best else f"the lowest median has {order[0]}"
    return Picture(fig, f"{title or xlabel}: {top}.")


def plot_images(rows: Mapping[str, np.ndarray], title: str = "", wrap: int = 0) -> Picture:
    """Small pictures in rows, each row with its name at the left.

    Parameters
    ----------
    rows : dict of label → array of shape (n, height, width) or (n, height, width, 3)
        Grey from light (low) to dark (high), or red, green and blue in [0, 1].
    title : str
    wrap : int, default 0
        If positive, rows of one picture each stand side by side, so many to a line, named above.
    """
    names = list(rows)
    if wrap:
        lines, columns, size = -(-len(names) // wrap), wrap, 1.35
        cells = [(k // wrap, k % wrap, rows[name][0]) for k, name in enumerate(names)]
    else:
        lines, columns, size = len(names), max(map(len, rows.values())), 0.7
        cells = [(k, j, im) for k, name in enumerate(names) for j, im in enumerate(rows[name])]
    left, top, gap = (0.1 if wrap else 1.25), 0.42, (0.3 if wrap else 0.05)
    width, height = left + columns * (size + 0.06) + 0.1, top + lines * (size + gap) + 0.05
    fig = Figure(figsize=(width, height), facecolor="white")
    fig.text(0.5, 1 - 0.2 / height, title, ha="center", va="center", fontsize=13.5)
    for line, column, image in cells:
        x, y = left + column * (size + 0.06), height - top - (line + 1) * (size + gap)
        ax = fig.add_axes([x / width, y / height, size / width, size / height])
        grey = dict(cmap="gray_r", vmin=-0.5, vmax=2) if image.ndim == 2 else {}
        ax.imshow(image if grey else np.clip(image, 0, 1), **grey)
        ax.set_axis_off()
        if wrap:
            ax.set_title(names[line * wrap + column], fontsize=11.5, pad=3)
    if not wrap:
        for k, name in enumerate(names):
            y = height - top - (k + 0.5) * (size + gap)
            fig.text(0.1 / width, y / height, name, va="center", fontsize=12)
    return Picture(fig, f"{title}: {', '.join(names)}.")


def plot_tunes(tunes: Mapping[str, str], title: str = "") -> Picture:
    """Tunes in the notation of `datasets.melodies` as bars: time to the right, pitch upwards."""
    height = 0.75 + 0.75 * len(tunes)
    fig = Figure(figsize=(8.6, height), facecolor="white")
    axes = np.ravel(fig.subplots(len(tunes), 1, sharex=True, squeeze=False))
    fig.subplots_adjust(0.17, 0.55 / height, 0.98, 1 - 0.35 / height, hspace=0.25)
    longest = max(len(tune) for tune in tunes.values())
    for i, (ax, (name, tune)) in enumerate(zip(axes, tunes.items(), strict=True)):
        for start, length, pitch in notes(tune):
            colour = style(name, i).colour
            ax.barh(PITCHES.index(pitch), length - 0.15, 0.9, left=start, color=colour)
        for end in (k for k, c in enumerate(tune) if c == "|"):
            ax.axvline(end, color=INK, lw=1.4)
        ax.set(xlim=(-0.5, longest), ylim=(-1, len(PITCHES)), xticks=range(0, longest + 1, 16))
        ax.set_yticks([])
        ax.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=12)
        ax.spines[["top", "right", "left"]].set_visible(False)
    axes[0].set_title(title, fontsize=13.5)
    axes[-1].set_xlabel("time in eighth notes", fontsize=12.5)
    return Picture(fig, f"{title}: tunes of {', '.join(tunes)}, up to {longest} eighths long.")


def plot_shared_rate(tuning: Run, rate: float | None, steps: int) -> Picture:
    """Training losses of a search's optimizers, all at one rate or each at its best.

    Parameters
    ----------
    tuning : Run
        With the rates as second axis, the same for every optimizer.
    rate : float or None
        One of them; None for each optimizer's best at so many steps.
    steps : int
        How much of the run is shown.
    """
    rates = next(iter(tuning.optimizers.values())).lr
    window = 15  # batches: a loss of one batch jumps about
    losses = np.median(tuning.losses[:steps], axis=-1)
    smooth = losses.reshape(-1, window, *losses.shape[1:]).mean(axis=1)
    at = smooth[-1].argmin(axis=1) if rate is None else [int(np.argmin(abs(rates - rate)))] * 9
    x = window * (np.arange(len(smooth)) + 0.5)
    curves = {name: smooth[:, k, at[k]] for k, name in enumerate(tuning.optimizers)}
    fig, ax = figure(height=4.4)
    shown = {name: (x, np.minimum(c, 20.0)) for name, c in curves.items()}
    ends = draw_lines(ax, shown, ylog=True)
    ax.set_ylim(3e-3, 25)
    title = "Each at its best rate" if rate is None else f"All at the rate η = {rate:g}"
    ax.set(xlabel="step", ylabel="training loss", title=f"{title}, {steps} steps")
    label_ends(ax, ends)
    lowest = min(curves, key=lambda name: curves[name][-1])
    return Picture(fig, f"{title}: after {steps} steps {lowest} has the lowest loss.")


def plot_accumulators(G: Mapping[str, np.ndarray], lr: float, title: str = "") -> Picture:
    """Accumulators as they grow, beside the effective rates η/√G that they make.

    Parameters
    ----------
    G : dict of label → array of shape (T,)
        The accumulator after each example. Where it is still 0, nothing is drawn.
    lr : float
        η.
    title : str
        The caption compares the first label's last rate with that of each other, coarsely.
    """
    fig, (left, right) = figure(2, height=4.0, width=9.8)
    at = np.unique(np.linspace(1, len(next(iter(G.values()))), 400).astype(int)) - 1
    with np.errstate(divide="ignore"):
        rates = {name: lr / np.sqrt(sums) for name, sums in G.items()}
    for ax, curves, heading in ((left, G, "accumulator G"), (right, rates, "rate η/√G")):
        lines = {name: (at + 1.0, np.asarray(y)[at]) for name, y in curves.items()}
        ends = draw_lines(ax, lines, ylog=True)
        ax.set(xlabel="documents seen", title=heading)
        ax.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        label_ends(ax, ends)
    (first, *others), words = G, []
    for other in others:
        ratio = rates[first][-1] / rates[other][-1]
        much = next((w for most, w in _TIMES if ratio < most), "more than two hundred times")
        words.append(f"{much} that of “{other}”")
    return Picture(fig, f"{title}: at the end the rate of “{first}” is {' and '.join(words)}.")


_TIMES = [
    (0.5, "less than half"),
    (2.0, "about the same as"),
    (5.0, "a few times"),
    (200.0, "more than five times"),
]


def plot_conventions(name: str, steps: int, size: float, same_rate: bool = True) -> Picture:
    """How far each framework's version of a rule travels under constant gradients of any size.

    Parameters
    ----------
    name : str
        A rule that PyTorch, Keras and optax have: "adagrad", "rmsprop", "adadelta", "adam", ...
    steps : int
        How many steps are taken.
    size : float
        The gradient for which the sentence gives numbers.
    same_rate : bool
        η = 0.01 for all; otherwise each its default (optax has none: that of our class).
    """
    g = np.append(np.logspace(-10, 2, 145), size)[:, None]
    curves, here = {}, {}
    for framework in ("torch", "keras", "optax"):
        opt, x = like(name, framework, **({"lr": 0.01} if same_rate else {})), np.zeros_like(g)
        state = opt.init(x)
        for _ in range(steps):
            x, state = opt.advance(x, g, state)
        label = {"torch": "PyTorch", "keras": "Keras"}.get(framework, framework)
        here[label] = -x[-1, 0]
        for twin, (_, y) in list(curves.items()):
            if np.allclose(y, -x[:-1, 0], rtol=1e-2, atol=0):  # one line, two names
                curves.pop(twin)
                label = f"{twin} = {label}"
        curves[label] = g[:-1, 0], -x[:-1, 0]
    fig, ax = figure()
    ends = draw_lines(ax, curves, xlog=True, ylog=True)
    ax.axvline(size, color=FAINT, lw=1)
    rates = "η = 0.01 for all" if same_rate else "each its own η"
    ax.set(xlabel="size of the gradient", ylabel="distance travelled")
    ax.set_title(f"{type(opt).__name__}, {steps} step{'s' * (steps > 1)}, {rates}")
    low, top = min(y.min() for _, y in curves.values()), max(y.max() for _, y in curves.values())
    ax.set_ylim(low / 3, 3 * top)
    ax.text(size, low / 2, f" {size:.2g}", color=INK, fontsize=11.5)
    label_ends(ax, ends)
    far = "; ".join(f"{label} {sig(d)}" for label, d in here.items())
    ratio = max(here.values()) / min(here.values())
    return Picture(
        fig,
        f"After {steps} step{'s' * (steps > 1)} with gradients of {size:.2g}: {far}; the largest "
        f"is {sig(ratio)} times the smallest.",
    )


def plot_ranges(
    rates: np.ndarray, curves: Mapping[str, Mapping[str, np.ndarray]], within: float, title: str
) -> Picture:
    """For each problem and method, a bar over the rates that are good, with a mark at the best.

    Parameters
    ----------
    rates : array of shape (R,)
    curves : dict of problem → dict of method → array of shape (R,)
        The loss at each rate.
    within : float > 1
        Rates up to this factor above the method's lowest loss are good.
    title : str
    """
    names = list(next(iter(curves.values())))
    fig, axes = figure(len(curves), height=3.6, width=9.8, sharey=True)
    fine, wide = np.geomspace(rates[0], rates[-1], 2001), 0.88 / len(curves)
    for i, (ax, (problem, scores)) in enumerate(zip(axes, curves.items(), strict=True)):
        ax.set_position([0.115 + i * wide, 0.17, wide - 0.02, 0.63])
        ax.set_xscale("log")
        for y, name in enumerate(reversed(names)):
            curve = np.log(np.clip(scores[name], 1e-12, 1e9))
            curve = np.interp(np.log(fine), np.log(rates), curve)
            good = curve <= curve.min() + np.log(within)
            look = style(name)
            bar = np.where(good, y, np.nan)
            ax.plot(fine, bar, lw=9, color=look.colour, alpha=0.45, solid_capstyle="butt")
            best = rates[scores[name].argmin()]
            ax.plot([best], [y], look.marker, color=look.colour, ms=8, mec="white")
        ax.set(xlabel="rate η", xlim=(rates[0], rates[-1]), ylim=(-0.6, len(names) - 0.4))
        ax.set_title(problem)
        ax.set_yticks(range(len(names)), names[::-1])
        ax.grid(axis="x", color="#dddddd", lw=0.8)
        tidy(ax)
        ax.title.set_size(12)
    fig.suptitle(title, size=13.5, y=0.98)
    best = {p: [rates[s.argmin()] for s in c.values()] for p, c in curves.items()}
    apart = min(max(each) / min(each) for each in best.values())
    return Picture(
        fig,
        f"{title}. On every problem the methods' best rates differ by a factor of "
        f"{10 ** int(np.log10(apart))} or more.",
    )


def plot_winners(
    winners: np.ndarray, lead: np.ndarray, rows: Sequence[str], columns: Sequence[str], title: str
) -> Picture:
    """A table of who wins, shaded by how far AdaGrad is ahead of SGDLinear.

    Parameters
    ----------
    winners : array of str, shape (rows, columns)
        Lines of names.
    lead : array of float, shape (rows, columns)
        SGDLinear's loss divided by AdaGrad's.
    rows, columns : sequence of str
    title : str
    """
    fig, ax = figure(height=0.9 + 0.62 * len(rows), width=9.8)
    ax.set_position([0.2, 0.03, 0.78, 0.8])
    ax.imshow(np.log10(lead), cmap=MAP, aspect="auto", vmin=-0.5, vmax=2)
    for (i, j), names in np.ndenumerate(winners):
        ax.text(j, i - 0.12, names, ha="center", va="center", fontsize=9.5, fontweight="bold")
        ax.text(j, i + 0.34, sig(lead[i, j]), ha="center", va="center", fontsize=9.5)
    ax.set_xticks(range(len(columns)), columns, fontsize=10.5)
    ax.set_yticks(range(len(rows)), rows, fontsize=11)
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False, bottom=False)
    ax.spines[:].set_visible(False)
    fig.suptitle(title, size=13.5, y=0.985)
    share = np.mean(lead > 1)
    return Picture(
        fig,
        f"{title}: AdaGrad is ahead of SGDLinear in {share:.0%} of {lead.size} cells.",
    )


def plot_tuning(surface: str, noise: float, schedule: str, rate: float) -> Picture:
    """Loss after 150 steps against the rate, for four methods with one schedule.

    Parameters
    ----------
    surface : str
        A name in `SURFACES`.
    noise : float
    schedule : str
        The name of a function in `schedules`.
    rate : float
        The rate to look at.
    """
    ground, rates = SURFACES[surface], rate_grid(1e-4, 10, per_decade=4)
    factor = getattr(schedules, schedule)
    starts = random_starts(ground, 12)
    curves, words, widths = {}, [], {}
    for rule in (SGD(), Momentum(), AdaGrad(), Adam()):
        name, opt = type(rule).__name__, Scheduled(rule=rule, schedule=factor)
        tuned = sweeps.tune(ground, opt, starts, np.append(rates, rate), 150, noise)
        *curve, here = tuned.scores
        curves[name] = np.maximum(curve, 1e-9)
        low = curves[name].min()
        widths[name] = np.sum(curves[name] <= 2 * low) / 4
        lost = here > 10 * curves[name][0]
        words.append(f"{name} {'runs away' if lost else sig(max(here, 1e-9) / low)}")
    top = 10 * max(curve[0] for curve in curves.values())
    fig, ax = figure()
    shown = {name: (rates, np.minimum(curve, top)) for name, curve in curves.items()}
    ends = draw_lines(ax, shown, xlog=True, ylog=True)
    ax.axvline(rate, color=INK, lw=1.2)
    ax.set(xlabel="rate η", ylabel="median loss after 150 steps")
    ax.set_title(f"{surface}, noise {noise:g}, {schedule.replace('_', ' ')}")
    label_ends(ax, ends)
    widest = ", ".join(f"{name} {sig(width)}" for name, width in widths.items())
    return Picture(
        fig,
        f"At η = {sig(rate)}, in multiples of each method's own lowest loss: {', '.join(words)}. "
        f"Powers of ten within twice the lowest: {widest}.",
    )


def plot_bowl_race(kappa: float, noise: float, rare: bool, d: int, seed: int = 0) -> Picture:
    """Losses of six tuned methods on a bowl, as multiples of the lowest.

    Parameters
    ----------
    kappa, noise, rare, d, seed
        As for `bowl_losses`.
    """
    rules = [SGD(), SGDLinear(), Momentum(), AdaGrad(), RMSprop(), Adam()]
    judged = fair(
        lambda opt: bowl_losses(opt, d, kappa, noise, rare, seed=seed),
        {type(opt).__name__: opt for opt in rules},
        rate_grid(0.001, 30, 3),
    )
    middle = {name: float(np.median(losses)) for name, losses in judged.items()}
    middle = {name: max(loss, 1e-30) for name, loss in middle.items()}  # 0 has no multiples
    lowest = min(middle.values())
    fig, ax = figure(height=4.1)
    ax.set_position([0.14, 0.15, 0.74, 0.74])
    names, most = list(middle)[::-1], 30.0
    for row, name in enumerate(names):
        times, look = middle[name] / lowest, style(name)
        ax.plot([1, min(times, most)], [row, row], color=look.colour, ls=look.dash, lw=2)
        ax.plot(min(times, most), row, look.marker, color=look.colour, ms=10)
        word, here = f"{times:.2g}" if times < most else f"over {most:g}", (min(times, most), row)
        ax.annotate(word, here, (9, 0), textcoords="offset points", va="center", fontsize=11.5)
    ax.set_xscale("log")
    ax.set_xlim(0.95, 40)
    ax.set_xticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
    ax.minorticks_off()
    ax.set_yticks(range(len(names)), names, fontsize=12)
    ax.set(xlabel="loss, as a multiple of the lowest", ylim=(-0.6, 5.6))
    often = "rare gradients" if rare else "a gradient in every step"
    ax.set_title(f"κ = {kappa:g}, noise {noise:g}, {often}, {d} dimensions")
    order = sorted(middle, key=lambda name: middle[name])
    times = ", ".join(f"{n} {sig(min(middle[n] / lowest, most))}" for n in order[1:])
    return Picture(
        fig,
        f"κ = {kappa:g}, noise {noise:g}, {often}, {d} dimensions, seed {seed}: {order[0]} has the "
        f"lowest loss. In multiples of it, at most {most:g}: {times}.",
    )
