"""Claims: no verdict hangs on a seed, each could be another one, the table tells them all."""

import ast
import contextlib
import functools
import io
import json
import os
import re
import warnings
from pathlib import Path
from unittest import mock
from urllib.parse import unquote

import numpy as np
import pytest

import guards
from lessons_lib.claims import VERDICTS, WAITING, Board, Claim, kind, verdict
from lessons_lib.exercises import predictions
from lessons_lib.frameworks import FRAMEWORKS
from lessons_lib.optimizers import CONVENTIONS

FOLDER = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(p for p in FOLDER.glob("*.ipynb") if "Board(" in p.read_text(encoding="utf-8"))
SEEDS = range(1, 6)
every_lesson = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@functools.cache
def board_of(path):
    """The board of a lesson after all of its cells were run, in this process."""
    names, before = {"__name__": "__main__"}, Path.cwd()
    os.chdir(FOLDER)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, source, _ in guards.cells(read(path), "code"):
                exec(compile(source, f"{path.name}, cell {number}", "exec"), names)
    finally:
        os.chdir(before)
    (board,) = [value for value in names.values() if isinstance(value, Board)]
    return board


def draws(experiment, **settings):
    """What the experiment returns, and what it asked of NumPy's generators."""
    with mock.patch("numpy.random.default_rng", wraps=np.random.default_rng) as generator:
        return experiment(**settings), generator.call_args_list


def complaints_about(key: str, claim: Claim, words: str, seeds=SEEDS) -> list[str]:
    """What other seeds, and the other world, say against a claim's verdict."""
    if not claim.random:
        runs, drawn, others = [claim.run()], [], [claim.elsewhere()]
    else:
        runs, drawn = zip(*(draws(claim.run, seed=seed) for seed in seeds), strict=True)
        others = [claim.elsewhere(seed=seed) for seed in seeds[:2]]
    found = [
        f"{key}: {words!r} becomes {other!r} with seed {seed}"
        for seed, (_, other) in zip(seeds, runs, strict=False)
        if other != words
    ]
    if any(kind(other) == kind(words) for _, other in others):
        found.append(f"{key}: the verdict is {kind(words)!r} in the other world, too")
    if any(set(numbers) != set(runs[0][0]) for numbers, _ in [*runs, *others]):
        found.append(f"{key}: the other world gives other numbers than this one")
    # What is told in words, or rounded, may be the same for all seeds; what is drawn may not.
    told = [numbers for numbers, _ in runs]
    seen = drawn if all(isinstance(value, str) for value in told[0].values()) else told
    if claim.random and all(each == seen[0] for each in seen):
        found.append(f"{key}: the seed changes nothing")
    return found


def returns(node) -> list[ast.Return]:
    """The returns of a function, without those of functions within it."""
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Return):
            found.append(child)
        elif not isinstance(child, ast.FunctionDef):
            found += returns(child)
    return found


def typed_verdicts(source: str) -> list[str]:
    """The returns of a cell's experiments that do not end in `verdict(...)` of something named."""
    found = []
    for node in ast.walk(guards.parsed(source)):
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            for back in returns(node):
                words = back.value.elts[-1] if isinstance(back.value, ast.Tuple) else back.value
                called = isinstance(words, ast.Call) and ast.unparse(words.func) == "verdict"
                if not called or not all(
                    any(isinstance(each, ast.Name) for each in ast.walk(part))
                    for part in words.args
                ):
                    found.append(ast.unparse(back))
    return found


# --- the lessons --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_no_verdict_hangs_on_a_seed(path):
    board = board_of(path)
    found = []
    for key, words in board.verdicts.items():
        found += complaints_about(key, board.claims[key], words)
    assert not found, "\n".join(found)


def test_the_reading_lists_are_looked_up_in_the_bibliography():
    """The list as it should be is that of the lesson's table; what is wrong or made up fails."""
    (path,) = [path for path in PATHS if path.stem.startswith("10b")]
    text = "".join(source for _, source, _ in guards.cells(read(path), "markdown"))
    linked = dict(re.findall(r"^\| (\w+).*references\.md#(\w+)\) \|$", text, re.MULTILINE))
    references = guards.bibliography((FOLDER / "references.md").read_text(encoding="utf-8"))
    entries = {key: entry.casefold() for key, entry in references}
    claim = board_of(path).claims["C35"]
    mended = claim.changes["entries"]
    assert set(mended) == set(linked)
    for author, (title, _) in mended.items():
        assert f"*{title.casefold()}" in entries[linked[author]], author

    def found(entry):
        numbers, words = claim.run(entries=mended | {"Zeiler": entry})
        assert (words == "true") == (numbers["Zeiler"] == "as cited")
        return numbers["Zeiler"]

    title, place = mended["Zeiler"]
    assert found((title, place)) == "as cited"
    assert found((title, place[:-1] + "2")) == "another place"
    assert found((title.replace("rate", "gate"), place)) == "no such title"
    assert found(("Adaptive", place)) == "no such title", "a title is not a part of one"


def test_no_best_rate_of_the_bowls_lies_at_the_end_of_the_grid(monkeypatch):
    """Else C34 would judge the grid: the best rates of all methods, with some seeds."""
    (path,) = [path for path in PATHS if path.stem.startswith("10b")]
    claim = board_of(path).claims["C34"]
    names, chosen = claim.experiment.__globals__, []
    choose = names["fair"]

    def watched(losses, methods, rates):
        def with_rates(opt):
            found = losses(opt)  # (runs, rates), of which the first half chooses
            middle = np.median(np.nan_to_num(found[: len(found) // 2], nan=np.inf), axis=0)
            chosen.append((seed, type(opt).__name__, middle.argmin() in (0, len(rates) - 1)))
            return found

        return choose(with_rates, methods, rates)

    monkeypatch.setitem(names, "fair", watched)
    for seed in (0, *SEEDS):
        claim.run(seed=seed)
    assert len(chosen) == 6 * 16 * len(names["METHODS"])
    assert not [each for each in chosen if each[2]]


def test_every_claim_is_tested_once():
    keys = [key for path in PATHS for key in board_of(path).sentences]
    assert sorted(keys) == [f"C{number:02}" for number in range(1, 36)]


@every_lesson
def test_the_stored_table_is_that_of_a_run(path):
    """Strict comparison leaves it out, as it fills only while the cells below it are run."""
    board = board_of(path)
    stored = [
        output["data"]
        for _, source, cell in guards.cells(read(path), "code")
        if "Board(" in source
        for output in cell["outputs"]
    ]
    assert [guards.text(data["text/plain"]) for data in stored] == [board.text()]
    assert [guards.text(data["text/html"]) for data in stored] == [board.html(folded=board.folded)]
    assert WAITING not in board.text()


@every_lesson
def test_the_table_leads_to_each_claim(path):
    """Its links name headings, each under its theme, with all that belongs to a claim."""
    board, notebook = board_of(path), read(path)
    everything = "\n".join(guards.text(cell["source"]) for cell in notebook["cells"])
    there = {unquote(link) for link in re.findall(r'href="#([^"]+)"', board.html())}
    headings = guards.anchors(path, path.read_text(encoding="utf-8"))
    assert there <= headings, there - headings
    for theme, sentences in board.themes.items():
        (title,) = re.findall(rf"^## (\d+\. {re.escape(theme)})$", everything, re.MULTILINE)
        body = "\n".join(guards.text(cell["source"]) for _, cell in guards.section(notebook, title))
        parts = re.split(r"^### (?=C\d)", body, flags=re.MULTILINE)[1:]
        assert [part.splitlines()[0] for part in parts] == [
            f"{key} {sentence}?" for key, sentence in sentences.items()
        ]
        for part in parts:
            key = part[:3]
            place = re.search(r"^\*(Found|From) .+\*", part, re.MULTILINE)
            assert place, f"{key} was found nowhere"
            order = [f'board.{each}("{key}"' for each in ("predict", "claim", "reveal")]
            places = [part.index(call) for call in order]
            assert places == sorted(places), f"{key} gives itself away"
            explained = re.search(r"\]\((?!10)\d\d_\w+\.ipynb", part)
            assert explained, f"{key} leads to no lesson that explains it"


@every_lesson
def test_verdicts_are_computed(path):
    """What an experiment returns last is a call of `verdict`, on nothing that is typed in."""
    found = []
    for number, source, _ in guards.cells(read(path), "code"):
        found += [f"cell {number}: {each}" for each in typed_verdicts(source)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("ending", "wrong"),
    [
        ("return {'a': a}, verdict(a > 1)", False),
        ("return {'a': a}, verdict(*parts, on='a')", False),
        ("return {'a': a}, 'true'", True),
        ("return {'a': a}, words", True),
        ("return {'a': a}, 'depends: on a' if a > 1 else verdict(a > 0)", True),
        ("return {'a': a}, verdict(True)", True),
        ("return {'a': a}, verdict(*(True, False), on='a')", True),
        ("if a:\n        return {'a': a}, 'true'\n    return {'a': a}, verdict(a > 1)", True),
    ],
)
def test_guard_of_verdicts(ending, wrong):
    source = f"@board.claim('C00', 'b', a=2)\ndef experiment(a=1):\n    {ending}"
    assert bool(typed_verdicts(source)) == wrong


@pytest.mark.parametrize(
    ("missing", "left"),
    [
        ((), {"torch", "keras", "optax"}),
        (("torch",), {"optax"}),  # on which our Keras computes
        (("torch", "keras", "optax"), set()),
    ],
)
def test_a_default_is_what_is_installed_or_in_the_table(missing, left, monkeypatch):
    """In lesson 10a: the frameworks that are there are asked, and the answers stay the same."""
    (path,) = [path for path in PATHS if "def default(" in path.read_text(encoding="utf-8")]
    names = board_of(path).claims["C03"].experiment.__globals__
    find, ask, asked = names["find_spec"], names["defaults"], set()
    monkeypatch.setitem(names, "find_spec", lambda n: None if n in missing else find(n))
    monkeypatch.setitem(names, "defaults", lambda rule, n: asked.add(n) or ask(rule, n))
    for rule, setting in (("adagrad", "eps"), ("adam", "eps"), ("rmsprop", "rho")):
        for name in ("torch", "keras", "optax"):
            assert names["default"](rule, name, setting) == CONVENTIONS[rule][name][setting]
    if all(map(find, FRAMEWORKS)):
        assert asked == left


# --- the guard above ----------------------------------------------------------------------------


def toss(seed=0, bias=0.9, sides=2):
    heads = np.random.default_rng(seed).random(100) < bias
    return {"heads": heads.mean()}, verdict(heads.mean() > 0.5)


def in_words(seed=0, bias=0.9):
    numbers, words = toss(seed, bias)
    return {"heads": "above 0.5" if numbers["heads"] > 0.5 else "few"}, words


@pytest.mark.parametrize(
    ("experiment", "changes", "words"),
    [
        (toss, dict(bias=0.1), None),
        (lambda seed=0, bias=0.5: toss(seed, bias), dict(bias=0.0), "becomes"),
        (toss, dict(bias=0.8), "the other world, too"),
        (lambda seed=0, bias=0.9: toss(3, bias), dict(bias=0.1), "the seed changes nothing"),
        (lambda bias=0.9: toss(3, bias), dict(bias=0.1), None),
        (lambda seed=0, bias=0.9: in_words(seed, bias), dict(bias=0.1), None),
        (lambda seed=0, bias=0.9: in_words(3, bias), dict(bias=0.1), "the seed changes nothing"),
        (lambda a=1: ({str(a): a}, verdict(a == 1)), dict(a=2), "other numbers"),
    ],
)
def test_guard_of_claims(experiment, changes, words):
    claim = Claim(experiment, "elsewhere", changes)
    found = complaints_about("C00", claim, claim.run()[1], range(1, 12))
    assert (words is None and not found) or (words and words in "".join(found)), found


# --- the board ----------------------------------------------------------------------------------


@pytest.fixture
def board(monkeypatch):
    monkeypatch.setattr(predictions, "_guesses", {})
    board = Board(
        "99",
        {"Is chance fair?": {"C98": "A coin falls on heads"}, "What is 1 < 2?": {"C99": "More"}},
    )
    board.claim("C98", "with another coin", bias=0.1)(toss)
    board.claim("C99", "if 2 were 0", two=0)(
        lambda two=2: ({"two": two}, "depends: on 2 & more" if two == 2 else "false")
    )
    return board


def test_judge_prints_both_worlds(board, capsys):
    assert board.judge("C98") == "true"
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert rows[0] == ["C98", "as it is", "with another coin"]
    assert rows[1][0] == "heads" and float(rows[1][1]) > 0.8 and float(rows[1][2]) < 0.2
    assert rows[2:] == [["verdict", "true", "false"]]
    assert board.judge("C99") == "depends"
    assert "Nothing in it is random." in capsys.readouterr().out


def test_the_table_fills(board):
    assert board.summary() == "2 claims: 2 not run yet."
    board.judge("C99")
    assert board.summary() == "2 claims: 1 depends, 1 not run yet."
    assert "C99  More: depends: on 2 &amp; more" not in board.text()
    assert "C99  More: depends: on 2 & more" in board.text()
    assert "on 2 &amp; more" in board.html() and "What is 1 &lt; 2?" in board.html()


def test_a_trial_with_other_settings_is_not_the_verdict(board):
    assert board.judge("C98", bias=0.2) == "false"
    assert board.verdicts["C98"] == ""


def test_half_true_and_depends_differ_by_what_the_parts_are():
    assert verdict(True, False) == "half true"
    assert verdict(True, False, on="the rate") == "depends: on the rate"
    for parts, words in (([True, True], "true"), ([False, False], "false")):
        assert verdict(*parts) == verdict(*parts, on="the rate") == words


def test_worlds_that_end_alike_decide_nothing(board, capsys):
    board.judge("C98")
    assert "decides nothing" not in capsys.readouterr().out
    board.judge("C98", bias=0.8)
    assert "Both worlds end alike" in capsys.readouterr().out


def test_a_folded_table_gives_nothing_away():
    board = Board("99", {"Is chance fair?": {"C98": "A", "C99": "B"}}, folded=True)
    board.claim("C98", "with another coin", bias=0.1)(toss)
    board.judge("C98")
    folded = board._bundle()["text/html"]
    assert folded == board.html(folded=True) != board.html()
    assert "<summary>what we found</summary><b>✓ true</b></details>" in folded
    assert f"<b>{WAITING}</b></td>" in folded and folded.count("<details>") == 1
    assert "<details>" not in board.widget().children[1].value


def test_a_prediction_may_be_passed_over(board, capsys):
    board.reveal("C98")
    assert "You had not chosen an answer" in capsys.readouterr().out


def test_the_filters_filter(board):
    board.judge("C98")
    row, table = board.widget().children
    theme, of_kind = row.children
    assert [o[1] for o in of_kind.options] == ["", *VERDICTS, WAITING]
    everything = table.value
    assert everything == board.html() and "C98" in everything and "C99" in everything
    for control, value, left in (
        (theme, "What is 1 < 2?", "C99"),
        (of_kind, "true", "C98"),
        (of_kind, WAITING, "C99"),
    ):
        control.value = value
        assert re.findall(r">(C\d\d)<", table.value) == [left]
        control.value = ""
        assert table.value == everything
    of_kind.value = WAITING
    board.judge("C99")
    board.widget()
    assert re.findall(r">(C\d\d)<", table.value) == [], "a filter stays when the table fills"


def test_predict_and_reveal(board, capsys):
    question = board.predict("C98")
    assert question.options == list(VERDICTS)
    board.reveal("C98")
    assert "The experiment says: true. (You had not" in capsys.readouterr().out
    question.widget().children[1].value = "false"
    board.reveal("C98")
    assert "The experiment says: true. You predicted: false." in capsys.readouterr().out


def test_anchor():
    board = Board("99", {"?": {"C97": "G is 100 % of √(G + ε), isn't it"}})
    heading = "C97 G is 100 % of √(G + ε), isn't it?"
    assert unquote(board.anchor("C97")) == heading.replace(" ", "-")
    assert '"' not in board.anchor("C97")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda board: board.claim("C97", "x", a=1), "unknown claim 'C97'"),
        (lambda board: board.claim("C98", "x"), "C98: changes must say"),
        (lambda board: board.judge("C97"), "unknown claim 'C97'"),
        (lambda board: board.judge("C99", seed=7), "C99 takes no seed, .*got seed=7"),
        (lambda board: Board("99", board.themes).judge("C98"), "C98 has no experiment yet: run"),
        (lambda board: verdict(), "at least one part; got none"),
        (lambda board: kind("maybe"), "must be one of 'true', 'half true'.*got 'maybe'"),
        (lambda board: kind(True), "got True"),
        (lambda board: Claim(lambda: ({}, "yes"), "x", {}).run(), "got 'yes'"),
    ],
)
def test_refusals(board, wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong(board)


def test_a_later_cell_changes_the_table_that_is_shown(monkeypatch):
    """As in a notebook: what is displayed first is what later cells update."""
    import IPython.display

    shown = []

    class Handle:
        def update(self, bundle, raw):
            shown.append(bundle)

    def display(bundle, raw, display_id):
        shown.append(bundle)
        return Handle()

    monkeypatch.setattr(IPython.display, "display", display)
    board = Board("99", {"Is chance fair?": {"C98": "A coin falls on heads"}})
    board.claim("C98", "with another coin", bias=0.1)(toss)
    board._ipython_display_()
    board.judge("C98")
    assert WAITING in shown[0]["text/html"] and WAITING in shown[0]["text/plain"]
    assert "✓ true" in shown[1]["text/html"] and "1 true" in shown[1]["text/plain"]
    assert any("widget-view" in kind for kind in shown[1])
