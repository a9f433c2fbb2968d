"""CONTRIBUTING.md is followed to the letter: its optimizer and its surface are added and tested."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(
    r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.DOTALL
)


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the course with both examples typed in where the text says."""
    folder = tmp_path_factory.mktemp("course")
    for name in ("lessons_lib", "tests", "tools"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name, block in zip(("optimizers", "surfaces"), BLOCKS, strict=True):
        with (folder / "lessons_lib" / f"{name}.py").open("a", encoding="utf-8") as file:
            file.write("\n\n" + block)
    return folder


def test_each_example_is_about_ten_lines():
    for block in BLOCKS:
        assert len([line for line in block.splitlines() if line.strip()]) <= 12


def test_the_new_ones_are_everywhere(extended):
    done = run(
        extended,
        "-c",
        "from lessons_lib import OPTIMIZERS, SURFACES, descend\n"
        "from lessons_lib.explorers import race\n"
        "path = descend(SURFACES['sphere'], OPTIMIZERS['signsgd'](lr=0.5), (-1.5, 1.0), 5)\n"
        "print(path.x[-1].tolist())\n"
        "form = race(surface='sphere', optimizers=['SignSGD']).form\n"
        "print('SignSGD' in form['optimizers'])\n"
        "print('sphere' in form['surfaces'])\n",
    )
    assert done.stdout.splitlines() == ["[0.0, 0.0]", "True", "True"], done.stderr


@pytest.mark.parametrize(
    "tests, words",
    [("tests/test_optimizers.py", "signsgd"), ("tests/test_surfaces.py", "sphere")],
)
def test_the_tests_pick_them_up(extended, tests, words):
    done = run(extended, "-m", "pytest", "-q", "-k", words, "-p", "no:cacheprovider", tests)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) >= 3


def test_a_wrong_gradient_is_caught(extended, tmp_path):
    folder = tmp_path / "course"
    shutil.copytree(extended, folder)
    file = folder / "lessons_lib" / "surfaces.py"
    source = file.read_text("utf-8").replace("(2 * x, 2 * y)", "(2 * x, 3 * y)")
    file.write_text(source, "utf-8")
    done = run(folder, "-m", "pytest", "-q", "-k", "sphere", "tests/test_surfaces.py")
    assert done.returncode == 1 and "failed" in done.stdout
