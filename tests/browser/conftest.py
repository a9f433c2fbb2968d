"""Fixtures: a browser, a JupyterLab, a page."""

import os
from collections.abc import Iterator

import pytest

from browser.driving import Lab, launched, leave, new_context, watched

NONE = "no browser: install Chromium or Chrome, or run 'python -m playwright install chromium'"


def missing(reason: str) -> None:
    """Skip, but fail where the tests are run for everybody."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (a failure, because CI=true)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    """The first of: the system's Chromium, its Chrome, Playwright's own."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("the package playwright is not installed")
    with sync_playwright() as playwright:
        found = launched(playwright.chromium)
        if found is None:
            missing(NONE)
        yield found
        found.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory, browser) -> Iterator[Lab]:
    """A JupyterLab on a copy of the lessons."""
    started = Lab(tmp_path_factory.mktemp("lab"))
    yield started
    started.close()


@pytest.fixture(scope="session")
def context(browser) -> Iterator:
    """What the pages share: JupyterLab's own files are fetched once."""
    shared = new_context(browser)
    yield shared
    shared.close()


@pytest.fixture
def page(context) -> Iterator:
    """A fresh page."""
    opened = watched(context.new_page())
    yield opened
    leave(opened)
