"""The ratios as a picture: bars on a log scale, each with its bar and its stretch."""

from __future__ import annotations

from matplotlib.figure import Figure

from measuring import Row, digits


def draw(rows: list[Row], words: str) -> Figure:
    """The rows that are ratios to someone else's way, each as a bar from 1 to its median.

    Parameters
    ----------
    rows : list of Row
    words : str
        Of the machine; printed below.
    """
    shown = [r for r in rows if r.against and r.figures and r.unit == "×" and r.least][::-1]
    fig = Figure(figsize=(10, 1.4 + 0.36 * len(shown)), layout="constrained")
    ax = fig.add_subplot()
    for y, row in enumerate(shown):
        good = row.reaches(row.bar)
        ax.barh(
            y,
            row.median - 1,
            left=1,
            height=0.62,
            color="0.72" if good else "white",
            edgecolor="0.25",
            hatch="" if good else "////",
        )
        ax.plot([min(row.figures), max(row.figures)], [y, y], color="black", lw=1.2)
        for aim, marker in ((row.bar, "|"), (row.stretch, ">")):
            if aim is not None:
                ax.plot(aim, y, marker, color="black", ms=11 if marker == "|" else 6, mew=2)
        right = max(row.median, *row.figures, row.stretch or 0, row.bar or 0, 1)
        ax.annotate(
            digits(row.median) + "×",
            (right, y),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontweight="bold",
        )
    ax.set_yticks(
        range(len(shown)), [f"{r.work}\nagainst {r.against}" for r in shown], fontsize=7.5
    )
    ax.axvline(1, color="black", lw=1)
    ax.set(xscale="log", xlim=(0.1, 30_000), ylim=(-0.7, len(shown) - 0.3))
    ax.set_xlabel(
        "times as fast (log scale)   | bar   > stretch   — spread   hatched: below the bar"
    )
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    fig.text(0.995, 0.995, words, ha="right", va="top", fontsize=6, color="0.3")
    return fig
