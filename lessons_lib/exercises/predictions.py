"""Commit to an answer before the run; compare afterwards."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

_guesses: dict[str, str] = {}
_asked: dict[str, list[str]] = {}


class predict:
    """Ask the reader to choose. The choice is kept until the kernel restarts.

    Parameters
    ----------
    name : str
        "NN.name"; `reveal` takes the same.
    question : str
    options : sequence of str
    """

    def __init__(self, name: str, question: str, options: Sequence[str]):
        if len(options) < 2 or len(set(options)) != len(options):
            raise ValueError(f"options must be two or more different texts; got {options!r}")
        self.name, self.question, self.options = name, question, list(options)
        _asked[name] = self.options

    def widget(self) -> Any:
        """The choice as an ipywidgets box."""
        import ipywidgets as widgets

        kept = _guesses.get(self.name)
        choice = widgets.RadioButtons(
            options=self.options,
            value=kept if kept in self.options else None,
            layout=widgets.Layout(width="auto"),
        )
        note = widgets.HTML(self._note())

        def keep(change: dict) -> None:
            _guesses[self.name] = change["new"]
            note.value = self._note()

        choice.observe(keep, "value")
        return widgets.VBox([widgets.HTML(f"<b>Predict.</b> {self.question}"), choice, note])

    def _note(self) -> str:
        kept = _guesses.get(self.name)
        return f"Noted: {html.escape(kept)}. Read on." if kept else "Choose one, then read on."

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        items = "".join(f"<li>{html.escape(option)}</li>" for option in self.options)
        return {
            **self.widget()._repr_mimebundle_(),
            "text/html": f"<p><b>Predict.</b> {self.question}</p><ul>{items}</ul>",
            "text/plain": f"Predict. {self.question} [{' | '.join(self.options)}]",
        }


def reveal(name: str, answer: str) -> None:
    """Print the answer beside the reader's prediction.

    Parameters
    ----------
    name : str
        As given to `predict`.
    answer : str
        The right option, chosen by what the experiment showed.

    Raises
    ------
    ValueError
        If the question was not asked, or the answer is not among its options.
    """
    if answer not in _asked.get(name, []):
        options = _asked.get(name, "none: the question has not been asked")
        raise ValueError(
            f"answer must be one of the options of {name!r}, {options}; got {answer!r}"
        )
    guess = _guesses.get(name)
    if guess is None:
        print(f"The experiment says: {answer}. (You had not chosen an answer.)")
    elif guess == answer:
        print(f"The experiment says: {answer}. That is what you predicted.")
    else:
        print(f"The experiment says: {answer}. You predicted: {guess}. Find out what differs.")
