"""The tunes, the text and the picture that the networks of lesson 07 learn."""

import io
import wave

import numpy as np
import pytest

from lessons_lib.datasets.melodies import PITCHES, TUNES, Text, alice, notes, sound, tunes
from lessons_lib.datasets.pictures import abstract, coordinates


@pytest.mark.parametrize("name", TUNES)
def test_bars(name):
    """Every bar has eight eighths and begins with a note."""
    for bar in TUNES[name].split():
        assert len(bar) == 8 and bar[0] in PITCHES and set(bar) <= {*PITCHES, "-"}


def test_tunes_as_text():
    text = tunes()
    assert text.alphabet == "-ABCDEFGcdefg|" and text.text.count("|") == len(TUNES) + 1
    assert text.decode(text.encode("C-|")) == "C-|"


def test_alice():
    text = alice()
    assert text.text.startswith("alice was beginning to get very tired of sitting by her sister")
    assert text.text.endswith("as she fell past it. ") and "  " not in text.text
    assert 2000 < len(text.text) < 2500 and len(text.alphabet) < 40


def test_windows():
    (windows,) = Text("abcab").windows(2)
    assert windows.tolist() == [[0, 1, 2], [1, 2, 0], [2, 0, 1]]


def test_notes_and_sound():
    assert list(notes("A--|C")) == [(0, 3, "A"), (4, 1, "C")]
    with wave.open(io.BytesIO(sound("A-------", eighth=0.25))) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 1, 1)
        frames = np.frombuffer(file.readframes(10**6), np.uint8).astype(float) - 128
    assert len(frames) == 9 * 2000 and abs(frames).max() < 128
    loudest = np.abs(np.fft.rfft(frames)).argmax() * 8000 / len(frames)
    assert loudest == pytest.approx(440, abs=1), "the A above middle C"
    assert not frames[16_000:].any(), "it ends in silence"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Text(""), "text must be a str of at least two characters; got ''"),
        (lambda: Text(None), "text must be a str of at least two characters; got None"),
        (lambda: Text("abc").encode("ad"), "text must use the alphabet 'abc'; got 'd'"),
        (lambda: Text("abc").windows(3), "length must be in 1 … 2; got 3"),
        (lambda: abstract(1), "side must be a whole number ≥ 2; got 1"),
    ],
)
def test_bad_input(make, words):
    with pytest.raises(ValueError) as error:
        make()
    assert words in str(error.value)


def test_picture():
    X, y = abstract(16)
    assert X.shape == (256, 14) and y.shape == (256, 3)
    assert 0 <= y.min() and y.max() <= 1 and len(np.unique(y, axis=0)) == 5
    np.testing.assert_array_equal(X, coordinates(16))
    np.testing.assert_allclose(X[0, :2], [-1, -1])
    np.testing.assert_allclose(X[1, 1], -1, err_msg="row after row")
