"""Claims put to the test: an experiment for each, whose numbers compute the verdict.

>>> board = Board("99", {"Does it fall?": {"C00": "What is let go falls down"}})
>>> @board.claim("C00", "far from any star", gravity=0.0)
... def fall(gravity=9.8):
...     metres = gravity / 2
...     return {"metres in the first second": metres}, verdict(metres > 0)
>>> board.judge("C00")
C00                         as it is  far from any star
metres in the first second  4.9       0
verdict                     true      false
Nothing in it is random.
'true'
"""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .exercises import predict, reveal
from .plotting import sig
from .validation import Registry

VERDICTS = {"true": "✓", "half true": "◐", "false": "✗", "depends": "⇄"}
"""The kinds of verdict, each with its sign. What a claim depends on follows after a colon."""

WAITING = "not run yet"


def verdict(*parts: bool, on: str = "") -> str:
    """The verdict on a claim: "true" if all parts hold, "false" if none does.

    Parameters
    ----------
    *parts : bool
        What was found: about several statements that the claim joins by "and", or about its one
        statement under several conditions.
    on : str, optional
        In what the conditions differ. Where some parts hold and others do not, several statements
        are "half true", and one statement under several conditions "depends: on" this.

    Raises
    ------
    ValueError
        If there are no parts.

    >>> verdict(True, True), verdict(True, False), verdict(False)
    ('true', 'half true', 'false')
    >>> verdict(True, False, on="the rate"), verdict(True, True, on="the rate")
    ('depends: on the rate', 'true')
    """
    if not parts:
        raise ValueError("a verdict needs at least one part; got none")
    if all(parts) or not any(parts):
        return "true" if all(parts) else "false"
    return f"depends: on {on}" if on else "half true"


def kind(words: str) -> str:
    """What stands before the colon of a verdict.

    >>> kind("depends: on the framework")
    'depends'
    """
    found = words.partition(":")[0] if isinstance(words, str) else words
    if found not in VERDICTS:
        known = ", ".join(map(repr, VERDICTS))
        raise ValueError(f"a verdict must be one of {known}, or begin so; got {words!r}")
    return found


@dataclass(frozen=True)
class Claim:
    """One claim with the experiment that decides it.

    Attributes
    ----------
    experiment : callable
        ``experiment(seed=0, ...)`` → (numbers, verdict): a dict of label → number or text, and a
        text that `kind` accepts. It has no ``seed`` if nothing in it is random.
    otherwise : str
        The other world, in which the verdict would be another one, in a few words.
    changes : dict
        The arguments of the experiment that make that other world.
    """

    experiment: Callable[..., tuple[dict[str, Any], str]]
    otherwise: str
    changes: Mapping[str, Any]

    @property
    def random(self) -> bool:
        """Whether the experiment takes a seed."""
        return "seed" in inspect.signature(self.experiment).parameters

    def run(self, **settings: Any) -> tuple[dict[str, Any], str]:
        """Numbers and verdict of the experiment, with the settings that it does not choose."""
        numbers, words = self.experiment(**settings)
        kind(words)
        return numbers, words

    def elsewhere(self, **settings: Any) -> tuple[dict[str, Any], str]:
        """`run` in the other world."""
        return self.run(**{**self.changes, **settings})


class Board:
    """The claims of a lesson, theme by theme, in a table that fills as their cells are run.

    Show it at the top of the lesson: it stays up to date there, with lists to filter it by
    while a kernel runs. Each claim has a heading of the third level, made of its key, a space,
    its sentence and a question mark, to which the table links.

    Parameters
    ----------
    lesson : str
        What begins the notebook's name, such as "10a".
    themes : dict of theme → dict of key → sentence
        The themes are titles of sections; a key is such as "C01". A sentence is plain text
        without the dot at its end.
    folded : bool, default False
        Whether the stored table shows a verdict only after a click on it, so that it does not
        give the predictions away. The table of a running kernel shows what was run in it.
    """

    def __init__(
        self, lesson: str, themes: Mapping[str, Mapping[str, str]], *, folded: bool = False
    ):
        self.lesson, self.themes, self.folded = lesson, themes, folded
        self.sentences = Registry("claim", **{k: s for t in themes.values() for k, s in t.items()})
        self.claims: Registry = Registry("claim with an experiment")
        self.verdicts = dict.fromkeys(self.sentences, "")
        self._handle: Any = None  # of the display that is to be updated
        self._box: Any = None  # the table with its filters
        self._fill: Any = None  # fills that table

    def claim(self, key: str, otherwise: str, **changes: Any) -> Callable[..., Any]:
        """A decorator that enters an experiment; its arguments are `Claim`'s attributes.

        Raises
        ------
        ValueError
            If the table has no such key, or if there are no `changes`: an experiment that can
            only end in one way decides nothing.
        """
        self.sentences[key]
        if not changes:
            raise ValueError(f"{key}: changes must say what the other world changes; got none")

        def enter(experiment: Callable[..., Any]) -> Callable[..., Any]:
            self.claims[key] = Claim(experiment, otherwise, changes)
            return experiment

        return enter

    def predict(self, key: str) -> predict:
        """Ask the reader for the verdict."""
        question = f"“{html.escape(self.sentences[key])}.” What will the experiment say?"
        return predict(f"{self.lesson}.{key}", question, list(VERDICTS))

    def judge(self, key: str, **settings: Any) -> str:
        """Run an experiment in both worlds, print the numbers, and return the kind of verdict.

        Parameters
        ----------
        key : str
        **settings
            For the experiment, such as ``seed=1``. The table keeps what was found without.

        Raises
        ------
        ValueError
            If the claim's experiment has not been run yet, or does not take such a setting.
        """
        self.sentences[key]
        if key not in self.claims:
            raise ValueError(
                f"{key} has no experiment yet: run the cell that begins with "
                f'@board.claim("{key}", …) first'
            )
        claim = self.claims[key]
        if "seed" in settings and not claim.random:
            raise ValueError(
                f"{key} takes no seed, for nothing in its experiment is random; "
                f"got seed={settings['seed']!r}"
            )
        here, words = claim.run(**settings)
        there, other = claim.elsewhere(**settings)
        rows = [(key, "as it is", claim.otherwise)]
        rows += [(label, _shown(here[label]), _shown(there[label])) for label in here]
        rows += [("verdict", words, other)]
        widths = [max(len(row[i]) for row in rows) + 2 for i in range(3)]
        for row in rows:
            print("".join(text.ljust(n) for text, n in zip(row, widths, strict=True)).rstrip())
        if not claim.random:
            print("Nothing in it is random.")
        if kind(other) == kind(words):
            print("Both worlds end alike: as it stands, this experiment decides nothing.")
        if not settings:
            self.verdicts[key] = words
            self._update()
        return kind(words)

    def reveal(self, key: str) -> None:
        """`judge`, and compare the verdict with what the reader predicted, if anything."""
        found = self.judge(key)
        self.predict(key)  # the cell that asks may have been passed over
        reveal(f"{self.lesson}.{key}", found)

    def anchor(self, key: str) -> str:
        """What a link to the claim's heading has after its "#"."""
        return quote(f"{key} {self.sentences[key]}?".replace(" ", "-"), safe="-,.?'=/():;")

    def summary(self) -> str:
        """How many claims have which verdict."""
        kinds = [kind(words) for words in self.verdicts.values() if words]
        counts = [f"{kinds.count(k)} {k}" for k in VERDICTS if k in kinds]
        open_ = len(self.verdicts) - len(kinds)
        counts += [f"{open_} {WAITING}"] if open_ else []
        return f"{len(self.verdicts)} claims: {', '.join(counts)}."

    def _chosen(self, theme: str, of_kind: str) -> dict[str, list[str]]:
        """The keys that the filters leave, by theme; "" leaves all."""
        found = {
            t: [
                key
                for key in sentences
                if not of_kind or (self.verdicts[key] or WAITING).startswith(of_kind)
            ]
            for t, sentences in self.themes.items()
            if theme in ("", t)
        }
        return {t: keys for t, keys in found.items() if keys}

    def text(self) -> str:
        """The whole table as plain text."""
        lines = [self.summary()]
        for theme, keys in self._chosen("", "").items():
            lines += ["", theme]
            for key in keys:
                lines.append(f"  {key}  {self.sentences[key]}: {self.verdicts[key] or WAITING}")
        return "\n".join(lines)

    def html(self, theme: str = "", of_kind: str = "", folded: bool = False) -> str:
        """The table, or what is left of it by a theme and a kind of verdict.

        If `folded`, each verdict is shown by a click.
        """
        rows = []
        for title, keys in self._chosen(theme, of_kind).items():
            rows.append(
                f'<tr><th colspan="3" scope="colgroup" style="text-align: left">'
                f"{html.escape(title)}</th></tr>"
            )
            for key in keys:
                words = self.verdicts[key]
                sign = f"{VERDICTS[kind(words)]} " if words else ""
                shown = f"<b>{sign}{html.escape(words or WAITING)}</b>"
                if folded and words:
                    shown = f"<details><summary>what we found</summary>{shown}</details>"
                rows.append(
                    f'<tr><td><a href="#{self.anchor(key)}">{key}</a></td>'
                    f'<td style="text-align: left">{html.escape(self.sentences[key])}</td>'
                    f'<td style="text-align: left">{shown}</td></tr>'
                )
        return (
            f"<table><caption>{self.summary()}</caption>"
            '<thead><tr><th scope="col">claim</th><th scope="col" style="text-align: left">'
            'what people say</th><th scope="col" style="text-align: left">what the experiment '
            f"says</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
        )

    def widget(self) -> Any:
        """The table below two lists to filter it by, as an ipywidgets box."""
        if self._box is None:
            import ipywidgets as widgets

            def choice(label: str, options: list[str]) -> Any:
                return widgets.Dropdown(
                    options=[("all", ""), *((o, o) for o in options)],
                    value="",
                    description=label,
                    layout=widgets.Layout(width="26em", max_width="100%"),
                )

            theme = choice("theme", list(self.themes))
            of_kind = choice("verdict", [*VERDICTS, WAITING])
            table = widgets.HTML()

            def fill(_: Any = None) -> None:
                table.value = self.html(theme.value, of_kind.value)

            for control in (theme, of_kind):
                control.observe(fill, "value")
            row = widgets.Box([theme, of_kind], layout=widgets.Layout(flex_flow="row wrap"))
            self._box, self._fill = widgets.VBox([row, table]), fill
        self._fill()
        return self._box

    def _bundle(self) -> dict[str, Any]:
        view = self.widget()._repr_mimebundle_()
        return {**view, "text/html": self.html(folded=self.folded), "text/plain": self.text()}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        self._handle = display(self._bundle(), raw=True, display_id=True)

    def _update(self) -> None:
        """Bring the table that is shown up to date, and what is stored of it."""
        if self._handle is not None:
            self._handle.update(self._bundle(), raw=True)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else sig(value, 3)
