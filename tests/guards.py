"""What every notebook must be: each guard takes a notebook and returns its complaints.

A notebook is the dict that `json.load` gives. No complaint means that all is well. The guards
know nothing of pytest, so that each of them can itself be tried on a broken notebook.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Notebook = dict[str, Any]

IGNORE_TAGS = {"nbval-skip", "nbval-ignore-output", "raises-exception"}
IGNORE_COMMENTS = re.compile(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)", re.IGNORECASE)
# Pictures and packed numbers: their letters mean nothing, and may spell anything.
PAYLOAD = re.compile(r"[A-Za-z0-9+/=]{200,}")
MACHINE_PATH = re.compile(
    r"/home/\w|/root\b|/tmp/|/Users/\w|/var/folders|[A-Za-z]:\\+Users|site-packages|ipykernel_\d"
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
IDENTIFIER = re.compile(
    r"arXiv:\d{4}\.\d{4,5}|arXiv:[a-z-]+/\d{7}|doi:10\.\d+/\S|JMLR\s+\d+(\(\d+\))?:\d+"
    r"|ISBN[ :]+[\d-]{9,}|https?://\S"
    # What is older than identifiers: volume, pages and year, and the remark that no DOI exists.
    r"|\d+(\(\d+\))?, \d+[–-]\d+, \d{4}\..*\(No DOI"
)
CLOSING = ["Exercises", "What to remember", "Common questions", "Further reading"]


# --- reading a notebook -------------------------------------------------------------------------


def lesson(path: Path) -> str:
    """Return what begins a notebook's name: two digits, and a letter if the lesson is split."""
    return path.stem.split("_")[0]


def text(lines: str | list[str]) -> str:
    """Return a notebook's text, which the format writes as one string or as a list of lines."""
    return lines if isinstance(lines, str) else "".join(lines)


def cells(notebook: Notebook, kind: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield the number, the source and the cell, of every cell of one kind."""
    for number, cell in enumerate(notebook["cells"], start=1):
        if cell["cell_type"] == kind:
            yield number, text(cell["source"]), cell


def outputs(notebook: Notebook) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the cell's number and the output, of every output."""
    for number, _, cell in cells(notebook, "code"):
        for output in cell["outputs"]:
            yield number, output


def output_texts(notebook: Notebook) -> Iterator[tuple[int, str]]:
    """Yield the cell's number and the text, of everything in the outputs that is text."""
    for number, output in outputs(notebook):
        if "text" in output:
            yield number, text(output["text"])
        for kind, content in output.get("data", {}).items():
            if isinstance(content, (str, list)) and not kind.startswith("image/p"):
                yield number, PAYLOAD.sub("", text(content))
        yield number, "\n".join(output.get("traceback", []))


def all_texts(notebook: Notebook) -> Iterator[tuple[int, str]]:
    """Yield the cell's number and the text, of all sources and outputs."""
    for number, cell in enumerate(notebook["cells"], start=1):
        yield number, text(cell["source"])
    yield from output_texts(notebook)


def without_code(markdown: str) -> str:
    """Return the prose: fenced blocks and code spans taken out."""
    markdown = re.sub(r"^(```|~~~).*?^\1[^\n]*$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", markdown)


def headings(markdown: str) -> list[tuple[int, str]]:
    """Return the level and the words of each heading."""
    fenceless = re.sub(r"^(```|~~~).*?^\1[^\n]*$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", fenceless, flags=re.MULTILINE)
    return [(len(marks), words) for marks, words in found]


def section(notebook: Notebook, title: str) -> list[tuple[int, dict[str, Any]]]:
    """Return number and cell, from the cell with the H2 `title` to the one before the next H2."""
    result: list[tuple[int, dict[str, Any]]] = []
    for number, cell in enumerate(notebook["cells"], start=1):
        markdown = text(cell["source"]) if cell["cell_type"] == "markdown" else ""
        titles = [words for level, words in headings(markdown) if level <= 2]
        if title in titles:
            result = [(number, cell)]
        elif titles and result:
            return result
        elif result:
            result.append((number, cell))
    return result


def section_text(notebook: Notebook, title: str) -> str:
    """Return the Markdown of one section, without its heading."""
    parts = [text(c["source"]) for _, c in section(notebook, title) if c["cell_type"] == "markdown"]
    return "\n\n".join(parts).split(title, 1)[-1]


def list_items(markdown: str) -> list[str]:
    """Return the items of the outermost lists, each with its continuation lines."""
    items: list[str] = []
    for line in markdown.splitlines():
        if re.match(r"([-*+]|\d+[.)])\s+\S", line):
            items.append(line)
        elif items and line.startswith((" ", "\t")):
            items[-1] += "\n" + line
    return items


def parsed(source: str) -> ast.Module:
    """Return the syntax tree of a code cell, without IPython's own commands."""
    lines = ["" if re.match(r"\s*[%!]", line) else line for line in source.splitlines()]
    return ast.parse("\n".join(lines))


def calls(source: str) -> Iterator[tuple[str, str]]:
    """Yield, for each call in a code cell, in order, its dotted name and its first argument."""
    found = [node for node in ast.walk(parsed(source)) if isinstance(node, ast.Call)]
    for node in sorted(found, key=lambda call: (call.lineno, call.col_offset)):
        yield ast.unparse(node.func), ast.unparse(node.args[0]) if node.args else ""


# --- state --------------------------------------------------------------------------------------


def executed(notebook: Notebook) -> list[str]:
    """Every code cell was run, from a clean kernel, in order; nbval passes over others."""
    complaints = []
    for count, (number, source, cell) in enumerate(cells(notebook, "code"), start=1):
        if not source.strip():
            complaints.append(f"cell {number} is an empty code cell: delete it")
        elif cell["execution_count"] != count:
            complaints.append(f"cell {number} has number {cell['execution_count']}, not {count}")
    return complaints


def no_errors(notebook: Notebook) -> list[str]:
    """No cell stopped with an exception."""
    return [
        f"cell {number} ends with {output.get('ename')}"
        for number, output in outputs(notebook)
        if output["output_type"] == "error"
    ]


def no_widget_state(notebook: Notebook) -> list[str]:
    """Nothing is kept that a reader without a kernel sees as "Loading widget"."""
    complaints = ["widget state is in the metadata"] if "widgets" in notebook["metadata"] else []
    for number, output in outputs(notebook):
        kinds = [kind for kind in output.get("data", {}) if "jupyter.widget" in kind]
        complaints += [f"cell {number} keeps {kind}" for kind in kinds]
    return complaints


def no_moment(notebook: Notebook) -> list[str]:
    """Neither metadata nor outputs say when the notebook was run."""
    complaints = [
        f"cell {number} keeps the times of its execution"
        for number, cell in enumerate(notebook["cells"], start=1)
        if "execution" in cell["metadata"] or "ExecuteTime" in cell["metadata"]
    ]
    for number, words in output_texts(notebook):
        if found := MOMENT.search(words):
            complaints.append(f"cell {number} prints a date and time: {found[0]}")
    return complaints


def no_figure_text(notebook: Notebook) -> list[str]:
    """No `<Figure size ...>` stands under a picture; it differs between versions."""
    return [
        f"cell {n} contains '<Figure'" for n, words in all_texts(notebook) if "<Figure" in words
    ]


def no_machine_path(notebook: Notebook) -> list[str]:
    """No path names the machine or the person that ran the notebook."""
    return [
        f"cell {number} names a place of one machine: {found[0]}"
        for number, words in all_texts(notebook)
        if (found := MACHINE_PATH.search(words))
    ]


def ignored_with_reason(notebook: Notebook) -> list[str]:
    """A cell that strict comparison passes over says why, in a comment of its own."""
    complaints = []
    for number, source, cell in cells(notebook, "code"):
        tags = IGNORE_TAGS.intersection(tag.lower() for tag in cell["metadata"].get("tags", []))
        if not tags and not IGNORE_COMMENTS.search(source):
            continue
        comments = re.findall(r"#(.*)", IGNORE_COMMENTS.sub("#", source))
        if not any(len(comment.split()) >= 3 for comment in comments):
            complaints.append(f"cell {number} is not compared, and no comment says why")
    return complaints


STATE = [
    executed,
    no_errors,
    no_widget_state,
    no_moment,
    no_figure_text,
    no_machine_path,
    ignored_with_reason,
]


# --- structure ----------------------------------------------------------------------------------


def title_is_a_question(notebook: Notebook) -> list[str]:
    """The notebook begins with its only H1, and that is a question."""
    first = notebook["cells"][0]
    tops = [
        words
        for _, source, _ in cells(notebook, "markdown")
        for level, words in headings(source)
        if level == 1
    ]
    if first["cell_type"] != "markdown" or not text(first["source"]).startswith("# "):
        return ["the first cell does not begin with the title, '# ...?'"]
    if len(tops) != 1:
        return [f"there are {len(tops)} H1 headings, not one: {tops}"]
    return [] if tops[0].endswith("?") else [f"the title is not a question: {tops[0]}"]


def opening_is_complete(notebook: Notebook) -> list[str]:
    """Before the first section stand the goals, the needs and the time, in this order."""
    opening = ""
    for _, source, _ in cells(notebook, "markdown"):
        if any(level == 2 for level, _ in headings(source)):
            break
        opening += source + "\n"
    parts = ["You will be able to", "You need", "Time"]
    places = [opening.find(part) for part in parts]
    complaints = [
        f"the opening lacks '{part}'" for part, at in zip(parts, places, strict=True) if at < 0
    ]
    if not complaints and places != sorted(places):
        complaints.append(f"the opening's parts are not in the order {', '.join(parts)}")
    return complaints


def predicts_before_it_reveals(notebook: Notebook) -> list[str]:
    """There is a prediction; each is revealed, and none is revealed before it was made.

    They are named by a text, as in predict("01.rate", ...) or board.predict("C01").
    """
    predicted: list[str] = []
    revealed: set[str] = set()
    complaints = []
    for number, source, _ in cells(notebook, "code"):
        for name, key in calls(source):
            if not key.startswith(("'", '"')):
                continue  # a model that predicts, not a reader
            if name.split(".")[-1] == "predict":
                predicted.append(key)
            elif name.split(".")[-1] == "reveal":
                revealed.add(key)
                if key not in predicted:
                    complaints.append(f"cell {number} reveals {key} without a predict() before it")
    complaints += [f"nothing reveals {key}" for key in predicted if key not in revealed]
    return complaints if predicted or revealed else ["there is no predict() and no reveal()"]


def has_an_explorer(notebook: Notebook) -> list[str]:
    """Something from `lessons_lib.explorers` is called."""
    names: set[str] = set()
    called: set[str] = set()
    for _, source, _ in cells(notebook, "code"):
        for node in ast.walk(parsed(source)):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    if "explorers" in f"{node.module}.{alias.name}".split("."):
                        names.add(alias.asname or alias.name)
        called.update(name for name, _ in calls(source))
    if any(name.split(".")[0] in names or ".explorers." in name for name in called):
        return []
    return ["no explorer: nothing imported from lessons_lib.explorers is called"]


def closes_in_order(notebook: Notebook) -> list[str]:
    """The last four H2 headings are those of every lesson."""
    titles = [
        words
        for _, source, _ in cells(notebook, "markdown")
        for level, words in headings(source)
        if level == 2
    ]
    if titles[-4:] != CLOSING:
        return [f"the last four H2 headings are {titles[-4:]}, not {CLOSING}"]
    return []


def exercises_are_complete(notebook: Notebook, lesson: str) -> list[str]:
    """Three to five exercises; each has a cell with its check, and its solution right below.

    Args:
        notebook: the notebook.
        lesson: what begins the file's name, such as 01 or 10a.
    """
    blocks: list[list[dict[str, Any]]] = []
    numbers: list[int] = []
    for _, cell in section(notebook, "Exercises"):
        if cell["cell_type"] == "markdown":
            for level, words in headings(text(cell["source"])):
                if level == 3 and (found := re.match(r"Exercise (\d+)", words)):
                    numbers.append(int(found[1]))
                    blocks.append([])
        if blocks:
            blocks[-1].append(cell)
    complaints = []
    if not 3 <= len(blocks) <= 5:
        complaints.append(f"there are {len(blocks)} exercises, not 3 to 5")
    if numbers != list(range(1, len(numbers) + 1)):
        complaints.append(f"the exercises are numbered {numbers}")
    keys: list[str] = []
    for number, block in zip(numbers, blocks, strict=True):
        complaints += exercise_is_complete(number, block, lesson, keys)
    return complaints


def exercise_is_complete(
    number: int, block: list[dict[str, Any]], lesson: str, keys: list[str]
) -> list[str]:
    """Return the complaints about one exercise, and add its name to `keys`."""
    here = f"exercise {number}"
    sources = [text(cell["source"]) for cell in block]
    checked = [
        index
        for index, cell in enumerate(block)
        if cell["cell_type"] == "code" and re.search(r"\bcheck\(", sources[index])
    ]
    if len(checked) != 1:
        return [f"{here} has {len(checked)} cells with check(...), not one"]
    key = re.search(r"\bcheck\(\s*[\"']([^\"']+)[\"']", sources[checked[0]])
    complaints = []
    if not key or not key[1].startswith(f"{lesson}."):
        complaints.append(f"{here}: its check is not named '{lesson}.something'")
    elif key[1] in keys:
        complaints.append(f"{here}: its check {key[1]} is used twice")
    else:
        keys.append(key[1])
    below = checked[0] + 1
    if below == len(block) or block[below]["cell_type"] != "markdown":
        return [*complaints, f"{here}: no solution directly below its cell"]
    solution = sources[below]
    if not re.match(r"<details>\s*<summary>Solution</summary>", solution):
        complaints.append(f"{here}: the cell below is not a folded 'Solution'")
    elif not re.search(r"^```python\n.+?^```\s*$", solution, re.MULTILINE | re.DOTALL):
        complaints.append(f"{here}: the solution has no ```python block")
    elif "</details>" not in solution:
        complaints.append(f"{here}: the solution is not closed by </details>")
    return complaints


def remembers_five_lines(notebook: Notebook) -> list[str]:
    """The section "What to remember" is five lines."""
    count = len(list_items(section_text(notebook, "What to remember")))
    return [] if count == 5 else [f"'What to remember' has {count} list items, not 5"]


def answers_questions(notebook: Notebook) -> list[str]:
    """The section "Common questions" holds at least one question."""
    found = "?" in section_text(notebook, "Common questions")
    return [] if found else ["'Common questions' holds no question"]


def reads_further(notebook: Notebook) -> list[str]:
    """Every item of "Further reading" cites the bibliography."""
    items = list_items(section_text(notebook, "Further reading"))
    if not items:
        return ["'Further reading' lists nothing"]
    return [
        f"'Further reading' has an item without a link to references.md#key: {item[:60]}"
        for item in items
        if "references.md#" not in item
    ]


def cites_by_key(notebook: Notebook) -> list[str]:
    """No identifier of a paper stands in a lesson: the bibliography has them all, checked."""
    return [
        f"cell {number} gives {found[0]} itself: cite references.md#key instead"
        for number, source, _ in cells(notebook, "markdown")
        if (found := re.search(r"arxiv\.org|doi\.org|arXiv:\d|doi:10", source))
    ]


STRUCTURE = [
    title_is_a_question,
    opening_is_complete,
    predicts_before_it_reveals,
    has_an_explorer,
    closes_in_order,
    remembers_five_lines,
    answers_questions,
    reads_further,
    cites_by_key,
]


# --- links and references -----------------------------------------------------------------------


def markdown_of(path: Path, content: str) -> str:
    """Return the Markdown in a notebook's or a Markdown file's content."""
    if path.suffix != ".ipynb":
        return content
    return "\n\n".join(source for _, source, _ in cells(json.loads(content), "markdown"))


def links(markdown: str) -> list[str]:
    """Return the targets of all links and pictures, as they are written."""
    prose = without_code(markdown)
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)>?(?:\s+[\"'][^)]*)?\)", prose)
    return targets + re.findall(r"(?:href|src)=[\"']([^\"']+)[\"']", prose)


def anchors(path: Path, content: str) -> set[str]:
    """Return what a link may name after its '#'.

    Jupyter puts hyphens for a heading's spaces; GitHub also drops punctuation and capitals.
    """
    markdown = markdown_of(path, content)
    names = set(re.findall(r"<a\s+(?:id|name)=[\"']([^\"']+)[\"']", markdown))
    for _, words in headings(markdown):
        if path.suffix == ".ipynb":
            names.add(words.replace(" ", "-"))
        else:
            names.add(re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-"))
    return names


def links_resolve(path: Path, content: str, root: Path) -> list[str]:
    """Every link inside the repository leads to a file, and to a heading, that is there.

    Args:
        path: the file that contains the links.
        content: its content.
        root: the repository, which no link may leave.
    """
    complaints = []
    for link in links(markdown_of(path, content)):
        if re.match(r"[a-z][a-z0-9+.-]*:", link, re.IGNORECASE):
            continue
        place, _, anchor = unquote(link).partition("#")
        target = (path.parent / place).resolve() if place else path
        if not target.is_relative_to(root.resolve()) or not (target.exists() or target == path):
            complaints.append(f"the link {link} leads nowhere")
        elif anchor and target.suffix in (".ipynb", ".md"):
            there = content if target == path else target.read_text(encoding="utf-8")
            if anchor not in anchors(target, there):
                complaints.append(f"the link {link} names a heading that is not there")
    return complaints


def bibliography(markdown: str) -> list[tuple[str, str]]:
    """Return the key and the text of each entry of references.md."""
    parts = re.split(r"^##[ \t]+(\S+)[ \t]*$", markdown, flags=re.MULTILINE)
    return [(key, body.strip()) for key, body in zip(parts[1::2], parts[2::2], strict=True)]


def cited(markdown: str) -> set[str]:
    """Return the keys that are cited."""
    return set(re.findall(r"references\.md#([^)\s\"'>]+)", markdown))


def bibliography_is_sound(references: str, citing: dict[str, str]) -> list[str]:
    """Entries and citations fit each other, and every entry can be looked up.

    Args:
        references: the content of references.md.
        citing: the Markdown of each file that may cite, by its name.
    """
    entries = bibliography(references)
    keys = [key for key, _ in entries]
    complaints = [f"{key} is in references.md twice" for key in set(keys) if keys.count(key) > 1]
    complaints += [
        f"{key} in references.md has no arXiv:, doi:, JMLR volume:pages, ISBN, address or 'No DOI'"
        for key, body in entries
        if not IDENTIFIER.search(body)
    ]
    for name, markdown in citing.items():
        complaints += [
            f"{name} cites {key}, which references.md does not have"
            for key in sorted(cited(markdown).difference(keys))
        ]
    everywhere = set().union(*(cited(markdown) for markdown in citing.values()))
    complaints += [f"no lesson cites {key}" for key in keys if key not in everywhere]
    return complaints
