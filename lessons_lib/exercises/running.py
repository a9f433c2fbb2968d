"""Run a learner's function so that nothing it does can hurt the kernel."""

from __future__ import annotations

import ctypes
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class _TooLong(BaseException):
    """Raised inside a function that does not end; a BaseException, so that few catch it."""


@dataclass(frozen=True)
class Outcome:
    """What became of a call: its value, or the error and the line it came from, or neither.

    Attributes
    ----------
    value : object
    error : BaseException or None
    line : int or None
        Where in the learner's own code the error was raised.
    in_time : bool
    """

    value: Any = None
    error: BaseException | None = None
    line: int | None = None
    in_time: bool = True


def run(function: Callable[[], Any], seconds: float) -> Outcome:
    """Call `function()` in a thread of its own, and stop it when the time is up.

    Parameters
    ----------
    function : callable without arguments
    seconds : float

    Returns
    -------
    Outcome
    """
    result: list[Outcome] = []

    def work() -> None:
        try:
            result.append(Outcome(value=function()))
        except _TooLong:
            pass
        except BaseException as error:  # even SystemExit: an attempt must not end the kernel
            result.append(Outcome(error=error, line=_line_of(error)))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    for _ in range(50):  # a bare `except:` in the attempt may swallow the first few
        if not thread.is_alive():
            break
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_TooLong)
        )
        thread.join(0.01)
    return result[0] if result else Outcome(in_time=False)


def _line_of(error: BaseException) -> int | None:
    """The last line of the traceback that lies in a notebook cell or in the caller's own file."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f.lineno for f in frames if "ipykernel_" in f.filename or f.filename.startswith("<")]
    return own[-1] if own else None
