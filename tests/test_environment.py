"""The environment check of lesson 00: each failure is named with its mend, without a traceback."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "notebooks" / "check_environment.py"


@pytest.fixture
def checker():
    spec = importlib.util.spec_from_file_location("check_environment", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_here_everything_is_well(checker, capsys):
    assert checker.report() is True
    assert "✗" not in capsys.readouterr().out


def test_an_old_python_is_named(checker):
    assert "this is Python 3.9" in checker.python_version((3, 9, 2))
    assert checker.python_version((3, 14, 0)) is None


def test_a_missing_package_is_named_with_its_mend(checker):
    said = checker.imports("no_such_package", checker.INSTALL)
    assert "not installed" in said and "make lab" in said and "%pip install" in said


def test_a_broken_package_is_named(checker, tmp_path, monkeypatch):
    (tmp_path / "broken_one.py").write_text("1 / 0\n")
    (tmp_path / "needs_other.py").write_text("import no_such_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "does not start (ZeroDivisionError" in checker.imports("broken_one", "mend it")
    assert "it needs no_such_package" in checker.imports("needs_other", "mend it")


def test_a_changed_course_is_noticed(checker, monkeypatch):
    import lessons_lib

    monkeypatch.setattr(lessons_lib.AdaGrad, "update", lambda self, x, g, t, G: (x, {"G": G}))
    assert "the result is wrong" in checker.can_step()


def test_it_runs_where_nothing_is_installed():
    """-S hides every installed package: the check must still speak."""
    done = subprocess.run(
        [sys.executable, "-S", "-X", "utf8", str(SCRIPT)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "✗ numpy: it is not installed" in done.stdout
    assert "✗ one AdaGrad step" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Mend the first ✗")
