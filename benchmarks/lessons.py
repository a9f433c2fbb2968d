"""What a reader waits for: the import, and each notebook from a clean kernel."""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import Row

ROOT = Path(__file__).resolve().parent.parent


def rows() -> Iterator[Row]:
    """All of it."""
    yield imports()
    yield from notebooks()


def imports() -> Row:
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
    work = "import lessons_lib, beyond its dependencies"
    return Row(work=work, bar=0.5, figures=(extra,), unit=" s", least=False)


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


def notebooks() -> Iterator[Row]:
    """Seconds to run each notebook from a clean kernel, and the memory beside a server's."""
    process, base = server()
    process.terminate()
    process.wait()
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        yield from notebook(path, base)


def notebook(path: Path, base: float) -> Iterator[Row]:
    """Seconds and, beside a server that holds `base`, MiB of one notebook.

    A notebook that fails gives no figures: it has not done the work.
    """
    count = len(json.loads(path.read_text(encoding="utf-8"))["cells"])
    code = (
        "import nbformat, sys\nfrom nbclient import NotebookClient\n"
        f"nb = nbformat.read({str(path)!r}, 4)\n"
        f"NotebookClient(nb, timeout=120, resources={{'metadata': {{'path': "
        f"{str(path.parent)!r}}}}}).execute()\n"
    )
    began = time.perf_counter()
    run = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    peak = 0.0

    def watch() -> None:
        nonlocal peak
        while run.poll() is None:
            peak = max(peak, kernel_of(run.pid))
            time.sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, complaint = run.communicate()
    took = time.perf_counter() - began
    watcher.join()
    held = base + peak
    asked = dict(work=f"{path.stem}: run all {count} cells", least=False)
    if run.returncode != 0:
        lines = complaint.strip().splitlines() or [f"exit status {run.returncode}"]
        yield Row(**asked, bar=60, stretch=25, unit=" s", note=lines[-1][:100], failed=True)
        return
    yield Row(**asked, bar=60, stretch=25, figures=(took,), unit=" s")
    if not math.isnan(held):
        yield Row(**asked, bar=700, stretch=450, figures=(held,), unit=" MiB")


def kernel_of(pid: int) -> float:
    """MiB of the kernel that a notebook client has started, without the client itself."""
    try:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return sum(resident(int(c)) for t in tasks for c in (t / "children").read_text().split())
    except OSError:
        return float("nan")
