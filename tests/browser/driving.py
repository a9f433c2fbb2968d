"""What drives a browser: JupyterLab with a course of its own, and pages that count requests."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",  # in a container everyone is root
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-renderer-backgrounding",
]


def launched(chromium, *flags):
    """The first of: the system's Chromium, its Chrome, Playwright's own; None without any."""
    from playwright.sync_api import Error

    found = next(filter(None, map(shutil.which, SYSTEM)), None)
    ways = [{"executable_path": found}] if found else []
    for way in [*ways, {"channel": "chrome"}, {"channel": "msedge"}, {}]:
        with contextlib.suppress(Error):
            return chromium.launch(args=[*FLAGS, *flags], **way)
    return None


class Lab:
    """A running JupyterLab: its address, its folder, and settings as a reader would make them."""

    def __init__(self, folder: Path):
        self.folder, self.home = folder / "course", folder / "home"
        shutil.copytree(ROOT / "notebooks", self.folder / "notebooks")
        self.home.mkdir()
        # All cells are drawn at once, and nothing is asked of the network.
        self.set("notebook-extension/tracker", {"windowingMode": "none"})
        self.set(
            "apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False}
        )
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--port=0", "--allow-root"]
        command += ["--IdentityProvider.token=", "--ServerApp.password="]
        command += ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"]
        command += ["--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={self.folder}"]
        command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        places = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR", "LAB_SETTINGS_DIR", "LAB_WORKSPACES_DIR")
        places = {f"JUPYTER{'' if p.startswith('LAB') else '_'}{p}": self.home / p for p in places}
        self.environment = {name: str(path) for name, path in places.items()}
        self.log = (folder / "log.txt").open("w")
        self.process = subprocess.Popen(
            command,
            cwd=self.folder,
            stdout=self.log,
            stderr=self.log,
            env={
                **os.environ,
                **self.environment,
                "JUPYTER_PREFER_ENV_PATH": "1",
                "PYTHONPATH": str(ROOT),
                "TQDM_DISABLE": "1",
            },
        )
        self.url = self._wait()

    def set(self, plugin: str, values: dict) -> None:
        """Write the settings of a plugin of JupyterLab."""
        path = self.home / "LAB_SETTINGS_DIR" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))

    def _wait(self) -> str:
        for _ in range(1200):
            for path in (self.home / "RUNTIME_DIR").glob("jpserver-*.json"):
                with contextlib.suppress(ValueError):
                    return json.loads(path.read_text())["url"]
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.log.flush()
        raise RuntimeError(f"JupyterLab does not start:\n{Path(self.log.name).read_text()}")

    def close(self) -> None:
        """Stop the server and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()


class Watch:
    """What a page asked for and complained of, beyond its own server."""

    def __init__(self, page):
        self.page, self.own, self.found = page, ("data:", "blob:", "file:", "about:"), []
        page.on("request", lambda r: self._asked(r.url))
        page.on("requestfailed", lambda r: self._failed(r))
        page.on("response", lambda r: r.status >= 400 and self.found.append(f"{r.status} {r.url}"))
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))

    def _asked(self, url: str) -> None:
        if not url.startswith(self.own):
            self.found.append(f"external: {url}")

    def _failed(self, request) -> None:
        # A page that is left drops what it was still loading.
        if "ERR_ABORTED" not in (request.failure or ""):
            self.found.append(f"failed: {request.url} {request.failure}")


RUN_ALL = """async () => {
  const panel = jupyterapp.shell.currentWidget;
  await panel.sessionContext.ready;
  await panel.sessionContext.session.kernel.info;
  await jupyterapp.commands.execute('notebook:run-all-cells');
}"""


def new_context(browser, **options):
    """A browser's memory of its own: what one page has fetched, the next need not."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000}, **options)
    context.set_default_timeout(60_000)
    return context


def new_page(browser, **options):
    """A context and its page; `page.watch.found` must stay empty."""
    context = new_context(browser, **options)
    return context, watched(context.new_page())


def watched(page):
    """The page, with its complaints in `page.watch.found`."""
    page.watch = Watch(page)
    return page


def leave(page) -> None:
    """Close a page, and stop the kernel of its notebook: many would fill the memory."""
    page.evaluate("window.jupyterapp?.shell.currentWidget?.sessionContext?.shutdown()")
    page.close()


def open_in_lab(lab: Lab, page, path: str, run: bool = True) -> None:
    """Open a notebook in JupyterLab and, unless told not to, run all its cells."""
    page.watch.own = (*page.watch.own, lab.url, lab.url.replace("http", "ws"))
    page.goto(f"{lab.url}lab/tree/{path}?reset")
    page.wait_for_function(
        "path => { const panel = window.jupyterapp?.shell.currentWidget;"
        " return panel?.context?.path === path && panel.context.isReady"
        " && panel.content.widgets.length > 0; }",
        arg=path,
    )
    if run:
        page.evaluate("window.ran = undefined")
        page.evaluate(f"void ({RUN_ALL})().then(() => window.ran = true)")
        page.wait_for_function("window.ran", timeout=300_000)
