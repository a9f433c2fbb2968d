"""Explorers: every control of every explorer is moved, in a real kernel, as the lessons use it."""

import ast
import json
from pathlib import Path

import ipywidgets as widgets
import nbformat
import pytest
from nbclient import NotebookClient

from lessons_lib.explorers import EXPLORERS

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))

DRIVE = '''
import io
import numpy as np
from IPython.display import display
from PIL import Image
from lessons_lib import *
from lessons_lib.explorers import *
from lessons_lib.explorers import EXPLORERS

def settings(control):
    """Values to try on a control: its extremes, or all of its options."""
    if hasattr(control, "options"):
        values = [o[1] if isinstance(o, tuple) else o for o in control.options]
        return [(), tuple(values)] if isinstance(control.value, tuple) else values
    if hasattr(control, "base"):
        return [control.base**control.min, control.base**control.max]
    return [control.min, control.max] if hasattr(control, "min") else [True, False]

def drive_race(race):
    """Change each setting of a race; the number of different sets of paths that were seen."""
    first, seen = race.settings, {race.paths}
    changes = {"surface": ["saddle"], "optimizers": [[], ["Adam"]], "start": [[0.5, 0.5]]}
    changes |= {"angle": [-90, 45], "noise": [1.0], "steps": [7], "tuned": [not first["tuned"]]}
    for name, values in changes.items():
        for value in values:
            race.settings = {**first, name: value}
            assert not race.header["error"], race.header
            assert "nan" not in race.sentence().lower()
            seen.add(race.paths if name != "tuned" else str(race.header["chosen"]))
    race.settings = first
    return len(seen)

def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), int)

def drive(explorer):
    """Move each control to each setting; the number of different pictures that were seen."""
    if hasattr(explorer, "paths"):
        return drive_race(explorer)
    seen, start = set(), explorer.picture.caption
    for name, control in explorer.controls.items():
        pictures = set()
        for value in settings(control):
            control.value = value
            assert explorer.image.value[:8] == b"\\x89PNG\\r\\n\\x1a\\n", (name, value)
            text = explorer.picture.caption
            assert text in explorer.sentence.value and "nan" not in text.lower(), (name, text)
            pictures.add(explorer.image.value)
        assert len(pictures) > 1 or name == "seed", f"{name} does not change the picture"
        whole = pixels(explorer.picture.png())  # drawn at once, and not upon kept axes
        assert np.abs(pixels(explorer.image.value) - whole).max() < 60, name
        seen |= pictures
        explorer.reset()
        assert explorer.picture.caption == start, f"reset does not bring {name} back"
    return len(seen)
'''


def uses():
    """Each explorer by itself, and each call of one in a notebook."""
    found = [pytest.param(f"{name}()", id=name) for name in EXPLORERS]
    for path in NOTEBOOKS:
        known = {}  # what the lesson calls an explorer → the explorer's name
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code" or "%" in "".join(cell["source"]):
                continue
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.ImportFrom) and node.module == "lessons_lib.explorers":
                    known |= {alias.asname or alias.name: alias.name for alias in node.names}
                elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in known:
                    node.func.id = known[node.func.id]
                    found.append(pytest.param(ast.unparse(node), id=f"{path.stem}-{node.func.id}"))
    return found


USES = uses()


def test_each_explorer_is_used_by_a_lesson():
    used = {p.values[0].split("(")[0] for p in USES[len(EXPLORERS) :]}
    assert used == set(EXPLORERS)


@pytest.fixture(scope="module")
def kernel():
    """Run one cell after another in a kernel, and return the outputs of each."""
    notebook = nbformat.v4.new_notebook()
    client = NotebookClient(notebook, timeout=300, store_widget_state=False)

    def run(source):
        notebook.cells.append(nbformat.v4.new_code_cell(source))
        client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1)
        return notebook.cells[-1].outputs

    with client.setup_kernel():
        run(DRIVE)
        yield run


@pytest.mark.parametrize("call", USES)
def test_every_control_redraws(kernel, call):
    outputs = kernel(f"print(drive({call}))")
    assert [o["output_type"] for o in outputs] == ["stream"], outputs
    assert int(outputs[0]["text"]) > 1


@pytest.mark.parametrize("call", [p for p in USES[: len(EXPLORERS)]])
def test_an_explorer_shows_itself_with_and_without_a_kernel(kernel, call):
    (output,) = kernel(call)
    kinds = set(output["data"])
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= kinds
    assert output["metadata"]["image/png"]["alt"]


def test_a_broken_callback_is_noticed(kernel):
    """The drive above can fail: here is an explorer that breaks at one end of its slider."""
    with pytest.raises(Exception, match="ZeroDivisionError"):
        kernel(
            "from lessons_lib.explorers import Explorer, slider\n"
            "def bad(a):\n    1 / a\n    return EXPLORERS['parabola']().picture\n"
            "drive(Explorer(bad, 'why?', {'a': slider('a', 0, 1, 0.5, 0.1)}))"
        )


def test_a_tune_is_heard_when_asked_for():
    """An empty player would ask the browser for a sound that is not there."""
    made = EXPLORERS["jukebox"]()
    button = next(w for w in made.box.children if isinstance(w, widgets.Button))
    kinds = [type(w) for w in made.box.children]
    assert widgets.Audio not in kinds
    button.click()
    assert made.box.children[-1].value[:4] == b"RIFF"
    made.controls["tune"].value = 2
    assert [type(w) for w in made.box.children] == kinds
