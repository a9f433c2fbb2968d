"""The rows as a picture: ratios, and beneath them how the other rows stand to their bars."""

from __future__ import annotations

from textwrap import fill

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from measuring import Row, digits


def is_ratio(row: Row) -> bool:
    """Whether a row says how many times as fast something is."""
    return row.unit == "×" and row.least


def ordered(rows: list[Row]) -> list[Row]:
    """The rows of the picture from top to bottom: all ratios, then all others with a bar."""
    others = [row for row in rows if not is_ratio(row) and row.bar is not None]
    return [*filter(is_ratio, rows), *others]


def names(rows: list[Row]) -> str:
    """The measured rows of the picture and their bars, a line each: kept in the file.

    >>> print(names([Row(work="a", against="b", bar=2, figures=(3,)), Row(work="c", bar=1)]))
    a | b | 2× |
    """
    return "\n".join(" | ".join(r.cells()[:4]).strip() for r in ordered(rows) if r.figures)


def text(row: Row) -> str:
    """What stands at the end of a row."""
    if not row.figures:
        return "not measured"
    words, bar = digits(row.median) + row.unit, None
    if row.bar is not None:
        bar = digits(row.bar) + row.unit
    if is_ratio(row):
        return f"{words}, below its bar of {bar}" if row.misses else words
    words += f" (at {'least' if row.least else 'most'} {bar})"
    return words + (", misses its bar" if row.misses else "")


def panel(ax: Axes, rows: list[Row], share: bool, left: float, right: float) -> None:
    """Bars from 1 to the median; with `share`, to how many times better it is than the bar.

    The axis reaches from left to right, and further where a row asks for it.
    """
    ax.axvline(1, color="black", lw=1)
    for y, row in enumerate(rows[::-1]):

        def place(figure: float, row: Row = row) -> float:
            if not share:
                return figure
            return figure / row.bar if row.least else row.bar / figure

        end, words = 1.0, text(row)
        if row.figures:
            middle, spread = place(row.median), [place(figure) for figure in row.spread]
            look = dict(color="white", hatch="////") if row.misses else dict(color="0.75")
            ax.barh(y, middle - 1, left=1, height=0.62, edgecolor="0.3", **look)
            ax.plot(spread, [y, y], color="black", lw=1.2)
            end = max(end, middle, *spread)
        if row.bar is not None:
            ax.plot(place(row.bar), y, "|", color="black", ms=12, mew=2.5)
            end = max(end, place(row.bar))
        if row.stretch is not None:
            ax.plot(place(row.stretch), y, ">", color="black", ms=5)
            end = max(end, place(row.stretch))
        near = dict(xytext=(9, 0), textcoords="offset points", va="center", fontweight="bold")
        ax.annotate(words, (end, y), fontsize=8.5, **near)
    labels = [
        f"{row.work}\nagainst {row.against}" if row.against else fill(row.work, 48) for row in rows
    ]
    ax.set_yticks(range(len(rows)), labels[::-1], fontsize=7.5)
    if rows:
        left, right = min(left, 0.8 * ax.dataLim.x0), max(right, 30 * ax.dataLim.x1)
    ax.set(xscale="log", xlim=(left, right), ylim=(-0.7, len(rows) - 0.3))
    ax.spines[["top", "right"]].set_visible(False)


def draw(rows: list[Row], words: str) -> Figure:
    """All ratios and all rows with a bar.

    Parameters
    ----------
    rows : list of Row
    words : str
        Of the machine; printed above.
    """
    ratios = [row for row in ordered(rows) if is_ratio(row)]
    others = [row for row in ordered(rows) if not is_ratio(row)]
    heights = [len(ratios) + 0.6, len(others) + 0.6]
    fig = Figure(figsize=(10, 2.2 + 0.33 * sum(heights)), layout="constrained")
    top, low = fig.subplots(2, height_ratios=heights)
    panel(top, ratios, share=False, left=0.1, right=100_000)
    panel(low, others, share=True, left=0.25, right=40)
    ticks = [0.1, 1, 10, 100, 1000, 10_000]
    top.set_xlabel("how many times as fast, or as small (median; log scale)")
    top.set_xticks(ticks, [f"{digits(tick)}×" for tick in ticks])
    ticks = [0.25, 0.5, 1, 2, 4, 8]
    low.set_xlabel("how many times better than its bar (median; log scale)")
    low.set_xticks(ticks, [f"{digits(tick)}×" for tick in ticks])
    low.minorticks_off()
    fig.suptitle(words, fontsize=7.5, color="0.25", x=0.99, ha="right")
    lines = dict(color="black", linestyle="")
    keys = [
        Patch(facecolor="0.75", edgecolor="0.3", label="as good as its bar, or without one"),
        Patch(facecolor="white", edgecolor="0.3", hatch="////", label="not as good as its bar"),
        *top.plot([], [], marker="|", ms=12, mew=2.5, label="bar", **lines),
        *top.plot([], [], marker=">", ms=5, label="stretch", **lines),
        *top.plot([], [], color="black", lw=1.2, label="middle half of the rounds"),
    ]
    fig.legend(handles=keys, loc="outside lower center", ncols=5, fontsize=7.5, frameon=False)
    return fig


def save(rows: list[Row], machine: str, sentence: str, path: str) -> None:
    """Draw, and keep in the file which rows are shown and what is to be said of them."""
    notes = {"Rows": names(rows), "Description": sentence, "Comment": machine}
    draw(rows, machine).savefig(path, dpi=120, metadata=notes, facecolor="white")
