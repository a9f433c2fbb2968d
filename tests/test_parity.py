"""`like(name, framework)` takes the framework's own steps, to 1e-12 in float64.

Two kinds of conventions are transcribed but not compared here: those of the papers, which are no
programs, and those of TensorFlow 1 ("tf1"), which is large to install for one rule.
"""

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
from lessons_lib.optimizers import CONVENTIONS

os.environ.setdefault("KERAS_BACKEND", "torch")  # the lightest beside the other two
# Keras 3.15 asks PyTorch for arrays in a way that NumPy 2 calls old.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
STEPS = 72
# Where everything must be installed, a missing framework is a failure.
INSTALLED = {name: bool(find_spec(name) or os.environ.get("CI")) for name in FRAMEWORKS}
PAIRS = [
    pytest.param(
        name, each, marks=pytest.mark.skipif(not INSTALLED[each], reason=f"{each} is not installed")
    )
    for name in TWINS
    for each in TWINS[name]
]
SKLEARN = ["sgd", "momentum", "nesterov", "adam"]


def powers(low, high):
    """Numbers whose logarithm is evenly spread."""
    return st.floats(low, high).map(lambda p: 10.0**p)


DRAWN = {
    "lr": powers(-4, -0.5),
    "weight_decay": st.floats(0, 0.3),
    "momentum": st.floats(0.1, 0.95),
    "dampening": st.floats(0, 0.9),
    "eps": powers(-10, -2),
    "G0": st.just(0.0) | st.floats(0, 0.5),
    "lr_decay": st.floats(0, 0.1),
    "rho": st.floats(0.5, 0.999),
    "beta1": st.floats(0, 0.95),
    "beta2": st.floats(0.5, 0.9999),
}


def gradients(seed=0, exponents=(-5.0, 3.0, 0.0)):
    """Gradients of many sizes, first some zeros; one coordinate is sparse, one always 0."""
    rng = np.random.default_rng(seed)
    scales = 10.0 ** np.array([-5, 3, 0, 0, *exponents])
    g = rng.standard_normal((STEPS, len(scales))) * scales
    g[:5, [0, 1, 4]] = 0
    g[np.arange(STEPS) % 13 != 7, 2] = 0
    g[:, 3] = 0
    return rng.standard_normal(len(scales)), g


def ours(opt, x, g, rates=None):
    state, xs = opt.init(x), []
    for t in range(len(g)):
        opt = opt if rates is None else replace(opt, lr=rates[t])
        x, state = opt.step(x, g[t], state)
        xs.append(x)
    return np.array(xs)


def difference(a, b):
    """The largest difference, in units of the largest |x| of its coordinate, or of 1."""
    return np.max(abs(a - b) / np.maximum(1.0, abs(b).max(axis=0)))


def halved(lr, first, second):
    """The rate of each step: it falls to a tenth, and later rises to a half."""
    t = np.arange(STEPS)
    return np.where(t < first, lr, np.where(t < second, 0.1 * lr, 0.5 * lr))


@pytest.mark.parametrize(("name", "framework"), PAIRS)
def test_parity(name, framework):
    """Hyper-parameters, gradients and changes of the rate are drawn; all settings differ."""
    names = list(defaults(name, framework))

    @settings(max_examples=25)
    @given(
        st.fixed_dictionaries({setting: DRAWN[setting] for setting in names}),
        st.integers(0, 2**32 - 1),
        st.lists(st.floats(-5, 3), min_size=3, max_size=3),
        st.tuples(st.integers(1, STEPS // 2), st.integers(STEPS // 2, STEPS)),
    )
    def agrees(drawn, seed, exponents, changes):
        x, g = gradients(seed, exponents)
        rates = halved(drawn["lr"], *changes)
        expected = path(name, framework, x, g, rates, **drawn)
        got = ours(like(name, framework, **drawn), x, g, rates)
        assert np.isfinite(expected).all()
        assert difference(got, expected) < 1e-12

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


SWITCHES = ("decoupled", "eps_inside", "rate_inside", "eps_hat", "max_corrected")


@pytest.mark.parametrize(("name", "framework"), PAIRS)
def test_the_comparison_can_fail(name, framework):
    """With any one convention or setting turned, the two part ways."""
    found = defaults(name, framework)
    told = {"lr": 0.03, "eps": 1e-3, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.95}
    told |= {"momentum": 0.5, "G0": 0.1}
    told = {s: value for s, value in told.items() if s in found}
    x, g = gradients()
    rates = halved(0.03, 20, 50)
    expected = path(name, framework, x, g, rates, **told)
    right = like(name, framework, **told)
    assert difference(ours(right, x, g, rates), expected) < 1e-12
    wrong = [{s: not getattr(right, s)} for s in SWITCHES if hasattr(right, s)]
    wrong += [{s: 0.9 * getattr(right, s)} for s in found if s != "lr" and getattr(right, s)]
    for change in wrong:
        if "decoupled" in change and (name == "sgd" or "weight_decay" not in found):
            continue  # SGD has only one kind of decay: x(1 − ηλ) − ηg = x − η(g + λx)
        if change == {"eps_hat": True} and getattr(right, "max_corrected", False):
            continue  # that form has its own ε
        assert difference(ours(replace(right, **change), x, g, rates), expected) > 1e-8, change


@pytest.mark.parametrize("name", SKLEARN)
def test_scikit_learn(name):
    """The solvers of MLPClassifier, which are private: there is no other way to their steps."""
    solvers = pytest.importorskip("sklearn.neural_network._stochastic_optimizers")
    x, g = gradients()
    for changes in ({}, {"lr": 0.03}):
        opt = like(name, "sklearn", **changes)
        rates = halved(opt.lr, 20, 50)
        parameters = [x.copy()]
        if name == "adam":
            solver = solvers.AdamOptimizer(parameters, learning_rate_init=opt.lr)
        else:
            solver = solvers.SGDOptimizer(
                parameters,
                learning_rate_init=opt.lr,
                momentum=getattr(opt, "momentum", 0.0),
                nesterov=name == "nesterov",
            )
        expected = []
        for t in range(STEPS):
            solver.learning_rate = solver.learning_rate_init = rates[t]
            solver.update_params(parameters, [g[t]])
            expected.append(parameters[0].copy())
        assert difference(ours(opt, x, g, rates), np.array(expected)) < 1e-12


def test_every_convention_is_compared():
    """A new entry in CONVENTIONS asks for its comparison."""
    known = {(name, each) for name in CONVENTIONS for each in CONVENTIONS[name]}
    known = {(name, each) for name, each in known if each not in ("paper", "authors", "tf1")}
    compared = {(name, each) for name in TWINS for each in TWINS[name]}
    assert known == compared | {(name, "sklearn") for name in SKLEARN}


def test_what_is_missing_is_said(monkeypatch, capsys):
    monkeypatch.setattr(frameworks, "find_spec", lambda name: None if name != "optax" else True)
    assert frameworks.available("optax")
    assert capsys.readouterr().out == ""
    assert not frameworks.available("torch", "optax", "keras")
    said = capsys.readouterr().out
    assert said.startswith("PyTorch and Keras are not installed here.")
    assert "%pip install -r ../requirements-frameworks.txt" in said


def test_the_lesson_runs_without_them():
    """Each cell that wants a framework says so in one line, and none fails."""
    path = Path(__file__).parent.parent / "notebooks" / "08_frameworks.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    cells = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    before = (
        "from importlib.machinery import PathFinder as finder\n"
        "find = finder.find_spec\n"
        "away = ('torch', 'keras', 'optax', 'jax')\n"
        "finder.find_spec = lambda name, *more: None if name in away else find(name, *more)\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", "\n\n".join([before, *cells])],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    asking = sum("available(" in cell for cell in cells)
    assert done.stdout.count(frameworks.INSTALL) >= asking


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
