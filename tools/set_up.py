"""Make the virtual environment `.venv` and install the course into it.

Usage: python set_up.py readers|frameworks|developers

`readers` installs what the lessons need, `frameworks` also PyTorch, Keras and optax for lesson 08,
`developers` also what the tests need. What was installed is written down in `.venv/set_up.json`,
so that a second call takes an instant.
Every failure is one line that says what to do; pip's own words are kept in `.venv/set_up.log`.

This file must be readable by very old Pythons, since it is the one that tells their owner
what to do: no f-strings, no annotations, no imports that Python 2 lacks.
"""

import hashlib
import io
import json
import os
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 14)  # the Pythons that requirements.txt was compiled for
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = os.path.join(BIN, "python.exe" if os.name == "nt" else "python")
STAMP = os.path.join(VENV, "set_up.json")
LOG = os.path.join(VENV, "set_up.log")
AUDIENCES = ["readers", "frameworks", "developers"]  # each has the packages of those before it
REQUIREMENTS = {
    "readers": ["requirements.txt"],
    "frameworks": ["requirements-frameworks.txt"],
    "developers": ["requirements-dev.txt", "requirements-frameworks.txt"],
}
# Few and short attempts: someone without a network learns it within seconds.
PIP = ["-m", "pip", "install", "--disable-pip-version-check", "--retries", "1", "--timeout", "15"]


def main(arguments):
    """Install for the audience that `arguments` names, unless that has been done."""
    if len(arguments) != 1 or arguments[0] not in AUDIENCES:
        stop("Usage: python tools/set_up.py readers|frameworks|developers")
    audience = arguments[0]
    wanted = digests()
    done = read_stamp() if works(VENV_PYTHON) else {}
    if any(done.get(a) == wanted[a] for a in AUDIENCES[AUDIENCES.index(audience) :]):
        return
    if not works(VENV_PYTHON):
        check_version()
        make_venv()
    install(REQUIREMENTS[audience])
    with io.open(STAMP, "w", encoding="utf-8") as file:
        file.write(json.dumps({audience: wanted[audience]}))


def digests():
    """Return, for each audience, a digest of everything that decides what is installed."""

    def digest(names):
        total = hashlib.sha256(ROOT.encode("utf-8", "replace"))  # a moved course is installed anew
        for name in names:
            with open(os.path.join(ROOT, name), "rb") as file:
                total.update(file.read())
        return total.hexdigest()

    common = ["pyproject.toml", "requirements.txt"]
    return dict((audience, digest(common + REQUIREMENTS[audience])) for audience in AUDIENCES)


def read_stamp():
    """Return what was written down after the last installation, or an empty dict."""
    try:
        with io.open(STAMP, encoding="utf-8") as file:
            return json.load(file)
    except (IOError, ValueError):
        return {}


def works(python):
    """Say whether `python` starts, has pip, and is new enough."""
    code = "import sys, pip; sys.exit(sys.version_info < %r)" % (OLDEST,)
    try:
        with open(os.devnull, "w") as null:
            return subprocess.call([python, "-c", code], stdout=null, stderr=null) == 0
    except OSError:
        return False


def check_version():
    """Stop if this Python is too old; warn if it is newer than the pinned versions."""
    if sys.version_info < OLDEST:
        found = newer_python()
        stop(
            "This is Python %d.%d, and the course needs 3.11 or newer: " % sys.version_info[:2]
            + (
                "you have one, so run the same command with PYTHON=%s at its end." % found
                if found
                else "install one from https://www.python.org/downloads/ and run the same "
                "command with, for example, PYTHON=python3.12 at its end."
            )
        )
    if sys.version_info[:2] > NEWEST:
        say(
            "Note: the course was tested with Python 3.11 to %d.%d; this is %d.%d."
            % (NEWEST + sys.version_info[:2])
        )


def newer_python():
    """Return the name of a Python on the path that works and is new enough, or None."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        if works(name):
            return name
    return None


def make_venv():
    """Make `.venv` with this Python."""
    say("Making .venv with Python %d.%d ..." % sys.version_info[:2])
    process = subprocess.Popen(
        [sys.executable, "-m", "venv", "--clear", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = process.communicate()[0].decode("utf-8", "replace")
    if process.returncode == 0 and works(VENV_PYTHON):
        return
    if "ensurepip" in output or "No module named venv" in output:
        stop(
            "This Python comes without its venv module: on Debian and Ubuntu run "
            "'sudo apt install python3-venv', or install Python from "
            "https://www.python.org/downloads/, then run the same command again."
        )
    explain_disk(output)
    stop("Could not make .venv: %s" % last_line(output))


def install(requirements):
    """Install the pinned packages of the files `requirements`, then the course itself."""
    names = " and ".join(requirements)
    say("Installing %s into .venv (the first time, a minute or two) ..." % names)
    files = [os.path.join(ROOT, name) for name in requirements]
    with io.open(LOG, "w", encoding="utf-8") as log:
        run_pip([word for file in files for word in ("--requirement", file)], log)
        run_pip(["--no-deps", "--editable", ROOT], log)


def run_pip(arguments, log):
    """Run `pip install`, showing how far it is; stop with one line if it fails."""
    process = subprocess.Popen(
        [VENV_PYTHON] + PIP + arguments,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    lines, packages = [], 0
    for raw in process.stdout:
        line = raw.decode("utf-8", "replace")
        lines.append(line)
        log.write(line)
        if line.startswith("Collecting") and sys.stdout.isatty():
            packages += 1
            sys.stdout.write("\r  %d packages found" % packages)
            sys.stdout.flush()
    if packages:
        sys.stdout.write("\n")
    if process.wait() == 0:
        return
    log.flush()
    output = "".join(lines)
    # pip says one of these whenever the index cannot be reached.
    unreachable = ("NewConnectionError", "Max retries exceeded", "ConnectTimeout", "ReadTimeout")
    unreachable += ("Connection refused", "connection broken", "name resolution", "ProxyError")
    if any(sign in output for sign in unreachable):
        stop(
            "Could not reach the Python package index: check the network connection (or "
            "the proxy), then run the same command again. Details: .venv/set_up.log"
        )
    explain_disk(output)
    errors = [line for line in lines if line.startswith("ERROR")]
    reason = last_line("".join(errors) or output)
    if sys.version_info[:2] > NEWEST:
        reason += " (Python %d.%d may be too new: try PYTHON=python3.%d.)" % (
            sys.version_info[:2] + NEWEST[1:]
        )
    stop("The installation failed: %s Details: .venv/set_up.log" % reason)


def explain_disk(output):
    """Stop with a line about the disk if `output` says that it is full."""
    if "No space left on device" in output:
        stop(
            "The disk is full: the course needs about 600 MB, with the frameworks of lesson 08 "
            "about 2.5 GB; make room and run again."
        )


def last_line(text):
    """Return the last line of `text` that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given."


def say(message):
    """Print one line at once."""
    sys.stdout.write(message + "\n")
    sys.stdout.flush()


def stop(message):
    """Print one line and end with a failure."""
    sys.stdout.flush()
    sys.stderr.write(message + "\n")
    sys.exit(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        stop("Stopped. Run the same command again to continue.")
