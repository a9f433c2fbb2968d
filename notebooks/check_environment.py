"""Is everything here that the lessons need? One line for each thing, with the mend if it is not.

Runs without any of the packages it looks for: ``%run check_environment.py`` in a notebook, or
``python check_environment.py`` in a terminal.
"""

import importlib
import sys

OLDEST = (3, 11)
PACKAGES = ("numpy", "matplotlib", "sklearn", "ipywidgets", "anywidget", "tqdm")
INSTALL = (
    "in a terminal in the course's folder: make lab, and open the address that it prints. "
    "In a running notebook: %pip install -r ../requirements.txt, then Kernel > Restart Kernel."
)
OWN = (
    "in a running notebook: %pip install --no-deps -e .., then Kernel > Restart Kernel. On Colab "
    "the README's link comes with the line to run first."
)


def python_version(version=sys.version_info):
    """None if this Python is new enough, else what to do."""
    if tuple(version[:2]) >= OLDEST:
        return None
    return (
        f"this is Python {version[0]}.{version[1]}; the course needs {OLDEST[0]}.{OLDEST[1]} or "
        "newer. Install one from python.org, then: make clean lab PYTHON=python3.12"
    )


def imports(name, mend):
    """None if the package can be imported, else what to do."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            return f"it needs {error.name}, which is missing; {mend}"
        return f"it is not installed for this kernel; {mend}"
    except Exception as error:  # a broken installation can raise anything
        return f"it is installed but does not start ({type(error).__name__}: {error}); {mend}"
    return None


def can_step():
    """None if one AdaGrad step gives what it should, else what to do."""
    try:
        import lessons_lib as course

        opt = course.AdaGrad(lr=0.5)
        x, _ = opt.step([1.0], [3.0], opt.init([1.0]))
        right = abs(float(x[0]) - 0.5) < 1e-9
    except Exception as error:  # whatever it is, the reader needs a sentence, not a traceback
        return f"it raised {type(error).__name__}: {error}; mend the lines above first."
    return None if right else "the result is wrong: this copy of the course has been changed."


def report():
    """Print one line a check; return True if nothing needs mending."""
    problems = {"Python": python_version()}
    problems |= {name: imports(name, INSTALL) for name in PACKAGES}
    problems["lessons_lib"] = imports("lessons_lib", OWN)
    problems["one AdaGrad step"] = can_step()
    for name, mend in problems.items():
        print(f"{'✓' if mend is None else '✗'} {name}{': ' + mend if mend else ''}")
    ready = not any(problems.values())
    print("Everything is here." if ready else "Mend the first ✗, then run this cell again.")
    return ready


if __name__ == "__main__":
    report()
