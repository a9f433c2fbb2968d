"""`like(name, framework)` takes the framework's own steps, to 1e-12 in float64.

Three kinds of conventions cannot be compared with a program that is installed: those of the
papers, of AdaBound's authors ("authors") and of TensorFlow 1 ("tf1", large to install for one
rule). They are compared with a second transcription of what was published, written in another
form. This finds slips of the pen, not a formula that was read wrongly twice.
"""

import importlib
import inspect
import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons_lib import frameworks, like
from lessons_lib.frameworks import FRAMEWORKS, TWINS, defaults, path
from lessons_lib.optimizers import CONVENTIONS, SGD

os.environ.setdefault("KERAS_BACKEND", "torch")  # the lightest beside the other two
# Keras 3.15 asks PyTorch for arrays in a way that NumPy 2 calls old.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
STEPS = 72
# Where everything must be installed, what is missing is a failure.
EVERYTHING = bool(os.environ.get("CI"))
INSTALLED = {name: bool(find_spec(name)) or EVERYTHING for name in FRAMEWORKS}
PAIRS = [
    pytest.param(
        name, each, marks=pytest.mark.skipif(not INSTALLED[each], reason=f"{each} is not installed")
    )
    for name in TWINS
    for each in TWINS[name]
]
# Our word → scikit-learn's, for the rules that its networks are trained with.
_HEAVY = {"lr": "learning_rate_init", "momentum": "momentum"}
SKLEARN = {
    "sgd": ("SGDOptimizer", {"lr": "learning_rate_init"}),
    "momentum": ("SGDOptimizer", _HEAVY),
    "nesterov": ("SGDOptimizer", _HEAVY),
    "adam": (
        "AdamOptimizer",
        {"lr": "learning_rate_init", "beta1": "beta_1", "beta2": "beta_2", "eps": "epsilon"},
    ),
}


def powers(low, high):
    """Numbers whose logarithm is evenly spread."""
    return st.floats(low, high).map(lambda p: 10.0**p)


DRAWN = {
    "lr": powers(-4, -0.5),
    "weight_decay": st.just(0.0) | st.floats(0, 0.3),
    "momentum": st.floats(0.1, 0.95),
    "dampening": st.floats(0, 0.9),
    "eps": powers(-10, -2),
    "G0": st.just(0.0) | st.floats(0, 0.5),
    "lr_decay": st.floats(0, 0.1),
    "rho": st.floats(0.5, 0.999),
    "beta1": st.floats(0, 0.95),
    "beta2": st.floats(0.5, 0.9999),
    "final_lr": powers(-2, 0),
    "gamma": powers(-3, 0),
}


def drawn_settings(name, framework, names):
    """Values for these settings; in AdaGrad ε = 0 as well, where no 0/0 makes a NaN of it."""
    values = {setting: DRAWN[setting] for setting in names}
    if name != "adagrad" or "eps" not in names:
        return st.fixed_dictionaries(values)
    values["eps"] = st.just(0.0) | values["eps"]
    zero = framework in ("optax", "paper")  # 0/0 is 0 there
    return st.fixed_dictionaries(values).filter(lambda v: zero or v["eps"] or v["G0"])


def gradients(seed=0, exponents=(-5.0, 3.0, 0.0)):
    """Gradients of many sizes, first some zeros; one coordinate is sparse, one always 0."""
    rng = np.random.default_rng(seed)
    scales = 10.0 ** np.array([-5, 3, 0, 0, *exponents])
    g = rng.standard_normal((STEPS, len(scales))) * scales
    g[:5, [0, 1, 4]] = 0
    g[np.arange(STEPS) % 13 != 7, 2] = 0
    g[:, 3] = 0
    return rng.standard_normal(len(scales)), g


def ours(opt, x, g, rates=None, lead=None, **changing):
    """x after each of our steps; with `lead`, the steps after the first begin at its rows.

    `changing` has, like `rates`, the value of a setting for each step.
    """
    state, xs = opt.init(x), []
    changing |= {} if rates is None else {"lr": rates}
    for t in range(len(g)):
        now = replace(opt, **{setting: values[t] for setting, values in changing.items()})
        x, state = now.step(x, g[t], state)
        xs.append(x)
        x = x if lead is None else lead[t]
    return np.array(xs)


def apart(a, b):
    """|a − b|, in units of the largest |x| of its coordinate, or of 1."""
    return abs(a - b) / np.maximum(1.0, abs(b).max(axis=0))


def difference(a, b):
    return np.max(apart(a, b))


def missed(opt, x, g, rates, theirs):
    """By how much our steps miss theirs if each begins where theirs begins, added up.

    This has the same bound whatever is drawn. Two paths have not: with an L2 decay the gradient
    is g + λx, and where x swings about 0 faster than the rule can shorten its steps, a rounding
    grows (RMSprop, λ = 0.19, η = 0.23, ρ = 0.52: from 1e-16 to 1e-9 in 72 steps). Our averages
    are our own all the time; only x is theirs. Without such a decay the gradients do not depend
    on x, so that paths cannot part by more than this sum, but for the rounding of x.
    """
    return np.max(np.sum(apart(ours(opt, x, g, rates, lead=theirs), theirs), axis=0))


def halved(lr, first, second):
    """The rate of each step: it falls to a tenth, and later rises to a half."""
    t = np.arange(STEPS)
    return np.where(t < first, lr, np.where(t < second, 0.1 * lr, 0.5 * lr))


@pytest.mark.parametrize(("name", "framework"), PAIRS)
def test_parity(name, framework):
    """Hyper-parameters, gradients and changes of the rate are drawn; all settings differ.

    All steps are compared one by one and added up, and the paths wherever no L2 decay makes
    them unstable (see `missed`).
    """
    names = list(defaults(name, framework))

    @settings(max_examples=25)
    @given(
        drawn_settings(name, framework, names),
        st.integers(0, 2**32 - 1),
        st.lists(st.floats(-5, 3), min_size=3, max_size=3),
        st.tuples(st.integers(1, STEPS // 2), st.integers(STEPS // 2, STEPS)),
    )
    def agrees(drawn, seed, exponents, changes):
        x, g = gradients(seed, exponents)
        rates = halved(drawn["lr"], *changes)
        expected = path(name, framework, x, g, rates, **drawn)
        opt = like(name, framework, **drawn)
        assert np.isfinite(expected).all()
        assert missed(opt, x, g, rates, expected) < 1e-12
        if opt.decoupled or not opt.weight_decay:
            assert difference(ours(opt, x, g, rates), expected) < 1e-12

    agrees()


@pytest.mark.parametrize(("name", "framework"), PAIRS)
def test_parity_at_defaults(name, framework):
    """The defaults of `like` are the installed ones; what must be given has our class's."""
    found, opt = defaults(name, framework), like(name, framework)
    given_here = {s: getattr(opt, s) for s, value in found.items() if value == "required"}
    if (name, framework) == ("adadelta", "optax"):  # its None climbs, as lesson 08 shows
        assert found.pop("lr") is None
        given_here["lr"] = opt.lr
    for setting, value in found.items():
        if value != "required":
            assert getattr(opt, setting) == (value or 0.0), setting
    x, g = gradients()
    assert difference(ours(opt, x, g), path(name, framework, x, g, **given_here)) < 1e-12


@pytest.mark.parametrize(
    ("name", "framework"), [pair for pair in PAIRS if pair.values[0] == "adagrad"]
)
def test_zero_over_zero(name, framework):
    """Duchi et al. and optax take 0/0 for 0, as the course does; PyTorch and Keras make a NaN."""
    x, g = gradients()
    got = path(name, framework, x, g, lr=0.1, eps=0.0, G0=0.0)
    if framework == "optax":
        opt = like(name, framework, lr=0.1, eps=0.0, G0=0.0)
        assert difference(ours(opt, x, g), got) < 1e-12
    else:
        assert np.isnan(got[:, 3]).all()


SWITCHES = ("decoupled", "eps_inside", "rate_inside", "eps_hat", "bias_correction")
SWITCHES += ("max_corrected",)
TOLD = {"lr": 0.03, "eps": 1e-3, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.95, "rho": 0.9}
TOLD |= {"momentum": 0.5, "G0": 0.1, "lr_decay": 0.05, "dampening": 0.3}
TOLD |= {"final_lr": 0.1, "gamma": 0.1}


def parts_ways(right, x, g, rates, expected, names):
    """Turn each switch, and each of these settings by a tenth: every time the steps must differ."""
    assert missed(right, x, g, rates, expected) < 1e-12
    assert difference(ours(right, x, g, rates), expected) < 1e-12
    changes = [{s: not getattr(right, s)} for s in SWITCHES if hasattr(right, s)]
    changes += [{s: 0.9 * getattr(right, s)} for s in names]
    for change in changes:
        if "decoupled" in change and ("weight_decay" not in names or type(right) is SGD):
            continue  # SGD has only one kind of decay: x(1 − ηλ) − ηg = x − η(g + λx)
        if change == {"eps_hat": True} and getattr(right, "max_corrected", False):
            continue  # that form has its own ε
        turned = 0.9 * rates if "lr" in change else rates
        wrong = replace(right, **change)
        assert missed(wrong, x, g, turned, expected) > 1e-8, change
    assert "lr" in names  # so something was turned


@pytest.mark.parametrize(("name", "framework"), PAIRS)
def test_the_comparison_can_fail(name, framework):
    """With any one convention or setting turned, the two part ways."""
    told = {s: TOLD[s] for s in defaults(name, framework)}
    x, g = gradients()
    rates = halved(told["lr"], 20, 50)
    expected = path(name, framework, x, g, rates, **told)
    parts_ways(like(name, framework, **told), x, g, rates, expected, told)


# --- scikit-learn -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def solvers():
    """The solvers of MLPClassifier, which are private: there is no other way to their steps."""
    private = "sklearn.neural_network._stochastic_optimizers"
    return importlib.import_module(private) if EVERYTHING else pytest.importorskip(private)


def sklearn_path(solvers, name, x, g, rates, told):
    make, words = SKLEARN[name]
    told = {words[setting]: value for setting, value in told.items()}
    if name == "sgd":
        told["momentum"] = 0.0
    if make == "SGDOptimizer":
        told["nesterov"] = name == "nesterov"
    parameters = [x.copy()]
    solver, xs = getattr(solvers, make)(parameters, **told), []
    for t in range(len(g)):
        solver.learning_rate = solver.learning_rate_init = rates[t]
        solver.update_params(parameters, [g[t]])
        xs.append(parameters[0].copy())
    return np.array(xs)


@pytest.mark.parametrize("name", SKLEARN)
def test_scikit_learn(name, solvers):
    @settings(max_examples=25)
    @given(
        drawn_settings(name, "sklearn", SKLEARN[name][1]),
        st.integers(0, 2**32 - 1),
        st.tuples(st.integers(1, STEPS // 2), st.integers(STEPS // 2, STEPS)),
    )
    def agrees(drawn, seed, changes):
        x, g = gradients(seed)
        rates = halved(drawn["lr"], *changes)
        expected = sklearn_path(solvers, name, x, g, rates, drawn)
        assert difference(ours(like(name, "sklearn", **drawn), x, g, rates), expected) < 1e-12

    agrees()


@pytest.mark.parametrize("name", SKLEARN)
def test_scikit_learn_at_defaults(name, solvers):
    make, words = SKLEARN[name]
    found = inspect.signature(getattr(solvers, make)).parameters
    opt = like(name, "sklearn")
    assert {s: found[word].default for s, word in words.items()} == {
        s: getattr(opt, s) for s in words
    }


@pytest.mark.parametrize("name", SKLEARN)
def test_the_comparison_with_scikit_learn_can_fail(name, solvers):
    told = {s: TOLD[s] for s in SKLEARN[name][1]}
    x, g = gradients()
    rates = halved(told["lr"], 20, 50)
    expected = sklearn_path(solvers, name, x, g, rates, told)
    parts_ways(like(name, "sklearn", **told), x, g, rates, expected, told)


# --- what was published -------------------------------------------------------------------------

# Each rule gives all its steps at once, from all gradients: an average is a sum with weights.
# `lr` is a column: the rate of each step.


def average(beta, values):
    """(1 − β) Σ βᵗ⁻ˢ valueₛ over s ≤ t, for each t."""
    age = np.subtract.outer(np.arange(STEPS), np.arange(STEPS))
    return np.where(age < 0, 0.0, (1 - beta) * beta ** np.maximum(age, 0.0)) @ values


def over(a, b):
    """a / b, where 0/0 is 0."""
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)


def moments(g, beta1, beta2):
    t = np.arange(1, STEPS + 1)[:, None]
    return average(beta1, g), average(beta2, g**2), 1 - beta1**t, 1 - beta2**t, t


def bounds(t, final_lr, gamma):
    return final_lr * (1 - 1 / (gamma * t + 1)), final_lr * (1 + 1 / (gamma * t))


def adagrad_paper(g, lr, eps):
    return lr * over(g, eps + np.sqrt(np.cumsum(g**2, axis=0)))  # ε is the paper's δ


def adagrad_tf1(g, lr, G0):
    return lr * g / np.sqrt(G0 + np.cumsum(g**2, axis=0))


def rmsprop_paper(g, lr, rho):
    return lr * over(g, np.sqrt(average(rho, g**2)))


def adadelta_paper(g, rho, eps):
    v, steps = average(rho, g**2), np.zeros_like(g)
    for t in range(STEPS):
        steps[t] = np.sqrt((average(rho, steps**2)[max(t - 1, 0)] + eps) / (v[t] + eps)) * g[t]
    return steps


def adam_paper(g, lr, beta1, beta2, eps):
    m, v, c1, c2, _ = moments(g, beta1, beta2)
    return lr * (m / c1) / (np.sqrt(v / c2) + eps)


def amsgrad_paper(g, lr, beta1, beta2):
    m, v, _, _, _ = moments(g, beta1, beta2)
    return lr * over(m, np.sqrt(np.maximum.accumulate(v)))


def adabound_paper(g, lr, beta1, beta2, final_lr, gamma):
    m, v, _, _, t = moments(g, beta1, beta2)
    rate = over(lr + 0 * v, np.sqrt(v))  # where v = 0, m = 0 too
    return np.clip(rate, *bounds(t, final_lr, gamma)) / np.sqrt(t) * m


def adabound_authors(g, lr, beta1, beta2, eps, final_lr, gamma):
    """With a schedule, their code multiplies the bounds by it as well."""
    m, v, c1, c2, t = moments(g, beta1, beta2)
    rate = lr * np.sqrt(c2) / c1 / (np.sqrt(v) + eps)
    return np.clip(rate, *bounds(t, final_lr * lr / lr[0], gamma)) * m


PUBLISHED = {
    ("adagrad", "paper"): adagrad_paper,
    ("adagrad", "tf1"): adagrad_tf1,
    ("rmsprop", "paper"): rmsprop_paper,
    ("adadelta", "paper"): adadelta_paper,
    ("adam", "paper"): adam_paper,
    ("amsgrad", "paper"): amsgrad_paper,
    ("adabound", "paper"): adabound_paper,
    ("adabound", "authors"): adabound_authors,
}


# Which conventions a control can turn: where ε = 0, nothing depends on its place.
TURNED = {
    ("adagrad", "paper"): ["eps_inside"],
    ("adam", "paper"): ["eps_hat", "bias_correction"],
    ("amsgrad", "paper"): ["bias_correction"],
    ("adabound", "paper"): ["bias_correction", "root_t"],
    ("adabound", "authors"): ["eps_hat", "bias_correction", "root_t", "decoupled"],
}
DECAY = [("adabound", "authors")]  # L2; the other seven have none


def published_settings(name, place):
    names = list(inspect.signature(PUBLISHED[name, place]).parameters)[1:]
    return names + ["weight_decay"] * ((name, place) in DECAY)


def off_by(name, place, opt, told, x, g, changes, bounds_too=True):
    """By how much the steps of `opt` miss the formula's, added up; the rate changes twice.

    The formula is given the gradients of our path: with an L2 decay they depend on x.
    """
    told, changing = dict(told), {}
    decay = told.pop("weight_decay", 0.0)
    if "lr" in told:
        fall = halved(1.0, *changes)
        changing["lr"] = opt.lr * fall
        if (name, place) == ("adabound", "authors") and bounds_too:
            changing["final_lr"] = opt.final_lr * fall
        told["lr"] = told["lr"] * fall[:, None]
    got = ours(opt, x, g, **changing)
    before = np.vstack([x, got[:-1]])
    expected = before - PUBLISHED[name, place](g + decay * before, **told)
    return np.max(np.sum(apart(got, expected), axis=0))


@pytest.mark.parametrize(("name", "place"), PUBLISHED)
def test_published_formula(name, place):
    """Not the program of anybody: a second transcription, over as many steps as the frameworks."""

    @settings(max_examples=25)
    @given(
        drawn_settings(name, place, published_settings(name, place)),
        st.integers(0, 2**32 - 1),
        st.tuples(st.integers(1, STEPS // 2), st.integers(STEPS // 2, STEPS)),
    )
    def agrees(drawn, seed, changes):
        if (name, place) == ("adagrad", "tf1"):
            drawn["G0"] += 0.01  # it must be above 0 there
        opt = like(name, place, **drawn)
        assert off_by(name, place, opt, drawn, *gradients(seed), changes) < 1e-12

    agrees()


@pytest.mark.parametrize(("name", "place"), PUBLISHED)
def test_the_comparison_with_what_was_published_can_fail(name, place):
    told = {s: TOLD[s] for s in published_settings(name, place)}
    right = like(name, place, **told)
    turned = [{s: not getattr(right, s)} for s in TURNED.get((name, place), [])]
    turned += [{s: 0.9 * value} for s, value in told.items()]
    for change in turned:
        wrong = replace(right, **change)
        assert off_by(name, place, wrong, told, *gradients(), (20, 50)) > 1e-8, change
    assert off_by(name, place, right, told, *gradients(), (20, 50)) < 1e-12


def test_a_schedule_moves_the_authors_bounds():
    """So with a changing rate their steps are ours only if `final_lr` changes with it."""
    pair = ("adabound", "authors")
    told = {s: TOLD[s] for s in published_settings(*pair)}
    opt, run = like(*pair, **told), (*gradients(), (20, 50))
    assert off_by(*pair, opt, told, *run) < 1e-12
    assert off_by(*pair, opt, told, *run, bounds_too=False) > 1e-3


def test_every_convention_is_compared():
    """A new entry in CONVENTIONS asks for its comparison."""
    known = {(name, each) for name in CONVENTIONS for each in CONVENTIONS[name]}
    compared = {(name, each) for name in TWINS for each in TWINS[name]}
    assert known == compared | {(name, "sklearn") for name in SKLEARN} | set(PUBLISHED)


def test_what_is_missing_is_said(monkeypatch, capsys):
    monkeypatch.setattr(frameworks, "find_spec", lambda name: None if name != "optax" else True)
    assert frameworks.available("optax")
    assert capsys.readouterr().out == ""
    assert not frameworks.available("torch", "optax", "keras")
    said = capsys.readouterr().out
    assert said.startswith("PyTorch and Keras are not installed here.")
    assert "%pip install -r ../requirements-frameworks.txt" in said


def texts(cell):
    """What the committed cell printed, everything being installed."""
    streams = [out for out in cell["outputs"] if out.get("name") == "stdout"]
    return "".join("".join(out["text"]) for out in streams)


def lacking(stored, printed):
    """Whether a line is missing that is printed where everything is installed."""
    return not set(stored.splitlines()) <= set(printed.splitlines())


def test_lacking():
    assert lacking("a\nloss: here, PyTorch\n", "a\nloss: here\n")
    assert not lacking("a\nb\n", f"{frameworks.INSTALL}\na\nb\n")
    assert not lacking("", "c\n")


# Runs cells as a notebook does: what the last line of one gives is shown, here by its caption.
WITHOUT = """
import ast, json, sys, textwrap
from importlib.machinery import PathFinder as finder

def show(value):
    if hasattr(value, "caption"):
        print(textwrap.fill(value.caption, 92))

find, names, sys.displayhook = finder.find_spec, {"__name__": "__main__"}, show
away = "torch", "keras", "optax", "jax"
finder.find_spec = lambda name, *more: None if name in away else find(name, *more)
for cell in json.load(sys.stdin):
    for part in ast.parse(cell).body:
        exec(compile(ast.Interactive([part]), "a cell", "single"), names)
    print(sys.argv[1])
"""


def test_the_lesson_runs_without_them():
    """Each cell that shows less without a framework says how to install it, and none fails."""
    path = Path(__file__).parent.parent / "notebooks" / "08_frameworks.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    cells = [cell for cell in cells if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    end = "----- end of a cell -----"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", WITHOUT, end],
        input=json.dumps(sources),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    printed = done.stdout.split(end + "\n")[:-1]
    less = [lacking(texts(cell), words) for cell, words in zip(cells, printed, strict=True)]
    assert sum(less) > 10  # they were hidden indeed
    for cell, source, lacks, words in zip(cells, sources, less, printed, strict=True):
        said = frameworks.INSTALL in words
        if texts(cell) or lacks:  # a cell that only imports or defines may say it early
            assert said == lacks, f"{'' if lacks else 'not '}expected to ask for one:\n{source}"


@pytest.mark.parametrize(
    ("name", "framework", "words"),
    [
        ("adagrat", "torch", "unknown optimizer of the frameworks 'adagrat': did you mean"),
        ("adagrad", "pytorch", "unknown framework 'pytorch': did you mean 'torch'"),
    ],
)
def test_unknown_names(name, framework, words):
    with pytest.raises(ValueError, match=words):
        path(name, framework, [0.0], [[1.0]])
