"""The same tasks in this process, on all cores, or on a cluster: the same results.

Anything that is a `concurrent.futures.Executor` will do: a pool of processes on a laptop, Dask's
``Client.get_executor()`` on a cluster.

>>> run_all(pow, {"square": (5, 2), "cube": (2, 3)})
{'square': 25, 'cube': 8}
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from typing import Any


class Incomplete(RuntimeError):
    """Some tasks could not be done; what the others returned is kept.

    Attributes
    ----------
    done : dict of name → result
    missing : dict of name → exception
        Why each of the other tasks has no result.
    resume : callable
        ``resume(executor=None)`` does the missing tasks only, and returns what the call that
        failed would have returned.
    """

    def __init__(
        self, done: dict[str, Any], missing: dict[str, BaseException], resume: Callable[..., Any]
    ):
        self.done, self.missing, self.resume = done, missing, resume
        names = list(missing)
        shown = ", ".join(names[:5]) + (f", and {len(names) - 5} more" if len(names) > 5 else "")
        why = next(iter(missing.values()))
        super().__init__(
            f"{len(names)} of {len(names) + len(done)} tasks are not done: {shown}. The first of "
            f"them ended with {type(why).__name__}: {why}\n"
            f"{len(done)} results are kept: `resume(executor)` of this error does the rest, with "
            "another executor if this one has died. (Another process must be able to import what "
            "a task is made of: put your own functions and classes into a module, not into the "
            "notebook.)"
        )


def run_all(
    function: Callable[..., Any],
    tasks: Mapping[str, tuple],
    executor: Executor | None = None,
    gather: Callable[[dict[str, Any]], Any] = dict,
) -> Any:
    """Do ``function(*arguments)`` for each task, wherever the executor does it.

    Parameters
    ----------
    function : callable
        For processes it must be importable, as everything that a task is made of.
    tasks : dict of name → tuple of arguments
        A task should take some tenths of a second: much less, and sending it costs more.
    executor : concurrent.futures.Executor, optional
        None does one task after another in this process. It is not shut down here.
    gather : callable, default dict
        Makes what is returned of the results, a dict in the order of the tasks.

    Raises
    ------
    Incomplete
        After all tasks have been tried, if some failed or if the executor died on the way.
    KeyboardInterrupt
        Tasks that have not begun are cancelled; `done` and `resume` of this exception are those
        of `Incomplete`.
    """
    if executor is not None and not isinstance(executor, Executor):
        raise ValueError(
            "executor must be a concurrent.futures.Executor, such as ProcessPoolExecutor() or "
            f"Dask's Client.get_executor(); got {executor!r}"
        )
    return _finish(function, dict(tasks), executor, gather, {})


def _finish(function, tasks, executor, gather, done):
    """Do the tasks that are not in `done`."""
    from tqdm.auto import tqdm  # a slow import, which only this needs

    todo = {name: args for name, args in tasks.items() if name not in done}
    missing: dict[str, BaseException] = {}

    def resume(executor: Executor | None = None) -> Any:
        return _finish(function, tasks, executor, gather, done)

    quiet = bool(os.environ.get("TQDM_DISABLE"))  # in a notebook, tqdm does not look itself
    with tqdm(
        total=len(tasks), initial=len(done), delay=0.5, leave=False, unit="task", disable=quiet
    ) as bar:
        try:
            for name, result in _results(function, todo, executor):
                try:
                    done[name] = result()
                except (Exception, CancelledError) as error:
                    missing[name] = error
                bar.update()
        except KeyboardInterrupt as stop:
            stop.done, stop.resume = dict(done), resume
            stop.add_note(f"{len(done)} of {len(tasks)} tasks are done and kept: .resume(executor)")
            raise
    done_in_order = {name: done[name] for name in tasks if name in done}
    if missing:
        missing = {name: missing[name] for name in todo if name in missing}
        raise Incomplete(done_in_order, missing, resume) from next(iter(missing.values()))
    return gather(done_in_order)


def _results(function, tasks, executor):
    """Yield name and a callable that returns the result or raises; cancel the rest if stopped."""
    if executor is None:
        for name, args in tasks.items():
            yield name, lambda args=args: function(*args)
        return
    names: dict[Future, str] = {}
    try:
        for name, args in tasks.items():
            names[_submitted(executor, function, args)] = name
        left = set(names)
        while left:
            found, left = wait(left, timeout=2, return_when=FIRST_COMPLETED)
            if not found and _has_gone(executor):
                found, left = left, set()
                for future in found:
                    future.cancel()  # if it has not ended in this very moment
            for future in found:
                yield names[future], future.result
    finally:  # of no effect on those that are done
        for future in names:
            future.cancel()


def _has_gone(executor: Executor) -> bool:
    """Whether it is Dask's, and its cluster is closed: then some futures may never be answered."""
    return getattr(getattr(executor, "_client", None), "status", "") == "closed"


def _submitted(executor: Executor, function: Callable[..., Any], args: tuple) -> Future:
    """The future of one task; an executor that takes no more tasks gives a failed one."""
    try:
        return executor.submit(_on_worker, function, args)
    except Exception as error:  # broken, shut down, disconnected: each has its own
        failed: Future = Future()
        failed.set_exception(error)
        return failed


def _on_worker(function: Callable[..., Any], args: tuple) -> Any:
    # Ctrl-C reaches the whole group of processes. Only the first of them is to answer it: a
    # worker that did so would print a traceback, and break its pool.
    if multiprocessing.parent_process() and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return function(*args)
