"""The race: an explorer that computes every rate at once, so that the browser only has to draw.

Python runs all optimizers with all rates of the slider in one batch and sends the paths packed
into 16 bits a number; `race.js` draws. Moving the slider or the time therefore never waits for
the kernel. The same numbers, stored with a notebook or a page, keep both moving without one.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import html
import json
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path as File
from typing import Any

import anywidget
import numpy as np
import traitlets
from matplotlib.colors import to_hex
from matplotlib.markers import MarkerStyle

from .descent import Path, descend, gaussian
from .optimizers import OPTIMIZERS
from .plotting import INK, MAP, Style, contour_levels, describe, race_picture, style
from .surfaces import SURFACES, Surface, rotated
from .sweeps import random_starts, tune
from .validation import FINITE, NOT_NEGATIVE, POSITIVE, Registry, number, points, whole_number

HYPERS = {
    "momentum": ("momentum μ", [0.0, 0.5, 0.8, 0.9, 0.95, 0.99]),
    "rho": ("memory ρ", [0.0, 0.5, 0.9, 0.95, 0.99, 0.999]),
    "beta1": ("β₁", [0.0, 0.5, 0.9, 0.95, 0.99]),
    "beta2": ("β₂", [0.0, 0.9, 0.95, 0.99, 0.999, 0.9999]),
    "eps": ("ε", [0.0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 0.1, 1.0]),
}
"""Hyper-parameter → its label, and the values to choose from. Unset, each method has its own."""

CONTROLS = ("surface", "optimizers", "rate", "tuned", "x", "y", "angle", "noise", "seed", "steps")
CONTROLS += (*HYPERS, "step")
ROUND = (1, 1.2, 1.5, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8)
RATES = np.array([*(float(f"{m}e{d}") for d in range(-4, 1) for m in ROUND), 10.0])
"""The slider's rates: round ones, that a lesson can name and a reader can find."""

LONGEST = 1000  # steps
MOST = 2400  # optimizers times steps that are sent with all 61 rates
HUGE = 1e25  # the largest number that is sent; a start's loss may not be above it
_TINY = 1e-12  # numbers up to about this size are sent in a linear scale, larger ones in a log one
_TOP = 65535


def plain(value: Any, _: Any = None) -> Any:
    """The value as JSON has it; NaN and infinity, which JSON lacks, become words."""
    return json.loads(json.dumps(value), parse_constant=str)


def own(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's: JSON and the copyable line know no others."""
    if isinstance(value, Mapping):
        return {key: own(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [own(each) for each in value]
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


class Race(anywidget.AnyWidget):
    """Some optimizers on one surface from one start, for every rate of a slider.

    Parameters
    ----------
    question : str
        What to play for; may hold markup such as ``<i>``.
    show : sequence of str, optional
        The controls to show, of `CONTROLS`; all by default. The start can always be moved on
        the map.
    **settings
        The first settings, by the names of `DEFAULTS`; see `lessons_lib.explorers.race`.

    Attributes
    ----------
    settings : dict
        The settings, by the names of the parameters. Assign a new dict to change some.
    header : dict
        What was computed, in words and numbers; ``header["error"]`` says why nothing was.
    """

    _esm = File(__file__).with_name("race.js")
    _css = File(__file__).with_name("race.css")
    form = traitlets.Dict().tag(sync=True, to_json=plain)
    settings = traitlets.Dict().tag(sync=True, to_json=plain)
    header = traitlets.Dict().tag(sync=True)
    ground = traitlets.Bytes().tag(sync=True)  # the surface, as heights between contours
    shown = traitlets.Bytes().tag(sync=True)  # the paths at the rates that are on screen
    paths = traitlets.Bytes().tag(sync=True)  # the paths at all rates, deflated

    def __init__(self, question: str, show: Sequence[str] | None = None, **settings: Any):
        controls = Registry("control", **{name: name for name in CONTROLS})
        shown = [controls[name] for name in (CONTROLS if show is None else show)]
        known = Registry("setting", **DEFAULTS)
        for name in settings:
            known[name]
        first = own({**DEFAULTS, **settings})
        spelt = {key: cls.__name__ for key, cls in OPTIMIZERS.items()}
        names = dict.fromkeys(spelt.get(str(n).lower(), str(n)) for n in first["optimizers"])
        first["optimizers"] = list(names)  # each once, as the boxes have it
        self.rates = RATES.copy()
        if isinstance(first["rate"], int | float) and 0 < first["rate"] < math.inf:  # else refused
            self.rates[np.argmin(np.abs(np.log(self.rates / first["rate"])))] = first["rate"]
        super().__init__(
            settings=first,
            form={
                "question": question,
                "show": shown,
                "surfaces": list(SURFACES),
                "optimizers": [cls.__name__ for cls in OPTIMIZERS.values()],
                "hypers": {k: {"label": v[0], "values": v[1]} for k, v in HYPERS.items()},
                "longest": LONGEST,
                "first": first,
                "star": look(Style(INK, "-", "*")),
                "cross": look(Style(INK, "-", "X")),
            },
        )
        self._compute()
        self.observe(lambda _: self._compute(), "settings")

    @traitlets.validate("settings")
    def _own(self, proposal: Mapping[str, Any]) -> dict[str, Any]:
        return own(proposal["value"])

    def runs(self) -> tuple[Surface, dict[str, Path], list[int], np.ndarray]:
        """The surface, each optimizer's paths at all rates, its place in them, and the rates.

        Raises
        ------
        ValueError
            For a setting that is unknown or out of range; the message says which.
        """
        s = self.settings
        surface = turned(s["surface"], number("angle", s["angle"], FINITE), s["start"])
        with np.errstate(all="ignore"):
            loss = float(surface(np.array(surface.start)))
        if not abs(loss) <= HUGE:
            raise ValueError(
                f"start must be where the loss is at most {HUGE:g} in size; "
                f"got {surface.start}, where it is {loss:g}"
            )
        number("rate", s["rate"], POSITIVE)
        steps = whole_number("steps", s["steps"], least=1)
        if steps > LONGEST:
            raise ValueError(f"steps must be at most {LONGEST}; got {steps}")
        noise = (number("noise", s["noise"], NOT_NEGATIVE), whole_number("seed", s["seed"]))
        names, hypers = s["optimizers"], {n: hypers_of(n, s) for n in s["optimizers"]}
        best = dict.fromkeys(names, s["rate"])
        rates = self._rates(len(names) * steps)
        if s["tuned"] and names:
            tried = tuple(self.rates[self.rates >= 1e-3].tolist())
            setting = s["surface"], s["angle"], tried, steps, *noise
            best = {n: best_rate(n, tuple(hypers[n].items()), *setting) for n in names}
            rates = np.unique(list(best.values()))
        paths = {}
        for n in names:
            opt = OPTIMIZERS[n.lower()](lr=rates, **hypers[n])
            paths[n] = descend(surface, opt, surface.start, steps, *noise)
        chosen = [int(np.argmin(np.abs(np.log(rates / best[n])))) for n in names]
        return surface, paths, chosen, rates

    def _rates(self, work: int) -> np.ndarray:
        """The slider's rates, fewer for long races of many: a message stays below a megabyte."""
        every = thinned(work)
        first = int(np.argmin(np.abs(np.log(self.rates / self.settings["rate"]))))
        return self.rates[first % every :: every]

    def _compute(self) -> None:
        self.__dict__.pop("_still", None)  # it showed other settings
        try:
            surface, paths, chosen, rates = self.runs()
            header, codes = pack_race(surface, paths, self.settings)
        except (TypeError, ValueError) as error:
            # The last race stays in sight; the message tells why it is not the one asked for.
            self.header = {**self.header, "error": str(error), "request": self._request}
            return
        header |= {"request": self._request, "error": "", "chosen": chosen, "rates": rates.tolist()}
        header["line"] = line_of_python(self.settings, surface.start)
        header["bands"], ground = pack_ground(self.settings["surface"], self.settings["angle"])
        few = [[plane[[i]] for plane in mine] for mine, i in zip(codes, chosen, strict=True)]
        with self.hold_sync():  # what is on screen goes first, in one message
            self.shown, self.paths, self.ground, self.header = pack(few), b"", ground, header
        self.paths = zlib.compress(pack(codes), 1)

    @property
    def _request(self) -> int:
        return self.settings.get("request", 0)

    def sentence(self) -> str:
        """What the first picture shows."""
        h = self.header
        if h["error"]:
            return h["error"]
        if not h["names"]:
            return "No optimizer is chosen."
        told = [told[i] for told, i in zip(h["told"], h["chosen"], strict=True)]
        return f"{h['where']}: {'; '.join(told)}."

    @functools.cached_property
    def _still(self) -> dict[str, str]:
        """The outputs for readers without a kernel. Kept: a picture takes a while."""
        s = self.settings
        plain = f"A race between {', '.join(s['optimizers'])} on {s['surface']}. "
        plain += f"Play for this: {re.sub('<[^>]+>', '', self.form['question'])}"
        sentence = html.escape(self.sentence())
        if self.header["error"]:
            return {"text/html": f"<p>{sentence}</p>", "text/plain": plain}
        surface, paths, chosen, _ = self.runs()
        lanes = {n: p[i] for (n, p), i in zip(paths.items(), chosen, strict=True)}
        rate = "each at its best rate" if s["tuned"] else f"η = {s['rate']:g}"
        picture = race_picture(
            surface, lanes, step=s["steps"], title=f"{surface.name}, {rate}", squares=True
        )
        png = base64.b64encode(picture.png(small=True)).decode()
        state = {k: getattr(self, k) for k in ("form", "settings", "header")}
        parts = json.dumps(state).encode(), self.ground, self.shown, zlib.decompress(self.paths)
        packed = ".".join(base64.b64encode(zlib.compress(part, 9)).decode() for part in parts)
        script = str(self._esm)
        # The same race has the same name on every machine; two of them may stand on one page.
        name = hashlib.sha256(json.dumps([self.form, s], sort_keys=True).encode()).hexdigest()[:12]
        page = (
            f"<style>\n{self._css}</style>\n"
            f'<div data-race="{name}" data-packed="{packed}">'
            f'<img alt="{sentence}" src="data:image/png;base64,{png}" style="max-width: 100%">'
            f'</div>\n<script type="module">\n{script}\nmountAll("{name}");\n</script>'
        )
        return {"text/html": page, "image/png": png, "text/plain": plain}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict, dict]:
        view = super()._repr_mimebundle_(**kwargs)
        data, metadata = view if isinstance(view, tuple) else (view or {}, {})
        return {**data, **self._still}, {**metadata, "image/png": {"alt": self.sentence()}}


DEFAULTS: dict[str, Any] = {
    "surface": "valley",
    "optimizers": ["SGD", "AdaGrad"],
    "rate": 0.5,
    "steps": 100,
    "tuned": False,
    "angle": 0,
    "noise": 0,
    "seed": 0,
    "start": None,
    **dict.fromkeys(HYPERS),
}


def turned(name: str, angle: float, start: Any = None) -> Surface:
    """The surface of that name, with another start if given, turned by an angle in degrees.

    The start turns along, so that only the axes make a difference. It is rounded, so that the
    line of Python can tell it exactly.
    """
    surface = SURFACES[name]
    if start is not None:
        start = points("start", start, d=2)
        if start.ndim > 1:
            raise ValueError(f"start must be one point; got shape {start.shape}")
        surface = dataclasses.replace(surface, start=start)
    if angle:
        surface = rotated(surface, np.radians(angle))
    return dataclasses.replace(surface, start=tuple(round(float(v), 6) for v in surface.start))


def thinned(work: int) -> int:
    """Of how many rates one is computed, for so many optimizers times steps: a power of two."""
    return 2 ** max(0, math.ceil(math.log2(max(work, 1) / MOST)))


def hypers_of(name: str, settings: Mapping[str, Any]) -> dict[str, float]:
    """The hyper-parameters that are set and that the optimizer has."""
    has = {f.name for f in dataclasses.fields(OPTIMIZERS[name.lower()])}
    return {k: settings[k] for k in HYPERS if k in has and settings.get(k) is not None}


@functools.lru_cache(maxsize=500)
def best_rate(name, hypers, surface, angle, rates, steps, noise, seed) -> float:
    """The rate that does best from eight random starts; remembered, since starts move often."""
    ground, opt = turned(surface, angle), OPTIMIZERS[name.lower()](**dict(hypers))
    starts = random_starts(ground, 8, seed)
    return tune(ground, opt, starts, np.array(rates), steps, noise, seed).best.lr


def line_of_python(s: Mapping[str, Any], start: tuple[float, float]) -> str:
    """The line that makes the paths on screen; {0}, {1}, ... stand for their rates.

    It imports what it uses: a reader pastes it wherever there is Python.
    """
    surface = f"SURFACES[{s['surface']!r}]".replace("'", '"')
    if s["angle"]:
        surface = f"rotated({surface}, np.radians({s['angle']!r}))"
    opts = []
    for i, name in enumerate(s["optimizers"]):
        values = [f"lr={{{i}}}", *(f"{k}={v!r}" for k, v in hypers_of(name, s).items())]
        opts.append(f"{OPTIMIZERS[name.lower()].__name__}({', '.join(values)})")
    more = f", noise={s['noise']!r}, seed={s['seed']!r}" if s["noise"] else ""
    run = f"descend({surface}, opt, {start!r}, {s['steps']}{more})"
    used = [*dict.fromkeys(opt.partition("(")[0] for opt in opts), "SURFACES", "descend"]
    imports = "import numpy as np; " if s["angle"] else ""
    imports += f"from lessons_lib import {', '.join(used + ['rotated'] * bool(s['angle']))}"
    return f"{imports}; paths = [{run} for opt in [{', '.join(opts)}]]"


# --- what is sent -------------------------------------------------------------------------------


def pack_race(
    surface: Surface, paths: Mapping[str, Path], settings: Mapping[str, Any]
) -> tuple[dict, list[list[np.ndarray]]]:
    """A race as a header, to be sent as JSON, and codes: numbers as 16 bits each.

    The codes are, for each optimizer and each of its `planes`, of shape (rates, steps + 1). What
    belongs to a step (gradient, effective rate) stands at the step that it made; at 0 the first
    is repeated.
    """
    log = len(surface.minima) > 0
    floor = float(np.min(surface(surface.minima))) if log else 0.0
    planes, codes, told, lost = [], [], [], []
    first = 0.0
    for name, path in paths.items():
        loss = np.maximum(path.loss - floor, 0.0) if log else path.loss
        first = float(loss[0, 0])
        target = float(f"{first / 100:.0e}") if log and first > 0 else None
        above = dataclasses.replace(path, loss=loss)
        told.append([describe(name, above[i], target) for i in range(loss.shape[1])])
        lost.append(np.asarray(path.diverged_at).tolist())
        mine, numbers = [], _numbers(surface, path, settings)
        codes.append([])
        for symbol, values in {**numbers, "loss": loss}.items():
            if symbol in "xy":
                code, ends = _linear(values, surface.view["xy".index(symbol)])
            else:
                code, ends = _logarithmic(values)
            mine.append([symbol, *ends])
            codes[-1].append(code)
        planes.append(mine)
    inside = all(a <= v <= b for v, (a, b) in zip(surface.start, surface.view, strict=True))
    header = {
        "names": list(paths),
        "looks": [look(style(name, i)) for i, name in enumerate(paths)],
        "planes": planes,
        "told": told,
        "lost": lost,
        "steps": int(settings["steps"]),
        "log": log,
        "floor": floor,
        "first": first,
        "view": [list(map(float, side)) for side in surface.view],
        "minima": surface.minima.tolist(),
        "start": list(surface.start),
        "where": f"From ({surface.start[0]:.3g}, {surface.start[1]:.3g}) on {surface.name}",
        "hypers": [
            k for k in HYPERS if any(k in hypers_of(n, dict.fromkeys(HYPERS, 0)) for n in paths)
        ],
        "outside": not inside,
        "surface": settings["surface"],
        "angle": settings["angle"],
        "tuned": settings["tuned"],
        "every": 1 if settings["tuned"] else thinned(len(paths) * settings["steps"]),
    }
    return header, codes


def _numbers(surface: Surface, path: Path, settings: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Everything to draw but the loss, by symbol; each of shape (steps + 1, rates)."""
    with np.errstate(all="ignore"):
        g = surface.grad(path.x[:-1])
        if settings["noise"]:
            g = g + settings["noise"] * gaussian((len(g), 2), settings["seed"])[:, None]
    memory = path.state.get("G", path.state.get("v"))
    if memory is not None and memory.ndim > path.x.ndim:  # a matrix: its diagonal is Σg²
        memory = np.diagonal(memory, axis1=-2, axis2=-1)
    made = {"g": g, "r": path.rate}
    pairs = {k: np.concatenate([v[:1], v]) for k, v in made.items()}
    if memory is not None:
        pairs["S"] = memory
    numbers = {"x": path.x[..., 0], "y": path.x[..., 1]}
    for symbol, values in pairs.items():
        numbers |= {symbol + "xy"[i]: values[..., i] for i in range(2)}
    return numbers


def _linear(values: np.ndarray, side: tuple[float, float]) -> tuple[np.ndarray, list]:
    """Codes for a coordinate, within the view and half of it around; beyond, the border's."""
    low, high = 1.5 * side[0] - 0.5 * side[1], 1.5 * side[1] - 0.5 * side[0]
    with np.errstate(all="ignore"):
        share = np.clip((values.T - low) / (high - low), 0, 1)
    return np.rint(share * _TOP).astype(np.uint16), [float(low), float(high), 0]


def _logarithmic(values: np.ndarray) -> tuple[np.ndarray, list]:
    """Codes for numbers of any size and sign, with a relative error below 0.1 %."""
    values = np.clip(np.nan_to_num(values.T), -HUGE, HUGE).astype(np.float32)
    size = np.log(np.abs(values) * np.float32(1 / _TINY) + 1)
    y = np.copysign(size, values)
    low, high = float(y.min()), float(y.max())
    code = (y - np.float32(low)) * np.float32(_TOP / max(high - low, 1e-9))
    return np.rint(np.clip(code, 0, _TOP)).astype(np.uint16), [low, high, _TINY]


def pack(codes: Sequence[Sequence[np.ndarray]]) -> bytes:
    """Differences along the last axis, first their low bytes, then the high ones: deflates well."""
    if not codes:
        return b""
    whole = np.stack([plane for planes in codes for plane in planes])
    steps = whole.copy()
    steps[..., 1:] -= whole[..., :-1]
    return steps.astype(np.uint8).tobytes() + (steps >> 8).astype(np.uint8).tobytes()


@functools.lru_cache(maxsize=32)
def pack_ground(name: str, angle: float, n: int = 121) -> tuple[list[str], bytes]:
    """The colours between contours, and the surface on an n × n grid: k at the k-th contour."""
    surface = turned(name, angle)
    x, y = (np.linspace(*side, n) for side in surface.view)
    z = surface(np.stack(np.meshgrid(x, y), axis=-1))
    levels = contour_levels(z)
    ends = [min(z.min(), levels[0] - 1e-12), *levels, max(z.max(), levels[-1] + 1e-12)]
    place = np.interp(z, ends, np.arange(len(ends)))
    codes = np.rint(place * (_TOP / (len(ends) - 1))).astype(np.uint16)
    bands = [to_hex(c) for c in MAP(np.linspace(0, 1, len(levels) + 1))]
    return bands, pack([[codes]])


def look(given: Style) -> dict:
    """A style for the browser: dashes as lengths in line widths, the marker as polygons."""
    shape = MarkerStyle(given.marker)
    outline = shape.get_path().transformed(shape.get_transform())
    return {
        "colour": given.colour,
        "dash": [] if given.dash == "-" else list(given.dash[1]),
        "marker": [np.round(p, 3).tolist() for p in outline.to_polygons()],
    }
