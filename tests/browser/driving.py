"""What drives a browser: JupyterLab with a course of its own, and pages that count requests."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat

import notebooks as tool  # tools/notebooks.py

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
        page.on("websocket", lambda socket: self._asked(socket.url))
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


# What of an explorer is cut off; the table scrolls, and one paragraph is only heard.
BEYOND = """e => {
  const {left, right} = e.getBoundingClientRect();
  return [...e.querySelectorAll('*')].filter((c) => !c.closest('.numbers, .heard'))
    .filter((c) => c.getBoundingClientRect().right > right + 1
      || (c.offsetWidth && c.getBoundingClientRect().left < left - 1))
    .map((c) => c.outerHTML.slice(0, 80));
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


def notebook(path, *sources):
    """Write a notebook of code cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=tool.METADATA), path)


class Explorer:
    """One explorer on a page."""

    def __init__(self, page, index=0):
        self.page, self.root = page, page.locator(".race").nth(index)
        self.settle()

    def settle(self):
        """Wait until what was asked for has been drawn."""
        self.root.and_(self.page.locator("[data-state=ready], [data-state=error]")).wait_for()

    @property
    def data(self):
        """What has been drawn."""
        return self.root.evaluate("e => ({...e.dataset})")

    def label(self, text):
        """A control, by its label."""
        return self.root.get_by_label(text, exact=True)

    def button(self, name):
        return self.root.locator("button").get_by_text(name, exact=True)

    def changes(self, act, key="heads"):
        """Do something, wait for another drawing, and return what was drawn before and after."""
        before = self.data
        act()
        self.page.wait_for_function(
            "([e, key, old]) => e.dataset[key] !== old"
            " && ['ready', 'error'].includes(e.dataset.state)",
            arg=[self.root.element_handle(), key, before.get(key)],
        )
        return before, self.data

    def press(self, locator, *keys):
        """Focus a control and press keys."""
        locator.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def click(self, locator, across=0.5, down=0.5):
        """Click on a control, at a share of its width and of its height."""
        locator.scroll_into_view_if_needed()
        box = locator.bounding_box()
        self.page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)

    def pixels(self, panel):
        """A panel, as it is seen."""
        return self.root.locator(panel).evaluate("e => e.toDataURL()")

    def reset(self):
        self.button("Reset").click()
        self.settle()
