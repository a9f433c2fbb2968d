"""Eight old tunes, and the beginning of an old book: all in the public domain.

A tune is written on a grid of eighth notes, one character each: C D E F G A B are the white keys
from middle C upwards, c d e f g the octave above, and ``-`` holds the note before. Spaces only
separate bars. The tunes were written down for this course, in keys that need no black keys.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator

import numpy as np

PITCHES = "CDEFGABcdefgab"  # white keys, from middle C upwards
_SEMITONES = [0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19, 21, 23]  # above middle C

TUNES = {
    # French song, in print without words by 1761.
    "Ah! vous dirai-je, maman": (
        "C-C-G-G- A-A-G--- F-F-E-E- D-D-C--- G-G-F-F- E-E-D--- G-G-F-F- E-E-D--- "
        "C-C-G-G- A-A-G--- F-F-E-E- D-D-C---"
    ),
    # French round of the 18th century.
    "Frère Jacques": ("G-A-B-G- G-A-B-G- B-c-d--- B-c-d--- dedcB-G- dedcB-G- G-D-G--- G-D-G---"),
    # Ludwig van Beethoven, Symphony No. 9, 1824.
    "Ode to Joy": (
        "B-B-c-d- d-c-B-A- G-G-A-B- B--AA--- B-B-c-d- d-c-B-A- G-G-A-B- A--GG--- "
        "A-A-B-G- A-BcB-G- A-BcB-A- G-A-D--- B-B-c-d- d-c-B-A- G-G-A-B- A--GG---"
    ),
    # French song of the 18th century.
    "Au clair de la lune": (
        "c-c-c-d- e---d--- c-e-d-d- c------- c-c-c-d- e---d--- c-e-d-d- c------- "
        "d-d-d-d- A---A--- d-c-B-A- G------- c-c-c-d- e---d--- c-e-d-d- c-------"
    ),
    # German song: words of 1860, to a tune in print by 1807.
    "Hänschen klein": (
        "G-E-E--- F-D-D--- C-D-E-F- G-G-G--- G-E-E--- F-D-D--- C-E-G-G- C------- "
        "D-D-D-D- D-E-F--- E-E-E-E- E-F-G--- G-E-E--- F-D-D--- C-E-G-G- C-------"
    ),
    # American nursery rhyme: words of 1830.
    "Mary had a little lamb": (
        "E-D-C-D- E-E-E--- D-D-D--- E-G-G--- E-D-C-D- E-E-E-E- D-D-E-D- C-------"
    ),
    # English singing game; this tune in print by 1879.
    "London Bridge": ("G--AG-F- E-F-G--- D-E-F--- E-F-G--- G--AG-F- E-F-G--- D---G--- E-C-----"),
    # Words of 1853, to the tune of the spring carol "Tempus adest floridum", Piae Cantiones, 1582.
    "Good King Wenceslas": (
        "c-c-c-d- c-c-G--- A-G-A-B- c---c--- c-c-c-d- c-c-G--- A-G-A-B- c---c--- "
        "g-f-e-d- e-d-c--- A-G-A-B- c---c--- G-G-A-B- c-c-d--- g-f-e-d- c---f--- c-------"
    ),
}

# Lewis Carroll, Alice's Adventures in Wonderland, 1865: how chapter I begins.
ALICE = """\
alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing
to do: once or twice she had peeped into the book her sister was reading, but it had no pictures
or conversations in it, and what is the use of a book, thought alice, without pictures or
conversation? so she was considering in her own mind (as well as she could, for the hot day made
her feel very sleepy and stupid), whether the pleasure of making a daisy-chain would be worth the
trouble of getting up and picking the daisies, when suddenly a white rabbit with pink eyes ran
close by her. there was nothing so very remarkable in that; nor did alice think it so very much
out of the way to hear the rabbit say to itself, oh dear! oh dear! i shall be late! (when she
thought it over afterwards, it occurred to her that she ought to have wondered at this, but at the
time it all seemed quite natural); but when the rabbit actually took a watch out of its
waistcoat-pocket, and looked at it, and then hurried on, alice started to her feet, for it flashed
across her mind that she had never before seen a rabbit with either a waistcoat-pocket, or a watch
to take out of it, and burning with curiosity, she ran across the field after it, and fortunately
was just in time to see it pop down a large rabbit-hole under the hedge. in another moment down
went alice after it, never once considering how in the world she was to get out again. the
rabbit-hole went straight on like a tunnel for some way, and then dipped suddenly down, so suddenly
that alice had not a moment to think about stopping herself before she found herself falling down a
very deep well. either the well was very deep, or she fell very slowly, for she had plenty of time
as she went down to look about her and to wonder what was going to happen next. first, she tried to
look down and make out what she was coming to, but it was too dark to see anything; then she looked
at the sides of the well, and noticed that they were filled with cupboards and book-shelves; here
and there she saw maps and pictures hung upon pegs. she took down a jar from one of the shelves as
she passed; it was labelled orange marmalade, but to her great disappointment it was empty: she did
not like to drop the jar for fear of killing somebody, so managed to put it into one of the
cupboards as she fell past it.
"""


class Text:
    """A text as numbers: each character is its place in the alphabet.

    Parameters
    ----------
    text : str
        At least two characters.

    Attributes
    ----------
    alphabet : str
        Its different characters, in order.
    """

    def __init__(self, text: str):
        if not isinstance(text, str) or len(text) < 2:
            raise ValueError(f"text must be a str of at least two characters; got {text!r}")
        self.text, self.alphabet = text, "".join(sorted(set(text)))

    def encode(self, text: str) -> np.ndarray:
        """The numbers of the characters of `text`."""
        if unknown := sorted(set(text) - set(self.alphabet)):
            raise ValueError(f"text must use the alphabet {self.alphabet!r}; got {unknown[0]!r}")
        return np.array([self.alphabet.index(c) for c in text], dtype=int)

    def decode(self, numbers: np.ndarray) -> str:
        """The characters of the numbers."""
        return "".join(self.alphabet[k] for k in numbers)

    def windows(self, length: int) -> tuple[np.ndarray]:
        """All stretches of `length` + 1 characters: data for a `Recurrent` network."""
        numbers = self.encode(self.text)
        if not 1 <= length < len(numbers):
            raise ValueError(f"length must be in 1 … {len(numbers) - 1}; got {length}")
        return (np.lib.stride_tricks.sliding_window_view(numbers, length + 1).copy(),)


def alice() -> Text:
    """How "Alice's Adventures in Wonderland" begins, in small letters, without quotation marks."""
    return Text(" ".join(ALICE.split()) + " ")


def tunes() -> Text:
    """The tunes of `TUNES`, one after another, a ``|`` at the end of each."""
    return Text("|" + "|".join(tune.replace(" ", "") for tune in TUNES.values()) + "|")


def notes(tune: str) -> Iterator[tuple[int, int, str]]:
    """The notes of a tune: where each begins, its length (both in eighths), and its pitch.

    >>> list(notes("C-|G---"))
    [(0, 2, 'C'), (3, 4, 'G')]
    """
    start = 0
    while start < len(tune):
        end = start + 1
        if tune[start] in PITCHES:
            while tune[end : end + 1] == "-":
                end += 1
            yield start, end - start, tune[start]
        start = end


def sound(tune: str, eighth: float = 0.18) -> bytes:
    """A tune as a WAV file that a browser can play: 8000 samples a second of 8 bits each.

    Parameters
    ----------
    tune : str
        In the notation of this module; a ``|`` is a short silence.
    eighth : float, default 0.18
        Seconds an eighth note lasts.
    """
    rate = 8000
    step = round(eighth * rate)
    wave_form = np.zeros((len(tune) + 1) * step)
    for start, length, pitch in notes(tune):
        t = np.arange(length * step) / rate
        w = 2 * np.pi * 440 * 2 ** ((_SEMITONES[PITCHES.index(pitch)] - 9) / 12)  # the A is at 9
        tone = np.sin(w * t) + 0.4 * np.sin(2 * w * t) + 0.2 * np.sin(3 * w * t)
        # A quick rise and a slow fall, so that neighbouring notes are heard apart.
        envelope = np.minimum(t / 0.01, 1) * np.exp(-2.5 * t) * np.minimum((t[-1] - t) / 0.02, 1)
        wave_form[start * step :][: len(t)] = tone * envelope
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(rate)
        out.writeframes((128 + 75 * wave_form).astype(np.uint8).tobytes())
    return file.getvalue()
