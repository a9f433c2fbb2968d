"""Open JupyterLab on the first lesson; arguments are passed on to JupyterLab."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_LESSON = "notebooks/00_start_here.ipynb"


def requested_port(arguments: list[str]) -> int | None:
    """Return the port that the reader asked for, or None."""
    for index, argument in enumerate(arguments):
        option, _, text = argument.partition("=")
        if option in ("--port", "--ServerApp.port"):
            text = text or "".join(arguments[index + 1 : index + 2])
            return int(text) if text.isdecimal() else None
    return None


def is_busy(port: int) -> bool:
    """Say whether something on this machine already listens on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main(arguments: list[str]) -> int:
    """Start JupyterLab, wait for its end, and return its exit status."""
    port = requested_port(arguments)
    # Left to itself, JupyterLab would take the next free port; whoever asks for one port,
    # for a tunnel or a container, would then wait in front of the wrong one.
    if port and is_busy(port):
        print(
            f"Port {port} is busy: choose another, for example LAB_ARGS='--port {port + 1}', "
            "or leave the option out and JupyterLab finds a free one.",
            file=sys.stderr,
        )
        return 1
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}"]
    command += [f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}"]
    # The course asks nothing of the network: no news, no update check.
    do_not_ask_for_news()
    command += ["--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command += ["--allow-root"]  # in a container everyone is root, and Jupyter would refuse
    try:
        return subprocess.call([*command, *arguments], cwd=ROOT, env=environment())
    except KeyboardInterrupt:
        return 0  # Ctrl+C is how one leaves JupyterLab


def do_not_ask_for_news() -> None:
    """Spare the reader the question about Jupyter news, in the course's own JupyterLab only."""
    settings = Path(sys.prefix) / "share/jupyter/lab/settings/overrides.json"
    if sys.prefix != sys.base_prefix and not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        choice = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
        settings.write_text(json.dumps(choice), encoding="utf-8")


def environment() -> dict[str, str]:
    """Return this process's environment, with progress bars on and the right kernel first."""
    result = {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1"}
    result.pop("TQDM_DISABLE", None)
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
