"""Compile requirements.txt and requirements-dev.txt from the dependencies in pyproject.toml.

One file serves Python 3.11 to 3.14 on every system, and holds one version of NumPy for all of
them, so that the numbers printed in the notebooks agree everywhere.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet", "--upgrade"]
COMMAND += ["--universal", "--python-version", "3.11"]
# Without this, newer Pythons get a newer NumPy than 3.11 can have.
COMMAND += ["--fork-strategy", "fewest"]
# Nothing of the machine that compiled them enters the files.
COMMAND += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]


def main() -> None:
    """Write both files; the readers' versions bind the developers'."""
    readers = ["--output-file", "requirements.txt"]
    developers = ["--extra", "dev", "--constraint", "requirements.txt"]
    developers += ["--output-file", "requirements-dev.txt"]
    for arguments in (readers, developers):
        subprocess.run([*COMMAND, *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
