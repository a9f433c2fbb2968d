"""PyTorch's, Keras' and optax' own optimizers, to compare the course's rules with.

None of them is imported before it is asked for: the course works without them.

>>> spelling("adagrad", "keras", "G0"), spelling("rmsprop", "torch", "rho")
('initial_accumulator_value', 'alpha')
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from .optimizers import OPTIMIZERS
from .validation import Registry

FRAMEWORKS: Registry = Registry("framework", torch="PyTorch", keras="Keras", optax="optax")
INSTALL = "%pip install -r ../requirements-frameworks.txt"

_MODULES = {"torch": "torch.optim", "keras": "keras.optimizers", "optax": "optax"}
_HEAVY, _NESTEROV = {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}
# Our name → what makes the same in each framework, and what has to be said to get it.
TWINS: Registry = Registry(
    "optimizer of the frameworks",
    sgd=dict(torch=("SGD", {}), keras=("SGD", {}), optax=("sgd", {})),
    momentum=dict(torch=("SGD", _HEAVY), keras=("SGD", _HEAVY), optax=("sgd", _HEAVY)),
    nesterov=dict(torch=("SGD", _NESTEROV), keras=("SGD", _NESTEROV), optax=("sgd", _NESTEROV)),
    adagrad=dict(torch=("Adagrad", {}), keras=("Adagrad", {}), optax=("adagrad", {})),
    rmsprop=dict(torch=("RMSprop", {}), keras=("RMSprop", {}), optax=("rmsprop", {})),
    adadelta=dict(torch=("Adadelta", {}), keras=("Adadelta", {}), optax=("adadelta", {})),
    adam=dict(torch=("Adam", {}), keras=("Adam", {}), optax=("adam", {})),
    amsgrad=dict(
        torch=("Adam", {"amsgrad": True}),
        keras=("Adam", {"amsgrad": True}),
        optax=("amsgrad", {}),
    ),
    adamw=dict(torch=("AdamW", {}), keras=("AdamW", {}), optax=("adamw", {})),
)
_G0 = "initial_accumulator_value"
_WORDS = {
    "torch": {"G0": _G0, "beta1": "betas[0]", "beta2": "betas[1]"},
    "keras": {
        "lr": "learning_rate",
        "eps": "epsilon",
        "G0": _G0,
        "beta1": "beta_1",
        "beta2": "beta_2",
    },
    "optax": {"lr": "learning_rate", "G0": _G0, "beta1": "b1", "beta2": "b2"},
}
_OWN_WORDS = {("rmsprop", "torch", "rho"): "alpha", ("rmsprop", "optax", "rho"): "decay"}


def available(*names: str) -> bool:
    """Whether these frameworks are installed; if not, print the one line that says what to do.

    Parameters
    ----------
    *names : str
        Of "torch", "keras", "optax".
    """
    missing = [FRAMEWORKS[name] for name in names if find_spec(name) is None]
    if missing:
        *others, last = missing
        words = f"{', '.join(others)} and {last} are" if others else f"{last} is"
        print(
            f"{words} not installed here. To run this cell: {INSTALL}, then "
            "Kernel > Restart Kernel (on Linux, see the README first)."
        )
    return not missing


def spelling(name: str, framework: str, setting: str) -> str:
    """What a framework calls the `setting` (our word) of the optimizer `name`."""
    FRAMEWORKS[framework]
    words = _WORDS[framework]
    return _OWN_WORDS.get((name, framework, setting), words.get(setting, setting))


def theirs(name: str, framework: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The framework's class or function for our optimizer `name`, and what it must be told."""
    FRAMEWORKS[framework]
    word, fixed = TWINS[name][framework]
    return getattr(importlib.import_module(_MODULES[framework]), word), fixed


def defaults(name: str, framework: str) -> dict[str, Any]:
    """Our word → the installed framework's default, for each setting that both sides have.

    A setting that must be given, because there is no default, is "required".
    """
    make, fixed = theirs(name, framework)
    found = {}
    parameters = inspect.signature(make).parameters
    for field in dataclasses.fields(OPTIMIZERS[name]):
        word, _, place = spelling(name, framework, field.name).partition("[")
        if word in parameters:
            value = fixed.get(word, parameters[word].default)
            value = "required" if value is inspect.Parameter.empty else value
            found[field.name] = value[int(place[0])] if place else value
    return found


def translated(name: str, framework: str, **settings: Any) -> dict[str, Any]:
    """Our settings as the keywords of the framework; β₁ and β₂ are to be given together."""
    words = dict(theirs(name, framework)[1])
    for setting in sorted(settings):  # β₁ before β₂
        word, _, place = spelling(name, framework, setting).partition("[")
        value = settings[setting]
        words[word] = (*words.get(word, ()), value) if place else value
    return words


def path(
    name: str,
    framework: str,
    x: Sequence[float],
    gradients: Sequence[Sequence[float]],
    rates: Sequence[float] | None = None,
    **settings: Any,
) -> np.ndarray:
    """Let the framework's own optimizer take one step for each gradient, in float64.

    Parameters
    ----------
    name, framework : str
        Such as "adagrad", "keras".
    x : array of shape (d,)
        The start.
    gradients : array of shape (T, d)
    rates : array of shape (T,), optional
        The learning rate of each step; by default it stays what it is.
    **settings
        Hyper-parameters in our words; the others stay at the framework's defaults.

    Returns
    -------
    array of shape (T, d)
        x after each step.
    """
    make, _ = theirs(name, framework)
    words = translated(name, framework, **settings)
    walk = {"torch": _walk_torch, "keras": _walk_keras, "optax": _walk_optax}[framework]
    rates = [None] * len(gradients) if rates is None else [float(rate) for rate in rates]
    return np.array(
        list(walk(make, words, np.array(x, float), np.asarray(gradients, float), rates))
    )


def _walk_torch(make, words, x, gradients, rates):
    import torch

    parameter = torch.tensor(x, requires_grad=True)
    opt = make([parameter], **words)
    for g, rate in zip(gradients, rates, strict=True):
        if rate is not None:
            opt.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(g)
        opt.step()
        yield parameter.detach().numpy().copy()


def _walk_keras(make, words, x, gradients, rates):
    import keras

    before = keras.config.floatx()
    keras.config.set_floatx("float64")  # or even the learning rate is kept in float32
    try:
        parameter = keras.Variable(x, dtype="float64")
        opt = make(**words)
        opt.build([parameter])
        for g, rate in zip(gradients, rates, strict=True):
            if rate is not None:
                opt.learning_rate = rate
            opt.apply([keras.ops.convert_to_tensor(g, dtype="float64")])
            yield np.array(keras.ops.convert_to_numpy(parameter.value))
    finally:
        keras.config.set_floatx(before)


def _walk_optax(make, words, x, gradients, rates):
    import jax
    import optax

    with jax.enable_x64(True):
        x = jax.numpy.array(x)
        state = make(**words).init(x)
        for g, rate in zip(gradients, rates, strict=True):
            if rate is not None:
                words["learning_rate"] = rate
            change, state = make(**words).update(jax.numpy.array(g), state, x)
            x = optax.apply_updates(x, change)
            yield np.array(x)
