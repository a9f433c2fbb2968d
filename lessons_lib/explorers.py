"""Explorers: a picture, the controls that change it, and a question to play for.

An explorer draws into one image, so that nothing flickers, and says in words what it shows.
Without a kernel its output is that picture and those words.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import ipywidgets as widgets
import numpy as np

from .datasets.melodies import sound, tunes
from .experiments import compare
from .optimizers import AdaGrad
from .plotting import (
    Picture,
    Stage,
    plot_accumulators,
    plot_bowl_race,
    plot_conventions,
    plot_first_step,
    plot_lemma4,
    plot_outlier,
    plot_parabola,
    plot_rare,
    plot_shared_rate,
    plot_tunes,
    plot_tuning,
)
from .race import Race
from .validation import Registry

EXPLORERS: Registry = Registry("explorer")


class Keys(anywidget.AnyWidget):
    """Leaves the keys that are pressed in its box to what has the focus there.

    Otherwise JupyterLab takes them: a letter typed to choose from a list turns the cell into
    text or deletes it, and the arrows leave the list. Ctrl, Alt and Shift+Enter remain Lab's.
    """

    _esm = """
    function render({ el }) {
      const keep = ({ target, key, ctrlKey, metaKey, altKey, shiftKey }) => {
        const labs = ctrlKey || metaKey || altKey || (shiftKey && key === "Enter");
        if (el.closest(".widget-vbox")?.contains(target))
          target.toggleAttribute("data-lm-suppress-shortcuts", !labs);
      };
      window.addEventListener("keydown", keep, true);
      return () => window.removeEventListener("keydown", keep, true);
    }
    export default { render };
    """


class Explorer:
    """Controls around a picture.

    Parameters
    ----------
    draw : callable
        ``draw(**values)`` → Picture, with one keyword for each control.
    question : str
        What to play for.
    controls : dict of str → widget
        Keyword → an ipywidgets control with a ``value``.
    show : sequence of str, optional
        The controls to show, all by default; the others keep their values.
    """

    def __init__(
        self,
        draw: Callable[..., Picture],
        question: str,
        controls: dict[str, widgets.Widget],
        show: Sequence[str] | None = None,
    ):
        self.draw, self.controls = draw, controls
        self.initial = {name: control.value for name, control in controls.items()}
        self.image = widgets.Image(format="png", layout=widgets.Layout(max_width="100%"))
        self.sentence = widgets.HTML()
        self.picture: Picture | None = None
        self.stage = Stage()
        again = widgets.Button(description="Reset", tooltip="Back to the first settings")
        again.on_click(lambda _: self.reset())
        for control in controls.values():
            control.style.description_width = "7.5em"
            control.layout.width = "24em"
            control.observe(self._refresh, "value")
        row = widgets.Layout(flex_flow="row wrap", align_items="center")
        self.box = widgets.VBox(
            [
                Keys(layout=widgets.Layout(display="none")),
                widgets.HTML(f"<b>Play for this:</b> {question}"),
                widgets.Box([*(controls[name] for name in show or controls), again], layout=row),
                self.image,
                self.sentence,
            ]
        )
        self._refresh()

    def reset(self) -> None:
        """Put every control back to where it was."""
        for name, control in self.controls.items():
            control.value = self.initial[name]

    def _refresh(self, _: Any = None) -> None:
        values = {name: control.value for name, control in self.controls.items()}
        self.picture = self.draw(**values)
        self.image.value = self.stage.png(self.picture.figure)
        self.sentence.value = f'<span role="status">{self.picture.caption}</span>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict, dict]:
        data, metadata = self.picture.bundle()
        return {**self.box._repr_mimebundle_(), **data}, metadata


def explorer(make: Callable[..., Any]) -> Callable[..., Any]:
    """Enter a function that makes an explorer in `EXPLORERS`, by its name."""
    EXPLORERS[make.__name__] = make
    return make


def slider(label: str, low: float, high: float, value: float, step: float) -> widgets.FloatSlider:
    """A slider in plain units that redraws while it moves."""
    return widgets.FloatSlider(
        value=value, min=low, max=high, step=step, description=label, readout_format=".3g"
    )


def log_slider(label: str, low: float, high: float, value: float) -> widgets.FloatLogSlider:
    """A slider over powers of ten: `low` and `high` are exponents."""
    return widgets.FloatLogSlider(
        value=value, min=low, max=high, step=0.05, description=label, readout_format=".2g"
    )


def choice(label: str, options: Sequence[Any], value: Any) -> widgets.Dropdown:
    """A drop-down list."""
    return widgets.Dropdown(options=options, value=value, description=label)


@explorer
def race(
    question: str = "which method can you make win?",
    surface: str = "valley",
    optimizers: Sequence[str] = ("SGD", "AdaGrad"),
    rate: float = 0.5,
    steps: int = 100,
    show: Sequence[str] | None = None,
    tuned: bool = False,
    **settings: Any,
) -> Race:
    """The race: one surface, one start, some optimizers, with the reader's rate or each its best.

    Parameters
    ----------
    question : str
    surface : str
        A name in `SURFACES`.
    optimizers : sequence of str
        Class names, the ones that are chosen at first.
    rate : float
        The rate at first, the same for all.
    steps : int
        The length of the race.
    show : sequence of str, optional
        The controls to show, of `lessons_lib.race.CONTROLS`. All by default.
    tuned : bool
        Whether at first each method has the rate that is best for it from eight random starts.
    **settings
        What else to set at first: ``start`` (a pair, which turns along with the surface),
        ``angle`` (degrees), ``noise``, ``seed``,
        and the hyper-parameters ``momentum``, ``rho``, ``beta1``, ``beta2`` and ``eps``, which
        each method that has them takes.
    """
    first = dict(surface=surface, optimizers=optimizers, rate=rate, steps=steps, tuned=tuned)
    return Race(question, show, **first, **settings)


@explorer
def parabola(question: str = "which rate arrives in one step?") -> Explorer:
    """Gradient descent in one dimension: its rate against the curvature."""
    return Explorer(
        plot_parabola,
        question,
        {
            "rate": slider("rate η", 0.05, 4.2, 0.3, 0.05),
            "curvature": choice("curvature L", [0.5, 1.0, 2.0, 4.0], 2.0),
            "steps": widgets.IntSlider(value=12, min=0, max=40, description="steps"),
        },
    )


@explorer
def first_step(question: str = "where does ε start to matter?") -> Explorer:
    """One AdaGrad update from a fresh start, written out in numbers: where ε stands, and G₀."""
    return Explorer(
        plot_first_step,
        question,
        {
            "gradient": log_slider("gradient g", -12, 2, 1e-5),
            "G0": choice("G₀", [0.0, 1e-6, 1e-3, 0.1, 1.0], 0.0),
            "rate": log_slider("rate η", -4, 1, 0.1),
            "eps": log_slider("ε", -12, -2, 1e-7),
            "inside": choice("ε stands", [("outside the root", False), ("inside", True)], True),
        },
    )


@explorer
def lemma4(question: str = "can you find a sequence whose ratio exceeds 2?") -> Explorer:
    """Lemma 4: sequences of gradients, and how much of the area 2 they fill."""

    def draw(kind, power, rounds, seed):
        t = np.arange(1.0, rounds + 1)
        g = np.ones(rounds)
        if kind == "random":
            g = np.random.default_rng(seed).standard_normal(rounds)
        elif kind == "one is 100":
            g[rounds // 2] = 100.0
        elif kind == "halved each time":
            g = 0.5**t
        elif kind == "adversary":  # the next √G is 2/V times the last, V being the ratio so far
            V, sides = 1.0, [1.0]
            for _ in t[1:]:
                sides.append(sides[-1] * 2 / V)
                V = 1 + V * V / 4
            g = np.sqrt(np.diff(np.square(sides), prepend=0.0))
        times = f" × t^{power:g}" if power else ""
        return plot_lemma4(g * t**power, f"{rounds} rounds, {kind}{times}")

    kinds = ["constant", "random", "one is 100", "halved each time", "adversary"]
    return Explorer(
        draw,
        question,
        {
            "kind": choice("gradients", kinds, "constant"),
            "power": slider("times tᵖ, p =", -3, 4, 0, 0.25),
            "rounds": widgets.IntSlider(value=20, min=2, max=300, description="rounds T"),
            "seed": widgets.BoundedIntText(value=0, min=0, max=9999, description="seed"),
        },
    )


@explorer
def outlier(question: str = "how large may one wild gradient be?") -> Explorer:
    """One wild gradient, then a best point that moves: who is back, and when."""
    return Explorer(
        plot_outlier,
        question,
        {
            "size": log_slider("wild gradient", 0, 9, 1e6),
            "beta2": choice("memory β₂, ρ", [0.5, 0.9, 0.99, 0.999], 0.9),
            "clip": choice(
                "clipping", [("none", np.inf), ("at 100", 100.0), ("at 10", 10.0)], np.inf
            ),
        },
    )


@explorer
def shared_rate(question: str = "at which shared rate does each method look best?") -> Explorer:
    """The digits network with six optimizers, all at one rate: who looks best at which."""
    tuning = compare("digits").search.tuning
    rates = [(f"{r:g}", r) for r in tuning.optimizers["SGD"].lr.tolist()]
    return Explorer(
        lambda rate, steps: plot_shared_rate(tuning, rate, steps),
        question,
        {
            "rate": choice("rate η", [("each its best", None), *rates], 0.16),
            "steps": choice("steps", [90, 225, 450], 450),
        },
    )


@explorer
def jukebox(question: str = "can you hear which optimizer wrote a tune?") -> Explorer:
    """What the note-by-note networks of lesson 07 write, as a picture and to listen to."""
    result, text = compare("tunes"), tunes()
    net, first = result.task.model, tunes().alphabet.index("|")

    def write(optimizer, tune):
        theta = result.run.theta[list(result.run.optimizers).index(optimizer), 0, 0]
        return text.decode(net.write(theta, first, 64, seed=tune, temperature=0.6))

    def draw(optimizer, tune):
        picture = plot_tunes({optimizer: write(optimizer, tune)}, f"Tune {tune}")
        return Picture(picture.figure, f"Tune {tune}, as the network of {optimizer} writes it.")

    names = list(result.run.optimizers)
    made = Explorer(
        draw,
        question,
        {
            "optimizer": choice("optimizer", names, "Adam"),
            "tune": widgets.BoundedIntText(value=1, min=1, max=99, description="tune"),
        },
    )
    button = widgets.Button(description="Render", tooltip="Make the sound of this tune")
    shown = (*made.box.children, button)

    def render(_: Any) -> None:
        notes = write(**{name: c.value for name, c in made.controls.items()})
        player = widgets.Audio(value=sound(notes), format="wav", autoplay=False, loop=False)
        made.box.children = (*shown, player)

    def silence(_: Any = None) -> None:
        """No player without a sound, and none with the sound of another tune."""
        made.box.children = shown

    button.on_click(render)
    for control in made.controls.values():
        control.observe(silence, "value")
    silence()
    return made


@functools.cache
def _docstrings() -> tuple:
    from .datasets import docstrings, words_and_pairs  # loads SciPy, and imports many modules

    documents, labels = docstrings()
    X, features = words_and_pairs(documents)
    order = np.random.default_rng(0).permutation(len(labels))
    return X, features, labels, order


@functools.lru_cache(maxsize=16)
def _residuals(rate: float, G0: float) -> np.ndarray:
    """1 − p for each document, p being the probability that AdaGrad gave to its label."""
    from .models.logistic import online

    X, _, labels, order = _docstrings()
    run = online(X, labels, AdaGrad(lr=np.array([rate]), G0=G0), order, batch=1)
    return -np.expm1(-run.losses[:, 0])


@explorer
def rare_words(
    question: str = "which words get the greatest rates, and what does G₀ do to them?",
    rate: float = 0.2,
) -> Explorer:
    """A word of the docstrings beside the commonest: what AdaGrad accumulates for each.

    Parameters
    ----------
    question : str
    rate : float
        η at first.
    """

    def draw(word, rate, G0):
        X, features, _, order = _docstrings()
        names = list(dict.fromkeys([word, "the"]))
        columns = X[:, [features.index(name) for name in names]].toarray()[order]
        squares = _residuals(round(rate, 4), G0)[:, None] ** 2 * columns
        G = dict(zip(names, (G0 + squares.cumsum(axis=0)).T, strict=True))
        return plot_accumulators(G, rate, f"η = {rate:.2g}, G₀ = {G0:g}")

    words = ["zip", "matrix", "socket", "colormap", "figure", "file", "return", "of"]
    return Explorer(
        draw,
        question,
        {
            "word": choice("word", [w for w in words if w in _docstrings()[1]], "zip"),
            "rate": log_slider("rate η", -2, 1, rate),
            "G0": choice("G₀", [0.0, 0.001, 0.1, 1.0], 0.0),
        },
    )


@explorer
def conventions(question: str = "for which gradients do the three agree?") -> Explorer:
    """One name, three frameworks: how far each goes, for gradients of every size."""
    return Explorer(
        lambda name, size, steps, rate: plot_conventions(name, steps, size, rate),
        question,
        {
            "name": choice("rule", ["adagrad", "rmsprop", "adadelta", "adam"], "adagrad"),
            "size": log_slider("gradient", -10, 2, 1e-2),
            "steps": widgets.IntSlider(value=1, min=1, max=200, description="steps"),
            "rate": choice("η", [("0.01 for all", True), ("each its default", False)], True),
        },
    )


@explorer
def tuning(question: str = "which schedule makes the rate matter least?") -> Explorer:
    """Sensitivity curves of four methods: how good each rate is, with each schedule."""
    schedules = ["constant", "linear", "inverse_root", "step_decay"]
    schedules += ["cosine", "warm_restarts", "warm_up"]
    return Explorer(
        plot_tuning,
        question,
        {
            "surface": choice("surface", ["tilted valley", "rosenbrock", "beale"], "tilted valley"),
            "noise": choice("noise", [0.0, 0.3, 1.0], 0.3),
            "schedule": choice("schedule", schedules, "constant"),
            "rate": log_slider("rate η", -4, 1, 0.1),
        },
    )


@explorer
def rare(question: str = "which of two features has the larger rate?") -> Explorer:
    """A rare feature with large gradients beside a frequent one with small: their rates."""
    return Explorer(
        plot_rare,
        question,
        {
            "share": log_slider("rare: share", -2, 0, 0.1),
            "size": log_slider("frequent: size", -3, 1, 1.0),
            "counting": choice(
                "accumulator", [("adds up squares", False), ("counts", True)], False
            ),
        },
    )


@explorer
def bowl_race(question: str = "can the number of dimensions alone change the winner?") -> Explorer:
    """Six methods, each at its best rate, on a bowl of which four things can be chosen."""
    return Explorer(
        plot_bowl_race,
        question,
        {
            "kappa": choice("conditioning κ", [1, 10, 100, 1000, 10_000], 1),
            "noise": choice("noise", [0.0, 0.01, 0.1, 1.0], 0.1),
            "rare": choice("gradients", [("in every step", False), ("rare", True)], False),
            "d": choice("dimensions", [3, 10, 30, 100], 30),
            "seed": widgets.BoundedIntText(value=0, min=0, max=9999, description="seed"),
        },
    )
