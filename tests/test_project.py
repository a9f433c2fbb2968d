"""The set-up keeps its promises: the files, the pins, the commands, the layers, the tools."""

import ast
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import lab  # tools/lab.py
import links  # tools/links.py
import set_up  # tools/set_up.py

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def lines(name: str) -> list[str]:
    """Return the lines of a file at the top level."""
    return (ROOT / name).read_text(encoding="utf-8").splitlines()


# --- files --------------------------------------------------------------------------------------

EXPECTED = {
    ".ci",
    ".gitattributes",
    ".github",
    ".gitignore",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "LICENSE-TEXT",
    "Makefile",
    "README.md",
    "benchmarks",
    "environment.yml",
    "lessons_lib",
    "notebooks",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements-frameworks.txt",
    "requirements.txt",
    "tests",
    "tools",
}


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_top_level():
    """A new file at the top level is a decision, which is made here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("this copy is not a git repository")
    found = {name.split("/")[0] for name in listed.stdout.split("\0") if name}
    assert found <= EXPECTED, sorted(found - EXPECTED)


def test_versions_agree():
    version = PROJECT["project"]["version"]
    assert f"version: {version}" in lines("CITATION.cff")


# --- pinned versions ----------------------------------------------------------------------------

REQUIREMENTS = ["requirements.txt", "requirements-dev.txt", "requirements-frameworks.txt"]
PIN = re.compile(r"([a-z0-9][a-z0-9-]*)==([0-9][0-9a-z.]*)( ; [a-z_]+ .+)?")


def pins(name: str) -> list[tuple[str, str]]:
    """Return the name and the version of each pinned package.

    Raises:
        AssertionError: if a line is anything but an exact pin: a range, an address, a path.
    """
    found = []
    for line in lines(name):
        match = PIN.fullmatch(line)
        assert match, f"{name}: {line!r} is not an exact pin"
        assert not re.search(r"://|@|\.\./|file:", line), f"{name}: {line!r} names a place"
        found.append((match[1], match[2]))
    return found


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_pins(name):
    numpys = [version for package, version in pins(name) if package == "numpy"]
    assert len(numpys) == 1, "one NumPy for all Pythons, or the printed numbers differ"


@pytest.mark.parametrize(
    "line",
    ["numpy>=2", "numpy", "numpy==2.*", "--index-url https://x.org", "-e .", "a @ file:///a"],
)
def test_pins_refuse(line, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "lines", lambda name: [line])
    with pytest.raises(AssertionError):
        pins("requirements.txt")


def test_one_version_for_all():
    """Files that are installed together agree, and all have what the readers have."""
    readers, developers, frameworks = (set(pins(name)) for name in REQUIREMENTS)
    assert readers <= developers
    assert readers <= frameworks
    both = [package for package, _ in developers | frameworks]
    assert len(both) == len(set(both))


def test_graphics_cards_are_left_to_pip():
    """The small build of PyTorch must satisfy the file as it is."""
    frameworks = pins("requirements-frameworks.txt")
    assert not [package for package, _ in frameworks if re.match("cuda|nvidia|triton", package)]
    readme = "\n".join(lines("README.md"))
    assert set(re.findall(r"torch==([\d.]+\d)", readme)) <= {dict(frameworks)["torch"]}


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        (PROJECT["project"]["dependencies"], "requirements.txt"),
        (PROJECT["project"]["optional-dependencies"]["dev"], "requirements-dev.txt"),
        (PROJECT["project"]["optional-dependencies"]["frameworks"], "requirements-frameworks.txt"),
    ],
    ids=REQUIREMENTS,
)
def test_declared_packages_are_pinned(declared, name):
    pinned = {package for package, _ in pins(name)}
    wanted = {re.match(r"[A-Za-z0-9._-]+", line)[0].lower() for line in declared}
    assert wanted <= pinned, f"run 'make requirements': {sorted(wanted - pinned)}"


def test_python_versions_agree():
    """The set-up, the package and the workflow mean the same Pythons."""
    oldest, newest = (".".join(map(str, version)) for version in (set_up.OLDEST, set_up.NEWEST))
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    workflow = (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")
    tested = re.findall(r'"(3\.\d+)"', workflow)
    assert [tested[0], tested[-1]] == [oldest, newest]


# --- Binder and conda ---------------------------------------------------------------------------


def test_environment():
    stripped = [line.strip() for line in lines("environment.yml")]
    assert any(re.fullmatch(r"- python=3\.1[1-4]", line) for line in stripped)
    assert "- -r requirements.txt" in stripped
    assert "- -e ." in stripped


@pytest.mark.skipif(
    not find_spec("repo2docker"),
    reason="jupyter-repo2docker is not installed (it runs on Linux only)",
)
def test_binder():
    """Binder's own program reads the configuration as it is meant."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-2000:]
    assert re.search(r"conda environment for python=3\.1[1-4]", output)
    assert re.search(r"env update .*environment\.yml", output)


# --- commands -----------------------------------------------------------------------------------

TARGETS = {
    match[1]: match[2]
    for line in lines("Makefile")
    if (match := re.match(r"([a-z][a-z ]*):(?!=)(.*)", line))
}


@pytest.mark.parametrize(
    "target",
    "help lab frameworks test notebooks bench links screenshots format requirements clean".split(),
)
def test_targets(target):
    assert "##" in TARGETS[target], f"make help does not mention {target}"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_documented_commands(name):
    """Every `make ...` that we tell someone to type is there."""
    found = re.findall(r"(?:^|`|\$ )make ([a-z]+)", "\n".join(lines(name)), flags=re.MULTILINE)
    assert found, f"{name} names no command"
    assert set(found) <= set(TARGETS), sorted(set(found) - set(TARGETS))


def test_readme_has_the_plain_commands():
    readme = "\n".join(lines("README.md"))
    for command in ("make lab", "make test", r".venv\Scripts", "requirements.txt"):
        assert command in readme


def test_continuous_integration_runs_make_test():
    assert "make test" in lines(".ci/run")


@pytest.mark.skipif(os.name == "nt", reason="Windows has the plain commands instead of make")
def test_help():
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"make (\w+)", done.stdout)[:3] == ["help", "lab", "test"]


# --- layers -------------------------------------------------------------------------------------

# A module imports only modules of a lower number.
LAYERS = {
    "validation": 0,
    "parallel": 0,
    "optimizers": 1,
    "surfaces": 1,
    "large": 1,
    "replay": 1,
    "datasets": 1,
    "frameworks": 2,
    "schedules": 2,
    "descent": 2,
    "models": 2,
    "sweeps": 3,
    "training": 3,
    "experiments": 4,
    "plotting": 4,
    "race": 5,
    "explorers": 6,
    "claims": 5,
    # Checks know the mathematics and nothing of pictures.
    "exercises": 4,
}
# Below this, no module draws: the mathematics runs where there is no screen.
DRAWING = 4


def imported(source: str, package: str) -> set[str]:
    """Return the full names of all that a source, in a module of `package`, imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) + 1 - node.level]
                base = ".".join([*parents, base]).rstrip(".")
            names.update(f"{base}.{alias.name}" for alias in node.names)
    return names


def layer_complaints(module: str, source: str, package: str = "lessons_lib") -> list[str]:
    """Return what `module`, one part of lessons_lib, imports against the order.

    Args:
        module: the name of the part, a module or a subpackage.
        source: the text of a file of that part.
        package: the package that relative imports start from.
    """
    if module not in LAYERS:
        return [f"{module} has no place in LAYERS: decide what it may import"]
    complaints = []
    for name in sorted(imported(source, package)):
        top, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if top == "lessons_lib" and other != module:
            if other not in LAYERS:
                complaints.append(f"{module} imports {name}: import from its own module instead")
            elif LAYERS[other] >= LAYERS[module]:
                complaints.append(f"{module} imports {other}, which is not below it")
        if top in ("matplotlib", "ipywidgets", "IPython") and LAYERS[module] < DRAWING:
            complaints.append(f"{module} imports {top}, but computes only")
        if module == "exercises" and top == "matplotlib":
            complaints.append("exercises imports matplotlib")
    return complaints


PACKAGE = ROOT / "lessons_lib"
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=[str(p.relative_to(PACKAGE)) for p in MODULES])
def test_layers(path):
    module = path.relative_to(PACKAGE).with_suffix("").parts[0]
    package = ".".join(path.relative_to(ROOT).parts[:-1])
    assert layer_complaints(module, path.read_text(encoding="utf-8"), package) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("descent", "from .sweeps import sweep"),
        ("optimizers", "from . import descent"),
        ("optimizers", "def f():\n    import lessons_lib.plotting"),
        ("surfaces", "from .optimizers import SGD"),
        ("sweeps", "import matplotlib.pyplot as plt"),
        ("exercises", "from .explorers import race"),
        ("exercises", "from lessons_lib.plotting import contour"),
        ("descent", "from lessons_lib import SGD"),
        ("unheard", ""),
    ],
)
def test_layers_refuse(module, source):
    assert len(layer_complaints(module, source)) == 1


def test_layers_within_a_subpackage():
    package = "lessons_lib.exercises"
    assert layer_complaints("exercises", "from .checking import run", package) == []
    assert layer_complaints("exercises", "from ..descent import descend", package) == []
    assert layer_complaints("exercises", "from ..plotting import show", package) != []


def test_import_is_quick():
    """Under half a second beyond what NumPy and matplotlib take themselves."""
    code = (
        "import time, numpy, matplotlib.pyplot; start = time.perf_counter(); "
        "import lessons_lib; print(time.perf_counter() - start)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    assert statistics.median(times) < 0.5, times


# --- tools/links.py -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "host", "path"),
    [
        ("https://github.com/ada/adaptive-steps.git", "github.com", "ada/adaptive-steps"),
        ("https://github.com/ada/adaptive-steps/", "github.com", "ada/adaptive-steps"),
        ("https://ada:secret@github.com/ada/steps", "github.com", "ada/steps"),
        ("git@github.com:ada/adaptive-steps.git", "github.com", "ada/adaptive-steps"),
        ("github.com:ada/steps", "github.com", "ada/steps"),
        ("ssh://git@GitHub.com:22/ada/steps.git", "github.com", "ada/steps"),
        ("git://gitlab.com/school/maths/steps", "gitlab.com", "school/maths/steps"),
    ],
)
def test_remote(address, host, path):
    assert links.parse_remote(address) == links.Remote(host, path)


@pytest.mark.parametrize(
    "address",
    ["/srv/git/steps.git", "../steps", r"C:\git\steps", "C:/git/steps", "file:///srv/x/y"],
)
def test_remote_that_no_site_can_open(address):
    with pytest.raises(ValueError, match="Binder and Colab cannot open: publish"):
        links.parse_remote(address)


def test_links():
    remote = links.Remote("github.com", "ada/steps")
    notebook = "notebooks/01_background.ipynb"
    assert links.binder(remote, "main", notebook) == (
        "https://mybinder.org/v2/gh/ada/steps/main?urlpath=lab/tree/notebooks/01_background.ipynb"
    )
    assert links.colab(remote, "main", notebook) == (
        "https://colab.research.google.com/github/ada/steps/blob/main/notebooks/01_background.ipynb"
    )
    assert links.nbgitpuller(remote, "main", notebook, "https://hub.x.org/") == (
        "https://hub.x.org/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fada%2Fsteps"
        "&branch=main&urlpath=lab%2Ftree%2Fsteps%2Fnotebooks%2F01_background.ipynb"
    )
    assert links.colab_cell(remote, "main") == (
        "!git clone -q --depth 1 -b main https://github.com/ada/steps course"
        " && pip install -q ./course && cp course/notebooks/references.md ."
    )


def test_links_elsewhere():
    remote = links.Remote("gitlab.com", "school/maths/steps")
    assert "/v2/gl/school%2Fmaths%2Fsteps/a%2Fb?" in links.binder(remote, "a/b", "x.ipynb")
    assert links.colab(remote, "main", "x.ipynb") is None
    remote = links.Remote("git.school.org", "maths/steps")
    assert "/v2/git/https%3A%2F%2Fgit.school.org%2F" in links.binder(remote, "main", "x.ipynb")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Return a function that gives an empty repository a remote; `links` works in it."""
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    monkeypatch.setattr(links, "ROOT", tmp_path)
    (tmp_path / "notebooks").mkdir()
    for name in ("00_start_here", "01_background"):
        (tmp_path / "notebooks" / f"{name}.ipynb").touch()

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-b", "lecture")
    return lambda name, address: git("remote", "add", name, address)


def test_links_of_a_fork(repository, capsys):
    repository("mine", "git@github.com:ada/steps.git")
    assert links.main(["--lesson", "01", "--hub", "https://hub.x.org"]) == 0
    output = capsys.readouterr().out
    assert "mybinder.org/v2/gh/ada/steps/lecture?" in output
    assert "00_start_here" not in output
    assert "https://hub.x.org/hub" in output


@pytest.mark.parametrize(
    ("remote", "arguments", "words"),
    [
        (None, [], "no git remote yet"),
        ("/srv/git/steps.git", [], "cannot open"),
        ("https://github.com/ada/steps", ["--lesson", "77"], "no lesson 77; there are: 00, 01"),
        ("https://github.com/ada/steps", ["--remote", "up"], "no git remote called up"),
    ],
)
def test_links_fail_in_one_line(repository, capsys, remote, arguments, words):
    if remote:
        repository("origin", remote)
    assert links.main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words in captured.err


# --- tools/lab.py and tools/set_up.py -----------------------------------------------------------


def test_busy_port(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert lab.main([f"--port={port}", "--no-browser"]) == 1
    assert capsys.readouterr().err.startswith(f"Port {port} is busy: choose another")


@pytest.mark.parametrize(
    ("arguments", "port"),
    [([], None), (["--port", "9"], 9), (["--no-browser", "--port=9"], 9), (["--port"], None)],
)
def test_requested_port(arguments, port):
    assert lab.requested_port(arguments) == port


@pytest.fixture
def course(tmp_path):
    """Return a copy of what the set-up reads, without an environment."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "set_up.py", tmp_path / "tools")
    for name in ("pyproject.toml", *REQUIREMENTS):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def run_set_up(course: Path, before: str = "", **environment: str) -> str:
    """Run the set-up, after the statements `before`, and return its one line of failure."""
    script = str(course / "tools" / "set_up.py")
    code = (
        f"import runpy, sys; sys.argv[1:] = ['readers']; {before}\n"
        f"runpy.run_path({script!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_old_python(course):
    message = run_set_up(course, "sys.version_info = (3, 9, 2, 'final', 0)", PATH="")
    assert message.startswith("This is Python 3.9, and the course needs 3.11 or newer: install")
    assert not (course / ".venv").exists()


def test_old_python_beside_a_newer_one(course):
    message = run_set_up(course, "sys.version_info = (3, 9, 2, 'final', 0)")
    if any(set_up.works(f"python3.{minor}") for minor in (11, 12, 13, 14)):
        assert re.search(r"PYTHON=python3\.1[1-4] at its end", message)


def test_set_up_is_readable_by_old_pythons():
    """A syntax error would hide the line that says what to do."""
    source = (ROOT / "tools" / "set_up.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 4))
    kinds = (ast.JoinedStr, ast.AnnAssign, ast.Starred, ast.NamedExpr)
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, kinds)]
    assert source.isascii()


def test_no_venv_module(course):
    """Debian's Python without python3-venv."""
    before = (
        "import subprocess; real = subprocess.Popen; "
        "subprocess.Popen = lambda command, **k: real("
        "[sys.executable, '-c', 'import sys; sys.exit(\"ensurepip is not available\")'], **k)"
    )
    message = run_set_up(course, before)
    assert "sudo apt install python3-venv" in message


def test_no_network(course):
    message = run_set_up(
        course,
        PIP_CONFIG_FILE=os.devnull,
        PIP_FIND_LINKS="",
        PIP_NO_CACHE_DIR="1",
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
    )
    assert message.startswith("Could not reach the Python package index: check the network")


def test_nothing_to_do_is_quick(course, monkeypatch):
    """What was installed is remembered; a change of a pin is noticed."""
    monkeypatch.setattr(set_up, "ROOT", str(course))
    monkeypatch.setattr(set_up, "STAMP", str(course / "set_up.json"))
    monkeypatch.setattr(set_up, "works", lambda python: True)
    # An environment that works is kept: the README lets it be made by hand, for a small PyTorch.
    monkeypatch.setattr(set_up, "make_venv", lambda: pytest.fail("it was made anew"))
    installed = []
    monkeypatch.setattr(set_up, "install", installed.append)
    for audience in ("readers", "readers", "frameworks", "developers", "developers", "readers"):
        set_up.main([audience])
    readers, developers, frameworks = REQUIREMENTS
    assert installed == [[readers], [frameworks], [developers, frameworks]]
    assert "developers" in json.loads((course / "set_up.json").read_text())
    set_up.main(["frameworks"])
    assert len(installed) == 3
    with (course / "requirements.txt").open("a") as file:
        file.write("more==1\n")
    set_up.main(["readers"])
    assert installed[3:] == [[readers]]
