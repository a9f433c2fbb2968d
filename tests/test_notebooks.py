"""The guards over every notebook, and each guard over notebooks that were broken on purpose."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import guards
import notebooks as tool  # tools/notebooks.py

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 1_500_000  # bytes
every_notebook = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])


def complain(complaints: list[str]) -> None:
    """Fail with all complaints, one a line."""
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


# --- the notebooks ------------------------------------------------------------------------------


def test_there_are_notebooks():
    """Without notebooks, every test below would pass."""
    assert (FOLDER / "00_start_here.ipynb") in PATHS
    assert misnumbered([guards.lesson(path) for path in PATHS]) == []


def misnumbered(lessons: list[str]) -> list[str]:
    """Return the lessons out of the order 00, 01, 02, ..., where one may be split: 02a, 02b."""
    expected = ["00", "00a"]
    for index, lesson in enumerate(lessons):
        if lesson not in expected:
            return lessons[index:]
        following = f"{int(lesson[:2]) + 1:02}"
        expected = [following, f"{following}a"]
        if letter := lesson[2:]:
            # A part is followed by the next one, and the first is never the last.
            after = f"{lesson[:2]}{chr(ord(letter) + 1)}"
            expected = [after] if letter == "a" else [after, *expected]
    return []


@pytest.mark.parametrize(
    ("lessons", "wrong"),
    [
        (["00", "01", "02a", "02b", "03"], []),
        (["00", "02"], ["02"]),
        (["00", "01b"], ["01b"]),
        (["00", "01a", "02"], ["02"]),
        (["00", "01", "01a"], ["01a"]),
        (["00", "1"], ["1"]),
    ],
)
def test_numbering(lessons, wrong):
    assert misnumbered(lessons) == wrong


@every_notebook
@pytest.mark.parametrize("guard", guards.STATE, ids=lambda guard: guard.__name__)
def test_state(path, guard):
    complain(guard(read(path)))


@every_notebook
@pytest.mark.parametrize("guard", guards.STRUCTURE, ids=lambda guard: guard.__name__)
def test_structure(path, guard):
    complain(guard(read(path)))


@every_notebook
def test_exercises(path):
    complain(guards.exercises_are_complete(read(path), guards.lesson(path)))


@every_notebook
def test_size(path):
    assert path.stat().st_size < LARGEST


@every_notebook
def test_normal_form(path):
    """`make notebooks` would change nothing but outputs."""
    content = path.read_bytes().decode("utf-8")
    if tool.to_text(tool.normalise(json.loads(content))) != content:
        pytest.fail(f"{path.name} is not in the normal form: run 'make notebooks'", pytrace=False)


PROSE = [*PATHS, *sorted(FOLDER.glob("*.md")), *sorted(ROOT.glob("*.md"))]


@pytest.mark.parametrize("path", PROSE, ids=[path.name for path in PROSE])
def test_links(path):
    complain(guards.links_resolve(path, path.read_text(encoding="utf-8"), ROOT))


def test_bibliography():
    citing = {
        path.name: guards.markdown_of(path, path.read_text(encoding="utf-8"))
        for path in [*PATHS, ROOT / "README.md"]
    }
    references = (FOLDER / "references.md").read_text(encoding="utf-8")
    complain(guards.bibliography_is_sound(references, citing))


# --- the guards ---------------------------------------------------------------------------------


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": list(outputs)}


def stream(words: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": words}


def display(**data: str) -> dict[str, Any]:
    """Return an output; `text_plain` stands for text/plain."""
    bundle = {kind.replace("_", "/", 1): content for kind, content in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": bundle}


def place(*names: str, by: str = "/") -> str:
    """Return a path as a machine has it, put together so that this file itself holds none."""
    return by + by.join(names)


def exercise(number: int) -> list[dict[str, Any]]:
    return [
        markdown(f"### Exercise {number}: a step\n\nTake one."),
        code(f'attempt = ...\ncheck("01.step{number}", attempt)', stream("not attempted yet\n")),
        markdown("<details><summary>Solution</summary>\n\n```python\nx = 1\n```\n\n</details>"),
    ]


def good_lesson() -> dict[str, Any]:
    """Return the smallest lesson that every guard accepts."""
    cells = [
        markdown("# Why is one rate never enough?\n\nYou will be able to\n\nYou need\n\nTime"),
        code(
            "from lessons_lib import check, predict, reveal\nfrom lessons_lib.explorers import race"
        ),
        markdown("## One idea"),
        code('predict("01.rate")'),
        code('reveal("01.rate")', stream("0.5\n")),
        code("race()", display(text_plain="race", image_png=place("tmp", "A" * 400))),
        markdown("## Exercises"),
        *exercise(1),
        *exercise(2),
        *exercise(3),
        markdown("## What to remember\n\n" + "\n".join(f"{n}. Line\n   goes on" for n in range(5))),
        markdown("## Common questions\n\n**Why?** Because."),
        markdown("## Further reading\n\n- [Duchi et al., 2011](references.md#duchi2011)"),
    ]
    count = 0
    for cell in cells:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def complaints_of(notebook: dict[str, Any]) -> list[str]:
    """Return what all the guards of one notebook say."""
    found = guards.exercises_are_complete(notebook, "01")
    for guard in [*guards.STATE, *guards.STRUCTURE]:
        found += guard(notebook)
    return found


def replaced(place: int, old: str, new: str) -> Callable[[list[dict[str, Any]]], None]:
    """Return what replaces `old` by `new` in the source of the cell at `place`."""

    def change(cells: list[dict[str, Any]]) -> None:
        assert old in cells[place]["source"]
        cells[place]["source"] = cells[place]["source"].replace(old, new)

    return change


def printing(output: dict[str, Any]) -> Callable[[list[dict[str, Any]]], None]:
    return lambda cells: cells[4]["outputs"].append(output)


def with_metadata(**metadata: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda cells: cells[4]["metadata"].update(metadata)


# What is done to the good lesson's cells, and the words of the one complaint that must follow.
BROKEN = {
    "not run": (lambda cells: cells[3].update(execution_count=None), "number None, not 2"),
    "run twice": (lambda cells: cells[5].update(execution_count=9), "number 9, not 4"),
    "empty": (lambda cells: cells[5].update(source=" \n"), "empty code cell"),
    "error": (
        printing({"output_type": "error", "ename": "KeyError", "evalue": "", "traceback": []}),
        "ends with KeyError",
    ),
    "widget": (
        printing(display(**{"application_vnd.jupyter.widget-view+json": "{}"})),
        "keeps application/vnd.jupyter.widget-view+json",
    ),
    "timing": (with_metadata(execution={"iopub.status.busy": "2026"}), "times of its execution"),
    "moment": (printing(stream("run at 2026-11-22 17:47\n")), "2026-11-22 17:47"),
    "figure": (printing(display(text_plain="<Figure size 640x480>")), "'<Figure'"),
    "home": (printing(stream(f"saved in {place('home', 'ada')}\n")), place("home", "a")),
    "root": (replaced(4, "reveal", f"open('{place('root', 'x')}')\nreveal"), place("root")),
    "temporary": (
        printing(stream(f"{place('tmp', 'x.py')}:3: RuntimeWarning\n")),
        place("tmp", ""),
    ),
    "Windows": (
        printing(stream("C:" + place("Users", "Ada", by="\\"))),
        "C:" + place("Users", by="\\"),
    ),
    "html": (
        printing(display(text_html=f"<img src='{place('Users', 'ada')}'>")),
        place("Users", "a"),
    ),
    "tag": (with_metadata(tags=["nbval-ignore-output"]), "no comment says why"),
    "raises": (with_metadata(tags=["raises-exception"]), "no comment says why"),
    "marker": (replaced(4, "reveal", "# NBVAL_SKIP\nreveal"), "no comment says why"),
    "statement": (replaced(0, "enough?", "enough"), "not a question"),
    "no title": (replaced(0, "# Why", "Why"), "does not begin with the title"),
    "two titles": (replaced(2, "## One", "# One"), "2 H1 headings"),
    "goals": (replaced(0, "You will be able to", ""), "lacks 'You will be able to'"),
    "needs": (replaced(0, "You need", ""), "lacks 'You need'"),
    "time": (replaced(0, "Time", ""), "lacks 'Time'"),
    "order": (
        replaced(0, "You will be able to\n\nYou need", "You need\n\nYou will be able to"),
        "not in the order",
    ),
    "unpredicted": (replaced(3, "predict", "print"), "reveals '01.rate' without"),
    "other prediction": (replaced(3, "01.rate", "01.step"), "nothing reveals '01.step'"),
    "unrevealed": (replaced(4, "reveal", "print"), "nothing reveals '01.rate'"),
    "no explorer": (replaced(5, "race()", "print()"), "no explorer"),
    "no section": (replaced(-2, "## Common questions", "?"), "last four H2"),
    "swapped": (lambda cells: cells.insert(-3, cells.pop(-2)), "last four H2"),
    "two exercises": (lambda cells: cells.__delitem__(slice(13, 16)), "2 exercises"),
    "numbering": (replaced(10, "Exercise 2", "Exercise 4"), "numbered [1, 4, 3]"),
    "no check": (replaced(8, "check(", "print("), "0 cells with check"),
    "other lesson": (replaced(8, "01.step1", "02.step1"), "'01.something'"),
    "same check": (replaced(11, "01.step2", "01.step1"), "used twice"),
    "no solution": (lambda cells: cells.pop(9), "exercise 1: no solution directly below"),
    "late solution": (
        lambda cells: cells.insert(9, markdown("A hint.")),
        "exercise 1: the cell below is not a folded",
    ),
    "open solution": (replaced(9, "<details><summary>", "<b>"), "not a folded"),
    "no code": (replaced(9, "```python", "```"), "no ```python block"),
    "unclosed": (replaced(9, "</details>", ""), "not closed"),
    "four lines": (replaced(16, "0. Line", "Line"), "4 list items"),
    "no question": (replaced(17, "Why?", "Why."), "no question"),
    "nothing to read": (replaced(18, "- [", "["), "lists nothing"),
    "no key": (replaced(18, "references.md#duchi2011", "https://jmlr.org"), "without a link"),
    "identifier": (replaced(2, "idea", "idea (arXiv:1412.6980)"), "arXiv:1"),
}


def test_good_lesson():
    assert complaints_of(good_lesson()) == []


@pytest.mark.parametrize("case", BROKEN)
def test_guard_finds(case):
    """One defect, one complaint, or the few that the same defect must cause."""
    change, words = BROKEN[case]
    notebook = good_lesson()
    change(notebook["cells"])
    count = 0
    for cell in notebook["cells"]:  # a cell taken out leaves a gap that is not meant here
        if cell["cell_type"] == "code" and case not in ("not run", "run twice"):
            count += 1
            cell["execution_count"] = count
    found = complaints_of(notebook)
    assert any(words in complaint for complaint in found), found
    assert len(found) <= 4, found


def test_guard_finds_widget_state():
    notebook = good_lesson()
    notebook["metadata"]["widgets"] = {}
    assert complaints_of(notebook) == ["widget state is in the metadata"]


def test_a_model_may_predict():
    notebook = good_lesson()
    notebook["cells"][4]["source"] += "\nmodel.predict(X)"
    assert complaints_of(notebook) == []


def test_a_board_may_ask():
    notebook = good_lesson()
    notebook["cells"][3]["source"] = 'board.predict("C01")'
    assert len(complaints_of(notebook)) == 2  # C01 is not revealed, 01.rate not asked
    notebook["cells"][4]["source"] = 'board.reveal("C01")'
    assert complaints_of(notebook) == []


def test_a_reason_is_enough():
    notebook = good_lesson()
    cell = notebook["cells"][4]
    cell["metadata"]["tags"] = ["nbval-ignore-output"]
    cell["source"] += "\n# The time depends on the machine."
    assert complaints_of(notebook) == []


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("other.ipynb", "leads nowhere"),
        ("here.ipynb#One-idea", None),
        ("#One-idea", None),
        ("#one-idea", "not there"),
        ("references.md#duchi2011", None),
        ("references.md#adam", "not there"),
        ("../../outside.md", "leads nowhere"),
        ("https://example.org/nothing", None),
        ("picture.png", "leads nowhere"),
    ],
)
def test_guard_of_links(tmp_path, link, words):
    (tmp_path / "notebooks").mkdir()
    (tmp_path.parent / "outside.md").write_text("there, but not ours")
    (tmp_path / "notebooks" / "references.md").write_text("# References\n\n## duchi2011\n\nJMLR")
    path = tmp_path / "notebooks" / "here.ipynb"
    notebook = good_lesson()
    notebook["cells"][2]["source"] += f"\n\nSee [this]({link}), not `[that](nowhere)`."
    content = json.dumps(notebook)
    path.write_text(content)
    found = guards.links_resolve(path, content, tmp_path)
    assert (words is None and not found) or (words and words in "".join(found)), found


@pytest.mark.parametrize(
    ("references", "citing", "words"),
    [
        ("## a\nA. arXiv:1412.6980", "references.md#a", None),
        ("## a\nA. JMLR 12:2121–2159", "references.md#a", None),
        ("## a\nA. doi:10.1145/1", "references.md#a", None),
        ("## a\nA. Comptes rendus 25, 536–538, 1847. (No DOI.)", "references.md#a", None),
        ("## a\nA, 2011. (No DOI.)", "references.md#a", "has no arXiv"),
        ("## a\nA, 2011.", "references.md#a", "has no arXiv"),
        ("## a\nISBN 978-0-521-83378-3", "(references.md#b) references.md#a", "cites b"),
        ("## a\nhttps://x.org\n## b\nhttps://y.org", "references.md#a", "no lesson cites b"),
        ("## a\nhttps://x.org\n## a\nhttps://y.org", "references.md#a", "twice"),
    ],
)
def test_guard_of_bibliography(references, citing, words):
    found = guards.bibliography_is_sound(references, {"01": citing})
    assert (words is None and not found) or (words and words in "".join(found)), found


# --- the normal form ----------------------------------------------------------------------------


def messy() -> dict[str, Any]:
    """Return a notebook as an editor might save it."""
    view = {
        "application/vnd.jupyter.widget-view+json": {"model_id": "1f"},
        "text/plain": "Slider()",
    }
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {"widgets": {}, "language_info": {"version": "3.12.1"}, "kernelspec": {}},
        "cells": [
            {"cell_type": "markdown", "metadata": {"tags": []}, "source": "θ"},
            {"cell_type": "markdown", "metadata": {}, "source": "θ"},
            code("print(1)", stream("1\n"), stream("2\n")),
            code("slider", display()),
        ],
    }
    notebook["cells"][3]["outputs"][0]["data"] = view
    notebook["cells"][2] |= {"execution_count": 7}
    notebook["cells"][3] |= {"execution_count": 9}
    notebook["cells"][2]["metadata"] = {
        "execution": {"iopub.status.busy": "now"},
        "jupyter": {"source_hidden": True, "outputs_hidden": True},
        "tags": ["kept"],
    }
    return notebook


def test_normalise():
    before = messy()
    untouched = copy.deepcopy(before)
    after = json.loads(tool.to_text(tool.normalise(before)))
    assert before == untouched
    first, second, third, fourth = after["cells"]
    assert after["metadata"] == tool.METADATA
    assert after["nbformat_minor"] == 5
    assert first["id"] != second["id"]
    assert first["metadata"] == {}
    assert third["metadata"] == {"jupyter": {"source_hidden": True}, "tags": ["kept"]}
    assert [output["text"] for output in third["outputs"]] == [["1\n", "2\n"]]
    assert fourth["outputs"][0]["data"] == {"text/plain": ["Slider()"]}
    assert [third["execution_count"], fourth["execution_count"]] == [1, 2]


def test_normalise_twice():
    once = tool.to_text(tool.normalise(messy()))
    assert tool.to_text(tool.normalise(json.loads(once))) == once
    assert tool.to_text(tool.normalise(messy())) == once, "ids must not be random"
    assert once.endswith("}\n")
    assert "θ" in once


def test_normalise_keeps_ids():
    notebook = messy()
    notebook["cells"][1]["id"] = "mine"
    assert tool.normalise(notebook)["cells"][1]["id"] == "mine"


def test_normalise_needs_something_to_show():
    notebook = messy()
    del notebook["cells"][3]["outputs"][0]["data"]["text/plain"]
    with pytest.raises(tool.NotebookError, match=r"cell 4 \(slider\) shows a widget and nothing"):
        tool.normalise(notebook)


def test_normalise_refuses_other_formats():
    with pytest.raises(tool.NotebookError, match="is in nbformat 3, not 4"):
        tool.normalise({"nbformat": 3})


def small(source: str) -> str:
    cell = code(source) | {"execution_count": None}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let the tool work in an empty folder."""
    monkeypatch.setattr(tool, "NOTEBOOKS", tmp_path)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    return tmp_path


def test_run_twice_changes_nothing(folder, capsys):
    path = folder / "00_a.ipynb"
    path.write_text(small("import sys\nprint('θ')\nprint('!', file=sys.stderr)\n1 + 1"))
    assert tool.main(["run"]) == 0
    first = path.read_bytes()
    assert tool.main(["run", "00"]) == 0
    assert path.read_bytes() == first
    assert capsys.readouterr().out == "00_a.ipynb: written\n00_a.ipynb: unchanged\n"
    assert guards.executed(json.loads(first)) == []


def test_run_reports_a_failing_cell(folder, capsys):
    path = folder / "00_a.ipynb"
    before = small("# the step\n1 / 0")
    path.write_text(before)
    assert tool.main(["run"]) == 1
    assert path.read_text() == before
    expected = "00_a.ipynb: cell 1 (# the step) failed\n  ZeroDivisionError: division by zero\n"
    assert capsys.readouterr().err == expected


def test_run_reports_a_wrong_name(folder, capsys):
    (folder / "00_a.ipynb").write_text(small("1"))
    assert tool.main(["run", "07"]) == 1
    assert capsys.readouterr().err == "no notebook is called 07; there are: 00_a\n"


def test_run_reports_a_broken_file(folder, capsys):
    (folder / "00_a.ipynb").write_text("<<<<<<< HEAD")
    assert tool.main(["run"]) == 1
    assert capsys.readouterr().err.startswith("00_a.ipynb: is not JSON")
