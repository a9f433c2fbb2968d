"""Print the links that open a lesson on Binder, on Colab and on a JupyterHub.

They are made from the repository's own git remote, so that a fork's links open the fork.
Needs nothing but Python and git.
"""

from __future__ import annotations  # whoever only wants a link may have an older Python

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
NO_REMOTE = (
    "This repository has no git remote yet, and the links are made from it: "
    "run 'git remote add origin https://github.com/YOU/YOUR-FORK' and push."
)
EXAMPLE_HUB = "https://hub.example.org"


@dataclass(frozen=True)
class Remote:
    """Where a repository is published: the host, and the path such as `owner/name`."""

    host: str
    path: str

    @property
    def url(self) -> str:
        """The address for reading, without a name or a password in it."""
        return f"https://{self.host}/{self.path}"


def parse_remote(url: str) -> Remote:
    """Return the place that a remote's address means, in whichever of git's spellings.

    Args:
        url: https://host/owner/name.git, ssh://git@host:22/owner/name or git@host:owner/name.

    Raises:
        ValueError: if the address is a folder, or nothing that a web site could open.
    """
    address = url.strip()
    web = re.fullmatch(r"(?:https?|ssh|git)://(?:[^@/]+@)?([^/:]+)(?::\d+)?/(.+)", address)
    # A single letter before the colon is a Windows drive.
    short = re.fullmatch(r"(?:[^@/:]+@)?([^/:@]{2,}):(?!/)(.+)", address)
    match = web or short
    path = match.group(2).rstrip("/").removesuffix(".git").strip("/") if match else ""
    if not match or "/" not in path:
        raise ValueError(
            f"The git remote is {hide_secret(address)}, which Binder and Colab cannot open: "
            "publish the repository on GitHub, GitLab or another host, and set its address "
            "with 'git remote set-url'."
        )
    return Remote(match.group(1).lower(), path)


def hide_secret(address: str) -> str:
    """Return the address without the name and password that it may contain."""
    return re.sub(r"://[^@/]*@", "://", address)


def binder(remote: Remote, branch: str, notebook: str) -> str:
    """Return the Binder link of one notebook."""
    if remote.host == "github.com":
        provider = f"gh/{remote.path}"
    elif remote.host == "gitlab.com":
        provider = f"gl/{quote(remote.path, safe='')}"
    else:
        provider = f"git/{quote(remote.url, safe='')}"
    # Binder takes a GitHub branch's slashes as they are; elsewhere they must be escaped.
    ref = quote(branch, safe="/" if remote.host == "github.com" else "")
    return f"https://mybinder.org/v2/{provider}/{ref}?urlpath={quote(f'lab/tree/{notebook}')}"


def colab(remote: Remote, branch: str, notebook: str) -> str | None:
    """Return the Colab link of one notebook; None where Colab cannot read the host."""
    if remote.host != "github.com":
        return None
    return f"https://colab.research.google.com/github/{remote.path}/blob/{quote(branch)}/{notebook}"


def colab_cell(remote: Remote, branch: str) -> str:
    """Return the line to run first on Colab, which knows the notebook but nothing beside it."""
    fetch = f"!git clone -q --depth 1 -b {branch} {remote.url} course"
    return f"{fetch} && pip install -q ./course && cp course/notebooks/references.md ."


def nbgitpuller(remote: Remote, branch: str, notebook: str, hub: str) -> str:
    """Return the link by which students of a JupyterHub get their own copy of the course."""
    name = remote.path.rsplit("/", 1)[-1]
    query = {"repo": remote.url, "branch": branch, "urlpath": f"lab/tree/{name}/{notebook}"}
    pairs = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
    return f"{hub.rstrip('/')}/hub/user-redirect/git-pull?{pairs}"


def git(*arguments: str) -> str:
    """Return what git answers, or an empty string if it has no answer."""
    try:
        answer = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def find_remote(name: str | None) -> Remote:
    """Return the remote called `name`; without a name origin, or else the first one.

    Raises:
        ValueError: if there is no such remote, or it is not on the web.
    """
    names = git("remote").split()
    if not names:
        raise ValueError(NO_REMOTE)
    if name and name not in names:
        raise ValueError(f"There is no git remote called {name}; there are: {', '.join(names)}.")
    chosen = name or ("origin" if "origin" in names else names[0])
    return parse_remote(git("remote", "get-url", chosen))


def find_notebooks(lesson: str | None) -> list[str]:
    """Return the lessons' paths in the repository; those that begin with `lesson`, if given.

    Raises:
        ValueError: if no lesson fits.
    """
    names = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
    fitting = [name for name in names if name.startswith(Path(lesson or "").name)]
    if not fitting:
        known = ", ".join(name.split("_")[0] for name in names) or "none"
        raise ValueError(f"There is no lesson {lesson}; there are: {known}.")
    return [f"notebooks/{name}" for name in fitting]


def main(arguments: list[str]) -> int:
    """Print the links; return 1, after one line, if they cannot be made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lesson", help="the beginning of a notebook's name, such as 01")
    parser.add_argument("--hub", default=EXAMPLE_HUB, help="the address of your JupyterHub")
    parser.add_argument("--remote", help="the git remote to link to; origin unless given")
    parser.add_argument("--branch", help="the branch to link to; the current one unless given")
    options = parser.parse_args(arguments)
    try:
        remote = find_remote(options.remote)
        notebooks = find_notebooks(options.lesson)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    branch = options.branch or git("symbolic-ref", "--short", "HEAD") or "main"
    for notebook in notebooks:
        print(notebook)
        print("  Binder       ", binder(remote, branch, notebook))
        print("  Colab        ", colab(remote, branch, notebook) or "(reads GitHub only)")
        print("  nbgitpuller  ", nbgitpuller(remote, branch, notebook, options.hub))
    if remote.host == "github.com":
        print(f"\nOn Colab, run this in a cell of its own first:\n  {colab_cell(remote, branch)}")
    if options.hub == EXAMPLE_HUB:
        print("\nFor nbgitpuller, give your JupyterHub's address: make links HUB=https://...")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
