"""Compile the requirements files from the dependencies in pyproject.toml.

One file serves Python 3.11 to 3.14 on every system, and holds one version of NumPy for all of
them, so that the numbers printed in the notebooks agree everywhere.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet"]
COMMAND += ["--universal", "--python-version", "3.11"]
# Without this, newer Pythons get a newer NumPy than 3.11 can have.
COMMAND += ["--fork-strategy", "fewest"]
# Nothing of the machine that compiled them enters the files.
COMMAND += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
# Gigabytes for graphics cards. PyTorch's usual build for Linux asks for them by itself; its small
# build, without them, satisfies the same file.
GRAPHICS_CARD = re.compile(r"^(cuda|nvidia|triton)\b.*\n", flags=re.MULTILINE)


def main() -> None:
    """Write the files; the readers' versions bind the developers', and these the frameworks'."""
    readers = ["--upgrade", "--output-file", "requirements.txt"]
    developers = ["--upgrade", "--extra", "dev", "--constraint", "requirements.txt"]
    developers += ["--output-file", "requirements-dev.txt"]
    # `like` transcribes the frameworks as they are in the versions that the file names: those stay
    # until someone edits them there and has run tests/test_parity.py.
    frameworks = ["--extra", "frameworks", "--constraint", "requirements-dev.txt"]
    frameworks += ["--output-file", "requirements-frameworks.txt"]
    for arguments in (readers, developers, frameworks):
        subprocess.run([*COMMAND, *arguments], cwd=ROOT, check=True)
    written = ROOT / "requirements-frameworks.txt"
    pins = GRAPHICS_CARD.sub("", written.read_text(encoding="utf-8"))
    written.write_text(pins, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
