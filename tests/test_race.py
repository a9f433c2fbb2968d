"""The race's Python side: what is sent is what was computed, and every mishap has its words."""

import base64
import json
import re
import zlib
from pathlib import Path

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert import LatexExporter

from lessons_lib import OPTIMIZERS, SURFACES
from lessons_lib.exercises import EXERCISES
from lessons_lib.explorers import race
from lessons_lib.plotting import STYLES
from lessons_lib.race import CONTROLS, DEFAULTS, HYPERS, LONGEST, Race, look

NAMES = [cls.__name__ for cls in OPTIMIZERS.values()]


def unpack(made):
    """What the browser reads: optimizer → symbol → array of shape (rates, steps + 1)."""
    header = made.header
    row, rates = header["steps"] + 1, len(header["rates"])
    raw = np.frombuffer(zlib.decompress(made.paths), np.uint8).reshape(2, -1).astype(np.uint16)
    codes = np.cumsum((raw[0] + (raw[1] << 8)).reshape(-1, rates, row), axis=2, dtype=np.uint16)
    found, plane = {}, 0
    for name, planes in zip(header["names"], header["planes"], strict=True):
        found[name] = {}
        for symbol, low, high, tiny in planes:
            y = low + codes[plane] * ((high - low) / 65535)
            found[name][symbol] = np.sign(y) * tiny * np.expm1(np.abs(y)) if tiny else y
            plane += 1
    assert plane == len(codes)
    return found


def run_line(made, rates):
    """The paths that the printed line of Python makes, one for each optimizer."""
    names = {}
    exec(made.header["line"].format(*rates), names)  # it imports what it needs
    return names["paths"]


settings = st.fixed_dictionaries(
    {
        "surface": st.sampled_from(sorted(SURFACES)),
        "optimizers": st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True),
        "steps": st.integers(1, 60),
        "angle": st.sampled_from([0, 0, 30, -77]),
        "noise": st.sampled_from([0, 0.3]),
        "seed": st.integers(0, 3),
        "start": st.none() | st.tuples(st.floats(-1, 1), st.floats(-1, 1)).map(list),
        "tuned": st.booleans(),
        # Adadelta refuses an ε of 0.
        **{k: st.sampled_from([None, *v[k == "eps" :]]) for k, (_, v) in HYPERS.items()},
    }
)


@given(settings, st.integers(0, 60))
def test_what_is_sent_is_what_the_line_computes(chosen, place):
    made = race(**chosen)
    sent, rates = unpack(made), made.header["rates"]
    places = [place % len(rates)] * len(chosen["optimizers"])
    if chosen["tuned"]:  # each its own
        places = made.header["chosen"]
    ran = run_line(made, [rates[i] for i in places])
    view = np.array(made.header["view"])
    for name, place, path in zip(chosen["optimizers"], places, ran, strict=True):
        for k, symbol in enumerate("xy"):
            low, high = view[k]
            inside = np.abs(path.x[:, k] - (low + high) / 2) < high - low
            error = (sent[name][symbol][place] - path.x[:, k])[inside]
            assert np.abs(error).max(initial=0) < 2e-5 * (high - low)
        loss = np.maximum(path.loss - made.header["floor"], 0) if made.header["log"] else path.loss
        seen = (np.abs(loss) > 1e-9) & (np.abs(loss) < 1e24)
        np.testing.assert_allclose(sent[name]["loss"][place][seen], loss[seen], rtol=5e-3)
        lost = made.header["lost"][chosen["optimizers"].index(name)][place]
        assert lost == (-1 if path.diverged_at is None else path.diverged_at)


def test_squares_rates_and_gradients_are_those_of_the_step():
    made = race(surface="booth", optimizers=["AdaGrad"], rate=0.3, steps=5, noise=0.5, seed=2)
    sent, place = unpack(made)["AdaGrad"], made.header["chosen"][0]
    (path,) = run_line(made, [0.3])
    step = np.diff(path.x, axis=0)
    for k, symbol in enumerate("xy"):
        g, eta = (sent[kind + symbol][place] for kind in "gr")
        np.testing.assert_allclose(sent["S" + symbol][place], path.state["G"][:, k], rtol=3e-3)
        np.testing.assert_allclose(-(g * eta)[1:], step[:, k], rtol=5e-3)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_optimizer_on_every_surface(surface):
    made = race(surface=surface, optimizers=NAMES, steps=20, tuned=True)
    assert not made.header["error"]
    # Only what is on screen: the slider is at rest.
    assert sorted(set(made.header["chosen"])) == list(range(len(made.header["rates"])))
    assert made.sentence().count(";") == len(NAMES) - 1
    assert "nan" not in json.dumps(made.header).lower()


@pytest.mark.parametrize(
    ("chosen", "most"),
    [
        (dict(surface="rosenbrock", optimizers=NAMES[:5], steps=300), 400_000),
        (dict(surface="booth", optimizers=NAMES, steps=300, noise=1.0), 1_000_000),
        (dict(surface="booth", optimizers=NAMES, steps=LONGEST, noise=1.0), 1_000_000),
    ],
)
def test_a_message_is_small(chosen, most):
    made = race(**chosen)
    assert sum(map(len, (made.paths, made.shown, made.ground, json.dumps(made.header)))) < most


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (dict(surface="vally"), "unknown surface 'vally': did you mean 'valley'?"),
        (dict(optimizers=["SGD", "Adma"]), "unknown optimizer 'adma': did you mean 'adam'?"),
        (dict(start=(float("nan"), 0)), "start must be finite"),
        (dict(rate=-1), "rate must be"),
        (dict(steps=0), "steps must be a whole number ≥ 1"),
        (dict(steps=10**6), "steps must be at most"),
        (dict(noise=-1), "noise must be"),
        (dict(seed=-1), "seed must be"),
        (dict(angle=float("inf")), "angle must be"),
        (dict(optimizers=["Adadelta"], eps=0.0), "Adadelta: eps must be"),
    ],
)
def test_a_wrong_setting_is_said_and_the_last_race_stays(wrong, words):
    assert words in race(**wrong).header["error"]
    assert words.split("'")[0] in race(**wrong)._repr_mimebundle_()[0]["text/html"]
    made = race()
    before = made.paths
    made.settings = {**made.settings, **wrong}
    assert words in made.header["error"]
    assert made.paths == before and made.header["names"] == ["SGD", "AdaGrad"]
    made.settings = {**made.settings, **DEFAULTS}
    assert made.header["error"] == ""


def test_unknown_keywords_are_refused():
    with pytest.raises(ValueError, match="did you mean 'angle'"):
        race(angel=3)
    with pytest.raises(ValueError, match="did you mean 'rate'"):
        race(show=["rates"])


def test_a_start_outside_the_view_and_no_optimizer_at_all():
    assert race(start=(100, 0)).header["outside"]
    assert not race().header["outside"]
    assert race(optimizers=[]).sentence() == "No optimizer is chosen."
    assert "SGD diverges at step" in race(rate=10).sentence()


def test_what_is_on_screen_is_answered_first():
    """A change is answered with the paths on screen, in one message; then come all the others."""
    made, sent = race(), []
    made.comm.kernel = object()  # without one, widgets send nothing
    made.comm.send = lambda data, buffers, **_: sent.append(
        {
            **data["state"],
            **{k: bytes(b) for (k,), b in zip(data["buffer_paths"], buffers, strict=True)},
        }
    )
    made.settings = {**made.settings, "start": [0.3, 0.4], "rate": 0.1, "request": 7}
    first, second = sent[-2:]
    assert set(first) == {"header", "shown", "paths"}  # the ground has not changed
    assert first["shown"] == made.shown and first["paths"] == b""
    assert second == {"paths": made.paths}
    assert made.header["request"] == 7
    few = np.frombuffer(made.shown, np.uint8)
    raw = np.frombuffer(zlib.decompress(made.paths), np.uint8)
    row, rates = made.header["steps"] + 1, len(made.header["rates"])
    place = [made.header["chosen"][0]]
    shape = 2, -1, rates, row
    np.testing.assert_array_equal(few, raw.reshape(shape)[:, :, place].ravel())


def test_outputs_without_a_kernel():
    """The same bytes each time, a plain text that never changes, and a picture."""
    data, metadata = race(rate=0.07, steps=20)._repr_mimebundle_()
    again, _ = race(rate=0.07, steps=20)._repr_mimebundle_()
    kinds = ["text/html", "image/png", "text/plain"]
    assert [data[kind] for kind in kinds] == [again[kind] for kind in kinds]
    assert data["text/plain"].startswith("A race between SGD, AdaGrad on valley.")
    page = data["text/html"]
    assert page.count("<script") == page.count("</script>") == 1
    assert "http" not in page.replace("http://www.w3.org", "")
    assert metadata["image/png"]["alt"] in page
    words = page.split('data-packed="')[1].split(".")[0]
    assert json.loads(zlib.decompress(base64.b64decode(words)))["header"]["names"]


def test_every_control_and_hyper_parameter_exists():
    fields = {f for cls in OPTIMIZERS.values() for f in cls.__dataclass_fields__}
    assert set(HYPERS) <= fields
    assert set(CONTROLS) == (set(DEFAULTS) - {"start"}) | {"x", "y", "step"}


def test_looks_can_be_told_apart_without_colour():
    looks = [look(style) for style in STYLES.values()]
    shapes = {json.dumps([each["dash"], each["marker"]]) for each in looks}
    assert len(shapes) == len(looks)


def test_the_stored_page_begins_as_a_picture():
    """Where scripts are stripped, the page shows an image, and the race is well-formed HTML."""
    data, _ = race("why?", optimizers=["SGD", "FullAdaGrad"], steps=5)._repr_mimebundle_()
    source = re.search(r'<img alt="[^"]*" src="data:image/png;base64,([^"]*)"', data["text/html"])
    assert base64.b64decode(source[1], validate=True).startswith(b"\x89PNG")
    assert base64.b64decode(data["image/png"], validate=True).startswith(b"\x89PNG")


def test_names_are_spelt_as_on_the_boxes_and_raced_once():
    made = race(optimizers=["sgd", "ADAM", "Sgd"], steps=5)
    assert made.settings["optimizers"] == made.header["names"] == ["SGD", "Adam"]
    assert Race("who?").header["names"] == ["SGD", "AdaGrad"]


def test_a_long_race_of_many_says_how_few_rates_it_has():
    made = race(optimizers=NAMES, steps=1000, rate=0.01)
    every = made.header["every"]
    assert len(made.header["rates"]) == pytest.approx(61 / every, abs=1) and every > 1
    assert made.header["rates"][made.header["chosen"][0]] == 0.01
    assert race(steps=5).header["every"] == 1


def test_another_method_changes_no_best_rate():
    def best(names):
        header = race(optimizers=names, steps=300, tuned=True).header
        return header["rates"][header["chosen"][0]]

    assert best(["AdaGrad"]) == best(["AdaGrad", *[n for n in NAMES if n != "AdaGrad"]])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"start": (1e200, 1.2)}, r"start must be where .*1e\+25.*got \(1e\+200, 1.2\).* is inf"),
        ({"surface": "rosenbrock", "start": (1e8, 1e8)}, r"got .*, where it is 1e\+34"),
        ({"start": [[1, 2], [3, 4]]}, r"start must be one point; got shape \(2, 2\)"),
        ({"rate": np.inf}, r"rate must be a finite number > 0; got inf"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_start_that_no_picture_can_show_is_refused(settings, words):
    assert re.search(words, race(**settings).header["error"])


def test_numpy_numbers_are_as_good_as_python_s():
    start, memory = np.array([0.5, -0.25]), np.float64(0.5)
    settings = dict(steps=np.int64(30), seed=np.int64(3), noise=np.float32(0.5), momentum=memory)
    made = race(optimizers=("Momentum",), start=start, rate=np.float64(0.3), **settings)
    said = "(0.5, -0.25), 30, noise=0.5, seed=3) for opt in [Momentum(lr={0}, momentum=0.5)]]"
    assert (
        made.header["line"].endswith(said) and made.header["rates"][made.header["chosen"][0]] == 0.3
    )
    made.settings = {**made.settings, "start": start + 1, "angle": np.int64(10)}
    assert made.header["error"] == "" and made.get_state()["settings"]["start"] == [1.5, 0.75]


def test_shown_again_it_tells_what_was_set_meanwhile():
    made = race(steps=5)
    before = made._repr_mimebundle_()
    assert made._repr_mimebundle_()[0] == before[0]
    made.settings = {**made.settings, "surface": "booth"}
    after, metadata = made._repr_mimebundle_()
    assert after["image/png"] != before[0]["image/png"] and "on booth" in after["text/plain"]
    assert metadata["image/png"]["alt"] in after["text/html"]


def test_what_json_lacks_travels_as_words():
    made = race(start=(float("nan"), 0.0))
    assert "start must be" in made.header["error"]
    assert made.get_state()["settings"]["start"] == ["NaN", 0.0]


def lesson_race(name):
    """The race that a lesson shows, from the lesson's own cell."""
    path = next((Path(__file__).parent.parent / "notebooks").glob(f"{name}_*.ipynb"))
    cells = ["".join(c["source"]) for c in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    call = re.compile(r"^race(_explorer)?\(\n    \".*\Z", re.MULTILINE | re.DOTALL)
    found = next(filter(None, map(call.search, cells)))
    return eval(found[0], {"race": race, "race_explorer": race})


def last_losses(made, rate, angle):
    """Method → its loss on screen at the last step."""
    made.settings = {**made.settings, "rate": rate, "angle": angle}
    lanes = zip(unpack(made).items(), made.header["chosen"], strict=True)
    return {name: planes["loss"][i, -1] for (name, planes), i in lanes}


def test_lesson_00_asks_for_the_angle_that_its_race_shows():
    made, answer = lesson_race("00"), EXERCISES["00.angle"].solution
    reached = [last_losses(made, 0.5, angle)["AdaGrad"] <= 0.001 for angle in range(answer + 1)]
    assert reached == [True] * answer + [False]


def test_lesson_01_asks_for_the_rates_that_its_race_shows():
    made, answer = lesson_race("01"), EXERCISES["01.rate_ratio"].solution
    planes, i = unpack(made)["AdaGrad"], made.header["chosen"][1]
    assert planes["rx"][i, -1] / planes["ry"][i, -1] == pytest.approx(answer, rel=0.01)


def test_lesson_02_asks_for_the_angle_that_its_race_shows():
    made, answer = lesson_race("02"), EXERCISES["02.worst_angle"].solution
    losses = [last_losses(made, 0.5, angle)["AdaGrad"] for angle in range(91)]
    assert abs(np.argmax(losses) - answer) <= 1


def test_lesson_04_asks_for_the_angle_that_its_race_shows():
    made, answer = lesson_race("04"), EXERCISES["04.lead"].solution
    made.settings = {**made.settings, "tuned": True}

    def leads(angle):
        losses = last_losses(made, 0.03, angle)
        return losses["AdaGrad"] < losses["SGD"]

    assert [leads(angle) for angle in range(answer - 4, answer + 4)] == [True] * 4 + [False] * 4


def test_a_printed_notebook_shows_the_picture():
    """LaTeX, and so PDF, has no scripts: the picture is written beside the text."""
    data, _ = race(steps=5)._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", {k: v for k, v in data.items() if "/" in k})
    output.data.pop("application/vnd.jupyter.widget-view+json", None)  # as in a stored lesson
    cell = nbformat.v4.new_code_cell("race()", outputs=[output])
    text, resources = LatexExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    ((name, written),) = resources["outputs"].items()
    assert written == base64.b64decode(data["image/png"])
    assert "includegraphics" in text and name in text
