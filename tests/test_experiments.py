"""Lesson 07: what it concludes holds for five seeds that it does not use."""

import numpy as np
import pytest

from lessons_lib import Adam
from lessons_lib.datasets import diabetes, digits
from lessons_lib.datasets.melodies import alice
from lessons_lib.experiments import (
    FOUND,
    RULES,
    TASKS,
    Result,
    compare,
    energy_distance,
    level,
    verdict,
)
from lessons_lib.training import Run, train

OTHERS = (10, 11, 12, 13, 14)


@pytest.fixture(scope="module")
def others():
    """The result of each task on seeds that the lesson does not use."""
    return lambda name: compare(name, OTHERS)


def accuracies(result):
    X, y = digits().test
    return 100 * (result.task.model.predict(result.run.theta[:, 0], X) == y).mean(axis=-1)


def test_digits(others):
    """AdaGrad is behind in training loss, and nobody notices."""
    result = others("digits")
    assert "AdaGrad" not in level(result.values)
    assert result.median("AdaGrad") > 2 * min(map(np.median, result.values.values()))
    assert np.ptp(np.median(accuracies(result), axis=1)) < 3
    best = result.search.scores.argmin(axis=0)
    assert set(best) == set(range(len(RULES)))  # each looks best at some shared rate


def test_pictures(others):
    result = others("pictures")
    assert len(level(result.values)) == 6
    assert len(level(dict(zip(RULES, 100 - accuracies(result), strict=True)))) == 6


def test_gap(others):
    """At equal training loss, the adaptive methods' gaps are not larger, nor smaller."""
    result, data = others("digits"), digits()
    net = result.task.model

    def both(theta):
        return np.stack([net.loss_and_grad(theta, part)[0] for part in data])

    run = train(net, data.train, result.run.optimizers, OTHERS, 450, watch=both, every=10)
    training, testing = run.watched[:, :, 0, 0], run.watched[:, :, 1, 0]
    assert (training.min(axis=0) <= 0.1).all()
    first = (training <= 0.1).argmax(axis=0)[None]
    gap = dict(zip(RULES, np.take_along_axis(testing - training, first, axis=0)[0], strict=True))
    adaptive = np.array([gap[name] for name in ("AdaGrad", "RMSprop", "Adam")])
    assert not (adaptive.min(axis=1) > gap["SGD"].max()).all()
    assert not (adaptive.max(axis=1) < gap["SGD"].min()).all()


def test_diabetes(others):
    result = others("diabetes")
    assert len(level(result.values)) == 6
    (A, b), (A_test, b_test) = result.task.data, diabetes().test
    line, *_ = np.linalg.lstsq(np.c_[A, np.ones(len(A))], b)
    straight = np.mean((np.c_[A_test, np.ones(len(A_test))] @ line - b_test) ** 2)
    assert min(map(np.median, result.values.values())) > straight - 0.05


@pytest.mark.parametrize("name", ["text", "tunes"])
def test_writing(others, name):
    """Adam and RMSprop lead, AdaGrad is ahead of plain gradient descent."""
    values = others(name).values
    assert set(level(values)) <= {"RMSprop", "Adam"}
    assert values["AdaGrad"].max() < values["SGD"].min()


def test_agent(others):
    """All learn the way, by the median, but not every run; the largest rate gets many stuck."""
    result = others("agent")
    assert any((missing > 0.5).any() for missing in result.values.values())
    assert "RMSprop" in level(result.values)
    assert all(result.median(name) < 0.07 for name in RULES)
    values = result.task.model.value(result.search.tuning.theta)
    assert (values[:, -1] < 0.01).mean() > 0.25
    assert (values > 0.35).any(axis=(1, 2)).all()


def test_words(others):
    """A lower loss is more words, though not many more."""
    story, text = others("text"), alice()
    first = text.encode(" ")[0]
    pages = story.task.model.write(story.run.theta[:, 0], first, 1000, seed=1, temperature=0.6)
    known = set(text.text.split())
    share = [np.mean([w in known for p in five for w in text.decode(p).split()]) for five in pages]
    share = dict(zip(RULES, share, strict=True))
    assert share["Adam"] > share["SGD"] + 0.05
    assert all(0.25 < s < 0.75 for s in share.values())


def test_painting(others):
    """AdaGrad and Adam lead; RMSprop, which scales too, is behind Momentum."""
    result = others("painting")
    values = result.values
    plain = min(values["SGD"].min(), values["SGDLinear"].min())
    assert all(values[name].max() < plain for name in ("AdaGrad", "Adam"))
    assert result.median("RMSprop") > result.median("Momentum")
    assert set(level(values)) <= {"AdaGrad", "Adam"}


def test_forgery(others):
    """Momentum hurts in a game; Adam without its own, all else equal, is better in every seed."""
    result = others("forgery")
    assert result.median("Adam") > 2 * result.median("AdaGrad")
    top = level(result.values)
    assert {"AdaGrad", "RMSprop"} <= set(top) and not {"Momentum", "Adam"} & set(top)
    rate, task = result.rates["RMSprop"], result.task
    pair = {str(beta1): Adam(lr=rate, beta1=beta1, beta2=0.9) for beta1 in (0.9, 0.0)}
    run = train(task.model, task.data, pair, OTHERS, task.steps, task.batch)
    average, without = task.judged(run)
    assert without.max() < average.min()
    assert np.median(without) < np.median(average) / 2
    assert without.max() < result.values["Adam"].min()


# --- the rule and the measure ---------------------------------------------------------------------


def test_level():
    values = {"A": np.array([1.0, 5.0]), "B": np.array([2.0, 2.1]), "C": np.array([2.2, np.inf])}
    assert level(values) == ["A", "B"]
    blew_up = {"A": np.array([1.0, np.inf]), "B": values["B"]}
    assert level(blew_up) == ["B"]  # however good its other runs are
    assert verdict(blew_up) == "Best: B, alone. Diverged in some seed: A."
    assert verdict({"A": np.array([9.0]), "B": np.array([1.0])}) == (
        "Best: B, alone. Behind in every seed: A."
    )


def test_level_is_cautious():
    """Six methods that do not differ: the best is seldom told from a given other."""
    rng = np.random.default_rng(0)
    apart = 0
    for _ in range(2000):
        a, b = rng.standard_normal((2, 5))
        apart += len(level({"A": a, "B": b})) == 1
    assert apart / 2000 == pytest.approx(2 / 252, abs=0.006)


def test_energy_distance():
    """0 for the same pictures, little for others of the same digits, more for what is wrong."""
    X, y = digits().test
    order = np.argsort(y, kind="stable")
    X, y = X[order], y[order]
    assert energy_distance(X, X, y) == pytest.approx(0)
    others, wrong = (energy_distance(X, np.roll(X, k, axis=0), y) for k in (1, 40))
    alike = energy_distance(X, np.array([X[y == k].mean(axis=0) for k in range(10)])[y], y)
    assert 0 < 10 * others < min(wrong, alike)


def test_what_diverged_is_last():
    task = TASKS["diabetes"]()
    theta = task.model.init([[[0, 1]]])
    theta[0, 0, 1] = np.nan
    judged = task.judged(Run({}, np.zeros((1, 1, 1, 2)), theta))
    assert np.isfinite(judged[0, 0]) and judged[0, 1] == np.inf


def test_found_rates_are_of_the_search():
    for name, rates in FOUND.items():
        assert len(rates) == len(RULES) and set(rates) <= set(TASKS[name]().rates.tolist())


def test_results_are_kept():
    assert isinstance(compare("diabetes", OTHERS), Result)
    assert compare("diabetes", OTHERS) is compare("diabetes", OTHERS)
