"""The ratios as a picture: bars on a log scale, each with its bar and its stretch."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from measuring import Row, digits


def draw(rows: list[Row], words: str) -> Figure:
    """The rows that are ratios to someone else's way, each as a bar from 1 to its median.

    Parameters
    ----------
    rows : list of Row
    words : str
        Of the machine; printed above.
    """
    shown = [r for r in rows if r.against and r.figures and r.unit == "×" and r.least][::-1]
    fig = Figure(figsize=(10, 1.6 + 0.36 * len(shown)), layout="constrained")
    ax = fig.add_subplot()
    ax.axvline(1, color="black", lw=1)
    for y, row in enumerate(shown):
        missed = not row.reaches(row.bar)
        look = dict(color="white", hatch="////") if missed else dict(color="0.75")
        ax.barh(y, row.median - 1, left=1, height=0.62, edgecolor="0.3", **look)
        ax.plot(row.spread, [y, y], color="black", lw=1.2)
        if row.bar is not None:
            ax.plot(row.bar, y, "|", color="black", ms=12, mew=2.5)
        if row.stretch is not None:
            ax.plot(row.stretch, y, ">", color="black", ms=5)
        right = max(row.spread[1], row.median, row.stretch or 0, row.bar or 0, 1)
        near = dict(xytext=(9, 0), textcoords="offset points", va="center", fontweight="bold")
        ax.annotate(f"{digits(row.median)}×", (right, y), **near)
    labels = [f"{row.work}\nagainst {row.against}" for row in shown]
    ax.set_yticks(range(len(shown)), labels, fontsize=7.5)
    ticks = [0.1, 1, 10, 100, 1000, 10_000]
    ax.set(xscale="log", xlim=(0.1, 40_000), ylim=(-0.7, len(shown) - 0.3))
    ax.set_xticks(ticks, [f"{digits(tick)}×" for tick in ticks])
    ax.set_xlabel("how many times as fast (median; log scale)")
    ax.set_title(words, fontsize=6.5, color="0.25", loc="right")
    ax.spines[["top", "right"]].set_visible(False)
    lines = dict(color="black", linestyle="")
    keys = [
        Patch(facecolor="0.75", edgecolor="0.3", label="at its bar or above, or without one"),
        Patch(facecolor="white", edgecolor="0.3", hatch="////", label="below its bar"),
        *ax.plot([], [], marker="|", ms=12, mew=2.5, label="bar", **lines),
        *ax.plot([], [], marker=">", ms=5, label="stretch", **lines),
        *ax.plot([], [], color="black", lw=1.2, label="middle half of the rounds"),
    ]
    fig.legend(handles=keys, loc="outside lower center", ncols=5, fontsize=7.5, frameon=False)
    return fig
