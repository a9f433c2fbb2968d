"""Lesson 09: its verdicts hold for other seeds, and each piece of advice leads to a measurement."""

import ast
import json
import re
from pathlib import Path

import pytest

import guards

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "09_choosing_and_tuning.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
LEFT_OUT = ("plot_", "predict", "reveal", "check", "tuning")  # calls that conclude nothing


def sources(kind):
    return ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == kind]


def verdicts(text):
    return [line for line in text.splitlines() if line.startswith("Verdict")]


def experiments():
    """The code of the lesson up to the section that starts processes, without its pictures."""
    for cell in sources("code"):
        if "ProcessPoolExecutor(" in cell:
            return
        tree = ast.parse(cell)
        tree.body = [
            statement
            for statement in tree.body
            if not (
                isinstance(statement, ast.Expr)
                and isinstance(statement.value, ast.Call)
                and ast.unparse(statement.value.func).startswith(LEFT_OUT)
            )
        ]
        yield ast.unparse(tree)


def stored():
    printed = [
        guards.text(output["text"])
        for cell in CELLS
        if cell["cell_type"] == "code"
        for output in cell["outputs"]
        if "text" in output
    ]
    return verdicts("\n".join(printed))


def test_the_lesson_concludes_something():
    assert len(stored()) >= 25
    assert not [line for line in stored() if "NOT" in line]


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_verdicts_hold_for_another_seed(seed, capsys):
    names, changed = {}, 0
    for code in experiments():
        code, here = re.subn(r"^SEED = 0$", f"SEED = {seed}", code, flags=re.MULTILINE)
        changed += here
        exec(code, names)
    assert changed == 1
    found = verdicts(capsys.readouterr().out)
    assert len(found) >= 25
    assert found == stored()[: len(found)]


def test_each_piece_of_advice_leads_to_a_measurement():
    """That the headings are there is what the guard of links tests."""
    page = next(text for text in sources("markdown") if "\n## 9." in text)
    rows = [
        line
        for line in page.split("\n## 9.")[1].splitlines()
        if line.startswith("| ") and "If …" not in line
    ]
    assert len(rows) >= 12
    for row in rows:
        *_, measured = row.strip("| ").split(" | ")
        assert re.search(r"\]\([^)]*#\d+\.-", measured), row
