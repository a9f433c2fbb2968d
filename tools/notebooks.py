"""Run the notebooks from a clean kernel, and write them in one normal form.

Usage: python tools/notebooks.py run|normalise [NOTEBOOK ...]

A notebook is given by its path, its name or the number of its lesson; without one, all are
meant. The normal form keeps nothing that depends on the machine, the moment or the program that
saved the file, so that running a lesson twice gives the same bytes, and a difference in git is
a difference for the reader.
"""

import argparse
import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
CELL_METADATA = ("deletable", "editable", "tags")
TIMEOUT = 120  # seconds for one cell


class NotebookError(Exception):
    """A notebook cannot be run or written; the message names the notebook's cell."""


def normalise(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return `notebook` in the normal form; the argument is not changed.

    Args:
        notebook: a notebook as `json.load` returns it, of nbformat 4.

    Raises:
        NotebookError: if the format is another one, or if an output would be left without
            anything to show once its widget is taken out.
    """
    if notebook.get("nbformat") != 4:
        found = notebook.get("nbformat")
        raise NotebookError(f"is in nbformat {found}, not 4: save it anew in Jupyter")
    raw = json.loads(json.dumps(notebook))
    give_ids(raw["cells"])
    raw["nbformat_minor"] = 5
    raw["metadata"] = METADATA
    # nbformat joins every list of lines into one string.
    node = nbformat.reads(json.dumps(raw), as_version=4)
    count = 0
    for index, cell in enumerate(node.cells):
        cell.metadata = normal_cell_metadata(cell.metadata)
        if cell.cell_type != "code":
            continue
        if cell.execution_count is not None:
            count += 1
            cell.execution_count = count
        cell.outputs = [normal_output(output, index, cell) for output in cell.outputs]
        cell.outputs = merge_streams(cell.outputs)
    return node


def give_ids(cells: list[dict[str, Any]]) -> None:
    """Give every cell an id of its own; an id that is there, and is the first such, stays."""
    used: set[str] = set()
    lacking = []
    for cell in cells:
        if cell.get("id") and cell["id"] not in used:
            used.add(cell["id"])
        else:
            lacking.append(cell)
    for cell in lacking:
        source = "".join(cell["source"])
        attempt = 0
        while True:
            digest = hashlib.sha256(f"{cell['cell_type']} {attempt} {source}".encode()).hexdigest()
            if digest[:8] not in used:
                break
            attempt += 1
        cell["id"] = digest[:8]
        used.add(digest[:8])


def normal_cell_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a cell's metadata that means something to a reader."""
    kept = {key: metadata[key] for key in CELL_METADATA if key in metadata}
    if "tags" in kept and not kept["tags"]:
        del kept["tags"]
    if "source_hidden" in metadata.get("jupyter", {}):
        kept["jupyter"] = {"source_hidden": metadata["jupyter"]["source_hidden"]}
    return nbformat.from_dict(kept)


def normal_output(output: dict[str, Any], index: int, cell: dict[str, Any]) -> dict[str, Any]:
    """Return one output without its widget, and with its cell's execution count."""
    if "data" in output and WIDGET_VIEW in output["data"]:
        del output["data"][WIDGET_VIEW]
        output["metadata"].pop(WIDGET_VIEW, None)
        if not output["data"]:
            raise NotebookError(
                f"{cell_name(index, cell)} shows a widget and nothing else: "
                "give its output a text/plain or an image for readers without a kernel"
            )
    if output["output_type"] == "execute_result":
        output["execution_count"] = cell["execution_count"]
    output.pop("transient", None)
    return output


def merge_streams(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join consecutive pieces of the same stream, which arrive as the kernel's timing has it."""
    merged: list[dict[str, Any]] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            merged.append(output)
    return merged


def cell_name(index: int, cell: dict[str, Any]) -> str:
    """Return words by which a writer finds the cell."""
    source = "".join(cell["source"]).strip()
    return f"cell {index + 1} ({source.splitlines()[0] if source else 'empty'})"


def to_text(notebook: dict[str, Any]) -> str:
    """Return the text of the file that holds `notebook`.

    Raises:
        NotebookError: if the notebook does not follow the format.
    """
    node = nbformat.from_dict(notebook)
    try:
        nbformat.validate(node)
    except nbformat.ValidationError as error:
        raise NotebookError(f"is not a valid notebook: {str(error).splitlines()[0]}") from error
    return nbformat.writes(node, indent=1, ensure_ascii=False).rstrip("\n") + "\n"


def run(notebook: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return `notebook` with the outputs that a clean kernel, working in `folder`, gives today.

    Raises:
        NotebookError: if a cell fails or does not end, naming the cell and the error.
    """
    node = nbformat.from_dict(notebook)
    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        node,
        kernel_name="python3",
        timeout=TIMEOUT,
        store_widget_state=False,
        record_timing=False,
        # A kernel on this machine, for this moment, needs no encrypted connection.
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute()
    except CellTimeoutError as error:
        raise NotebookError(f"a cell took longer than {TIMEOUT} s and was stopped") from error
    except DeadKernelError as error:
        raise NotebookError("the kernel died, perhaps for want of memory") from error
    except CellExecutionError as error:
        raise NotebookError(failure(node, error)) from error
    return node


def failure(node: dict[str, Any], error: CellExecutionError) -> str:
    """Return which cell failed, and with what."""
    for index, cell in enumerate(node["cells"]):
        if any(output["output_type"] == "error" for output in cell.get("outputs", [])):
            return f"{cell_name(index, cell)} failed\n  {error.ename}: {error.evalue}"
    return f"{error.ename}: {error.evalue}"


def treat(path: Path, execute: bool) -> bool:
    """Run, if asked, and normalise one notebook; say whether the file changed.

    The file is written only when everything succeeded.

    Raises:
        NotebookError: see `normalise`, `run` and `to_text`.
    """
    before = path.read_text(encoding="utf-8")
    try:
        notebook = normalise(json.loads(before))
    except json.JSONDecodeError as error:
        raise NotebookError(f"is not JSON: {error}") from error
    if execute:
        notebook = normalise(run(notebook, path.parent))
    after = to_text(notebook)
    if after != before:
        path.write_text(after, encoding="utf-8", newline="\n")
    return after != before


def find(names: list[str]) -> list[Path]:
    """Return the paths that `names` mean; all notebooks if there are none.

    Raises:
        NotebookError: if a name fits no notebook.
    """
    everything = sorted(NOTEBOOKS.glob("*.ipynb"))
    if not names:
        return everything
    paths = []
    for name in names:
        stem = Path(name).name.removesuffix(".ipynb")
        fitting = [path for path in everything if path.stem == stem]
        fitting = fitting or [path for path in everything if path.stem.startswith(f"{stem}_")]
        if not fitting:
            known = ", ".join(path.stem for path in everything) or "none"
            raise NotebookError(f"no notebook is called {name}; there are: {known}")
        paths += fitting
    return paths


def main(arguments: list[str]) -> int:
    """Treat the notebooks that the command line names; return 1 if any failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=["run", "normalise"])
    parser.add_argument("notebooks", nargs="*", metavar="NOTEBOOK")
    options = parser.parse_args(arguments)
    try:
        paths = find(options.notebooks)
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    # A progress bar would write a time into the outputs.
    os.environ["TQDM_DISABLE"] = "1"

    def report(path: Path) -> bool:
        try:
            changed = treat(path, execute=options.action == "run")
        except NotebookError as error:
            print(f"{path.name}: {error}", file=sys.stderr, flush=True)
            return False
        print(f"{path.name}: {'written' if changed else 'unchanged'}", flush=True)
        return True

    # Each notebook has a kernel of its own; two at a time suit two cores.
    with ThreadPoolExecutor(max_workers=2) as pool:
        return 0 if all(list(pool.map(report, paths))) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
