"""Speed and memory, as ratios measured in one run: ``make bench``.

Each row says what is compared, the bar, and what was measured here. Ratios carry over from
machine to machine; the times beside them do not. A bar that is missed is printed as missed.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lessons_lib import OPTIMIZERS, SURFACES, descend
from lessons_lib.sweeps import rate_grid, sweep

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("sgd", "momentum", "adagrad", "rmsprop", "adam")
RATES = {"sgd": 1e-3, "momentum": 3e-4, "adagrad": 0.3, "rmsprop": 0.01, "adam": 0.03}


class Loop:
    """An optimizer as posts show it: a dict of parameters, one path at a time."""

    def __init__(self, name: str, lr: float):
        self.name, self.lr, self.t, self.m, self.v = name, lr, 0, None, None

    def update(self, params: dict, grads: dict) -> None:
        if self.v is None:
            self.m = {k: np.zeros_like(value) for k, value in params.items()}
            self.v = {k: np.zeros_like(value) for k, value in params.items()}
        self.t += 1
        for k in params:
            g = grads[k]
            if self.name == "sgd":
                params[k] = params[k] - self.lr * g
            elif self.name == "momentum":
                self.m[k] = 0.9 * self.m[k] + g
                params[k] = params[k] - self.lr * self.m[k]
            elif self.name == "adagrad":
                self.v[k] += g * g
                params[k] = params[k] - self.lr * g / (np.sqrt(self.v[k]) + 1e-10)
            elif self.name == "rmsprop":
                self.v[k] = 0.9 * self.v[k] + 0.1 * g * g
                params[k] = params[k] - self.lr * g / (np.sqrt(self.v[k]) + 1e-8)
            else:
                self.m[k] = 0.9 * self.m[k] + 0.1 * g
                self.v[k] = 0.999 * self.v[k] + 0.001 * g * g
                m_hat = self.m[k] / (1 - 0.9**self.t)
                v_hat = self.v[k] / (1 - 0.999**self.t)
                params[k] = params[k] - self.lr * m_hat / (np.sqrt(v_hat) + 1e-8)


def loop_paths(name: str, starts: np.ndarray, steps: int, plain: bool = False) -> np.ndarray:
    """The paths of `descend` on Rosenbrock's function, one after another.

    With `plain`, the parameters are Python's own numbers: the fastest that such a loop gets.
    """
    paths = []
    for start in starts:
        values = start.tolist() if plain else start[:, None].copy()
        opt, params = Loop(name, RATES[name]), dict(zip("xy", values, strict=True))
        path = [(params["x"], params["y"])]
        for _ in range(steps):
            x, y = params["x"], params["y"]
            opt.update(params, {"x": 2 * (x - 1) - 400 * x * (y - x * x), "y": 200 * (y - x * x)})
            path.append((params["x"], params["y"]))
        paths.append(path)
    return np.moveaxis(np.array(paths).reshape(len(starts), steps + 1, 2), 0, 1)


def alternately(*calls: Callable[[], object], repeats: int = 5) -> list[list[float]]:
    """Seconds of each call, taken in turns so that all meet the same machine."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(repeats):
        for call, seconds in zip(calls, times, strict=True):
            began = time.perf_counter()
            call()
            seconds.append(time.perf_counter() - began)
    return times


def engine(n: int = 100, steps: int = 300) -> list[tuple[str, str, str, bool]]:
    """Five optimizers × n starts × steps, against the loop over single paths."""
    rosenbrock = SURFACES["rosenbrock"]
    starts = np.random.default_rng(0).uniform(-1, 1, (n, 2))
    for name in NAMES:  # the same work, or the ratio means nothing
        ours = descend(rosenbrock, OPTIMIZERS[name](lr=RATES[name]), starts[:2], 20).x
        np.testing.assert_allclose(ours, loop_paths(name, starts[:2], 20), rtol=1e-9)

    def batched() -> None:
        for name in NAMES:
            descend(rosenbrock, OPTIMIZERS[name](lr=RATES[name]), starts, steps)

    def looped(plain: bool) -> None:
        for name in NAMES:
            loop_paths(name, starts, steps, plain)

    fast, slow, plain = alternately(batched, lambda: looped(False), lambda: looped(True))
    rows = []
    for loop, seconds, bar in (
        ("the loop of posts", slow, 25),
        ("it with plain numbers", plain, 0),
    ):
        ratios = sorted(s / f for s, f in zip(seconds, fast, strict=True))
        ratio = statistics.median(ratios)
        shown = f"{ratio:.0f}× ({ratios[0]:.0f}–{ratios[-1]:.0f}; {1e3 * min(fast):.0f} ms)"
        work = f"5 optimizers × {n} starts × {steps} steps, against {loop}"
        rows.append((work, f"{bar}×, stretch 100×" if bar else "none", shown, ratio >= bar))
    return rows


def sweeps() -> list[tuple[str, str, str, bool]]:
    """5 optimizers × 61 rates × 32 starts × 500 steps × 6 surfaces, against the loop of posts."""
    names = ("valley", "tilted valley", "booth", "matyas", "rosenbrock", "beale")
    grounds = {name: SURFACES[name] for name in names}
    methods = {name: OPTIMIZERS[name]() for name in NAMES}
    rates = rate_grid(1e-4, 10, per_decade=12)
    work = len(methods) * len(rates) * 32 * 500 * len(grounds)
    # A sample of the loop's work, its cheapest: Rosenbrock's gradient written into the loop.
    starts, steps = np.random.default_rng(0).uniform(-1, 1, (4, 2)), 500
    part = len(NAMES) * len(starts) * steps

    def looped() -> None:
        for name in NAMES:
            loop_paths(name, starts, steps)

    fast, slow = alternately(lambda: sweep(grounds, methods, rates, 32, 500), looped)
    ratios = sorted(s * work / part / f for s, f in zip(slow, fast, strict=True))
    ratio = statistics.median(ratios)
    shown = f"{ratio:.0f}× ({ratios[0]:.0f}–{ratios[-1]:.0f}; {min(fast):.2f} s in one process)"
    what = f"sweep of {work / 1e6:.0f} million steps, against the loop of posts (a sample, scaled)"
    return [(what, "100×", shown, ratio >= 100)]


def imports() -> list[tuple[str, str, str, bool]]:
    """Seconds that `import lessons_lib` takes beyond NumPy's and Matplotlib's own."""

    def seconds(code: str) -> float:
        runs = []
        for _ in range(5):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            runs.append(time.perf_counter() - began)
        return statistics.median(runs)

    base = "import numpy, matplotlib.figure, matplotlib.backends.backend_agg"
    extra = seconds(base + ", lessons_lib, lessons_lib.plotting") - seconds(base)
    return [("import lessons_lib, beyond its dependencies", "0.5 s", f"{extra:.2f} s", extra < 0.5)]


def resident(pid: int) -> float:
    """MiB that a process and its descendants hold; NaN where the system does not tell."""
    total, waiting = 0.0, [pid]
    while waiting:
        each = waiting.pop()
        try:
            status = Path(f"/proc/{each}/status").read_text()
            tasks = Path(f"/proc/{each}/task").iterdir()
            waiting += [int(c) for t in tasks for c in (t / "children").read_text().split()]
        except OSError:
            if each == pid:
                return float("nan")
            continue
        total += next(
            (int(line.split()[1]) / 1024 for line in status.splitlines() if "VmRSS" in line), 0.0
        )
    return total


def server() -> tuple[subprocess.Popen, float]:
    """A JupyterLab server without a browser, and what it holds once it has settled."""
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(6)
    return process, resident(process.pid)


def notebooks() -> list[tuple[str, str, str, bool]]:
    """Seconds to run each notebook from a clean kernel, and the memory beside a server's."""
    process, base = server()
    process.terminate()
    process.wait()
    rows = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        count = len(json.loads(path.read_text(encoding="utf-8"))["cells"])
        code = (
            "import nbformat, sys\nfrom nbclient import NotebookClient\n"
            f"nb = nbformat.read({str(path)!r}, 4)\n"
            f"NotebookClient(nb, timeout=120, resources={{'metadata': {{'path': "
            f"{str(path.parent)!r}}}}}).execute()\n"
        )
        began = time.perf_counter()
        run = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        peak = 0.0

        def watch(run: subprocess.Popen = run) -> None:
            nonlocal peak
            while run.poll() is None:
                peak = max(peak, kernel_of(run.pid))
                time.sleep(0.1)

        watcher = threading.Thread(target=watch)
        watcher.start()
        failed = run.wait() != 0
        watcher.join()
        took, held = time.perf_counter() - began, base + peak
        shown = f"{took:.0f} s, {held:.0f} MiB" + (" FAILED" if failed else "")
        good = not failed and took < 60 and not held > 400
        rows.append((f"{path.stem}: run all {count} cells", "60 s, 400 MiB", shown, good))
    return rows


def kernel_of(pid: int) -> float:
    """MiB of the kernel that a notebook client has started, without the client itself."""
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return sum(resident(int(c)) for t in tasks for c in (t / "children").read_text().split())
    except OSError:
        return float("nan")


def explorer() -> list[tuple[str, str, str, bool]]:
    """The race explorer in a browser; a line that says so where there is none."""
    try:
        import race  # benchmarks/race.py

        return race.rows()
    except Exception as error:
        return [("the race explorer", "", f"not measured: {str(error).splitlines()[0]}", True)]


def main() -> int:
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}\n")
    rows = engine() + sweeps() + imports() + notebooks() + explorer()
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for work, bar, shown, good in rows:
        print(
            f"{work:{widths[0]}}  {bar:{widths[1]}}  {shown:{widths[2]}}  "
            f"{'reached' if good else 'MISSED'}"
        )
    return 0 if all(row[3] for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
