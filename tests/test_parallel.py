"""Executors: the same results everywhere, and nothing lost when workers fail or are stopped."""

import functools
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lessons_lib import OPTIMIZERS, SGD, SURFACES, AdaGrad, Adam, SGDLinear, bowl, rotated, scaled
from lessons_lib.parallel import Incomplete, run_all
from lessons_lib.surfaces import Surface
from lessons_lib.sweeps import random_starts, sweep, tune

SPAWN = multiprocessing.get_context("spawn")  # the strictest: nothing is inherited
GROUNDS = {
    "booth": SURFACES["booth"],
    "turned": rotated(bowl(1, 25), 0.5),
    "camel": scaled(SURFACES["six-hump camel"], (2.0, 0.5)),
}
METHODS = {"SGDLinear": SGDLinear(), "AdaGrad": AdaGrad(), "Adam": Adam()}
small_sweep = functools.partial(
    sweep, GROUNDS, METHODS, np.array([0.01, 0.1, 1.0]), starts=5, steps=40, noise=0.3, seed=3
)


def pool(workers=2):
    return ProcessPoolExecutor(workers, mp_context=SPAWN)


@pytest.fixture(scope="module")
def dask():
    """A real cluster on this machine: a scheduler and two worker processes, loopback only."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            host="127.0.0.1",
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def identical(a, b):
    assert list(a) == list(b)
    for where in a:
        assert list(a[where]) == list(b[where])
        for name in a[where]:
            np.testing.assert_array_equal(a[where][name], b[where][name])


# --- the same results ---------------------------------------------------------------------------


def test_a_sweep_is_what_tune_computes():
    found = small_sweep()
    for where, surface in GROUNDS.items():
        for name, opt in METHODS.items():
            starts = random_starts(surface, 5, seed=3)
            rates = np.array([0.01, 0.1, 1.0])
            tuned = tune(surface, opt, starts, rates, 40, 0.3, seed=3)
            assert found[where][name].shape == (3, 5)
            np.testing.assert_array_equal(np.median(found[where][name], axis=1), tuned.scores)


def test_a_diverged_path_is_infinite():
    found = sweep({"r": SURFACES["rosenbrock"]}, {"SGD": SGD()}, np.array([1e-4, 1.0]), 4, 30)
    assert np.isfinite(found["r"]["SGD"][0]).all() and np.isinf(found["r"]["SGD"][1]).all()


def test_a_sweep_is_cut_into_parts_that_fit_together(monkeypatch):
    whole = small_sweep()
    monkeypatch.setattr("lessons_lib.sweeps._TASK", 3 * 40 * 2)  # two starts a task
    identical(small_sweep(), whole)


def test_threads_and_processes_give_the_same_bits():
    here = small_sweep()
    with ThreadPoolExecutor(3) as threads:
        identical(small_sweep(executor=threads), here)
    with pool() as processes:
        identical(small_sweep(executor=processes), here)


def test_dask_gives_the_same_bits(dask):
    identical(small_sweep(executor=dask.get_executor()), small_sweep())


@pytest.mark.parametrize("surface", [*SURFACES.values(), *GROUNDS.values()], ids=str)
def test_surfaces_travel(surface):
    there = pickle.loads(pickle.dumps(surface))
    x = random_starts(surface, 4)
    np.testing.assert_array_equal(there(x), surface(x))
    np.testing.assert_array_equal(there.grad(x), surface.grad(x))
    assert (there.name, there.start) == (surface.name, surface.start)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_travel(name):
    opt = OPTIMIZERS[name](lr=np.array([0.1, 0.2]))
    assert repr(pickle.loads(pickle.dumps(opt))) == repr(opt)


def test_a_surface_of_ones_own_travels_to_dask(dask):
    steep = Surface(
        "steep",
        "x^2 + y^2",
        f=lambda x, y: x * x + y * y,
        df=lambda x, y: (2 * x, 2 * y),
        view=((-1, 1), (-1, 1)),
        minima=np.zeros((1, 2)),
        start=(1.0, 1.0),
    )
    run = functools.partial(sweep, {"steep": steep}, {"SGD": SGD()}, np.array([0.1]), 2, 5)
    identical(run(executor=dask.get_executor()), run())


# --- what goes wrong ----------------------------------------------------------------------------


def noted(folder, i, harm=None):
    """i², after a note of it; the task 3 does harm, until there is a file called "well"."""
    with open(Path(folder) / f"{i}", "a") as file:
        file.write("x")
    if i == 3 and harm and not (Path(folder) / "well").exists():
        if harm == "raise":
            raise ZeroDivisionError("three")
        if harm == "once":
            (Path(folder) / "well").touch()
        os._exit(1) if harm == "exit" else os.kill(os.getpid(), signal.SIGKILL)
    return i * i


def tasks(folder, harm=None, n=8):
    return {f"task {i}": (str(folder), i, harm) for i in range(n)}


SQUARES = {f"task {i}": i * i for i in range(8)}


@pytest.mark.parametrize("where", ["here", "threads", "processes"])
def test_a_task_that_fails_is_reported_and_the_others_are_kept(tmp_path, where):
    make = {"here": lambda: None, "threads": lambda: ThreadPoolExecutor(2), "processes": pool}
    executor = make[where]()
    with pytest.raises(Incomplete, match=r"1 of 8 tasks are not done: task 3.*Zero") as caught:
        run_all(noted, tasks(tmp_path, "raise"), executor)
    error = caught.value
    assert error.done == {k: v for k, v in SQUARES.items() if k != "task 3"}
    assert list(error.missing) == ["task 3"]
    assert isinstance(error.__cause__, ZeroDivisionError)
    (tmp_path / "well").touch()
    assert list(error.resume(executor).items()) == list(SQUARES.items())
    assert {i: len((tmp_path / f"{i}").read_text()) for i in range(8)} == {
        i: 2 if i == 3 else 1 for i in range(8)
    }
    if executor:
        executor.shutdown()


@pytest.mark.parametrize("harm", ["exit", "kill"])
@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_pool_that_loses_a_process_is_reported_and_can_be_replaced(tmp_path, harm):
    with pool(1) as first, pytest.raises(Incomplete, match="BrokenProcessPool") as caught:
        run_all(noted, tasks(tmp_path, harm), first)
    error = caught.value
    assert "task 3" in error.missing and "resume" in str(error)
    assert len(error.done) + len(error.missing) == 8
    (tmp_path / "well").touch()
    with pool(1) as second:
        assert error.resume(second) == SQUARES
    for i in range(3):  # came before it, and were not done again
        assert (tmp_path / f"{i}").read_text() == "x"


def test_a_sweep_resumes_to_the_same_bits(tmp_path):
    executor = pool(1)
    executor.shutdown()
    with pytest.raises(Incomplete, match=r"9 of 9 tasks are not done.*shutdown") as caught:
        small_sweep(executor=executor)
    identical(caught.value.resume(), small_sweep())


def test_dask_does_a_lost_workers_task_again(tmp_path, dask):
    assert run_all(noted, tasks(tmp_path, "once"), dask.get_executor()) == SQUARES
    assert (tmp_path / "3").read_text() == "xx"


def test_dask_gives_up_a_task_that_kills_every_worker(tmp_path, dask):
    with pytest.raises(Incomplete, match=r"task 3.*KilledWorker") as caught:
        run_all(noted, tasks(tmp_path, "exit"), dask.get_executor())
    assert caught.value.done | {"task 3": 9} == SQUARES


def test_a_cluster_that_goes_away_is_reported(tmp_path):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0", host="127.0.0.1"
    )
    client = distributed.Client(cluster)
    executor = client.get_executor()
    client.close()
    cluster.close()
    with pytest.raises(Incomplete, match="8 of 8 tasks are not done") as caught:
        run_all(noted, tasks(tmp_path), executor)
    assert caught.value.resume() == SQUARES


class Leaving(ThreadPoolExecutor):
    """Dask's executor when its cluster is closed: some futures are never answered."""

    _client = SimpleNamespace(status="closed")

    def submit(self, function, *args):
        return super().submit(function, *args) if args[-1][1] % 2 else Future()


def test_a_cluster_that_goes_away_in_the_middle_is_reported(tmp_path):
    with Leaving(2) as executor, pytest.raises(Incomplete, match="4 of 8 tasks are not") as caught:
        run_all(noted, tasks(tmp_path), executor)
    assert list(caught.value.done.values()) == [1, 9, 25, 49]
    assert caught.value.resume() == SQUARES


def test_what_cannot_travel_is_told():
    with pool(1) as executor, pytest.raises(Incomplete, match="put your own functions"):
        run_all(lambda x: x, {"one": (1,)}, executor)


@pytest.mark.parametrize("wrong", ["processes", 4, ThreadPoolExecutor])
def test_what_is_no_executor_is_refused(wrong):
    with pytest.raises(ValueError, match=r"executor must be a concurrent\.futures\.Executor"):
        run_all(pow, {}, wrong)


@pytest.mark.parametrize(
    "changes, words",
    [
        (dict(rates=np.array([0.1, -1.0])), "rates must be a finite number > 0"),
        (dict(starts=0), "starts must be a whole number ≥ 1"),
        (dict(steps=1.5), "steps must be a whole number ≥ 0"),
        (dict(seed=-1), "seed must be a whole number ≥ 0"),
    ],
)
def test_bad_input(changes, words):
    with pytest.raises(ValueError, match=words):
        sweep({"booth": SURFACES["booth"]}, {"SGD": SGD()}, **changes)


# --- Ctrl-C -------------------------------------------------------------------------------------

SCRIPT = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from lessons_lib.parallel import run_all

if __name__ == "__main__":
    tasks = {str(i): (0.25,) for i in range(400)}
    print("ready", flush=True)
    try:
        with ProcessPoolExecutor(2, mp_context=get_context(sys.argv[1])) as pool:
            run_all(time.sleep, tasks, pool)
    except KeyboardInterrupt as stop:
        print("stopped", 0 < len(stop.done) < 100, stop.__notes__[0], flush=True)
        stop.resume  # is there
"""


def group_is_alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(os.name == "nt", reason="signals to a group of processes are POSIX")
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_ctrl_c_stops_at_once_and_leaves_no_process(tmp_path, method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    run = subprocess.Popen(
        [sys.executable, str(script), method],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a group of its own, as a terminal's foreground job has
        env={**os.environ, "TQDM_DISABLE": "1"},
    )
    assert run.stdout.readline() == "ready\n"
    time.sleep(3.0)
    os.killpg(run.pid, signal.SIGINT)
    began = time.monotonic()
    output, complaints = run.communicate(timeout=20)
    assert time.monotonic() - began < 10
    assert run.returncode == 0
    assert output.startswith("stopped True"), output + complaints
    assert "Traceback" not in complaints
    deadline = time.monotonic() + 10
    while group_is_alive(run.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not group_is_alive(run.pid)


def test_an_interrupt_here_keeps_what_is_done():
    count = iter(range(10))

    def until_five(x):
        if next(count) == 5:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt) as caught:
        run_all(until_five, {str(i): (i,) for i in range(8)})
    assert caught.value.done == {str(i): i for i in range(5)}
    assert caught.value.resume() == {str(i): i for i in range(8)}


def test_a_bar_shows_the_progress():
    code = (
        "import time; from lessons_lib.parallel import run_all; "
        "run_all(time.sleep, {str(i): (0.2,) for i in range(5)})"
    )
    environment = {k: v for k, v in os.environ.items() if k != "TQDM_DISABLE"}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    assert b"4/5" in run.stderr
