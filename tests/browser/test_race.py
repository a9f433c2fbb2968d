"""The race explorer in a real browser: every control, by keyboard and by mouse."""

import pytest

pytestmark = pytest.mark.browser


def data(page, index=0):
    """What the explorer says that it has drawn."""
    return page.locator(".race").nth(index).evaluate("e => ({...e.dataset})")


def test_lesson_runs(open_lesson, outputs):
    page = open_lesson("notebooks/00_start_here.ipynb")
    assert all(count and not errors for count, errors in outputs()), outputs()
    page.locator(".race[data-state=ready]").first.wait_for()
    print(data(page))
    page.screenshot(path="/tmp/lab0.png")
    page.locator(".race").screenshot(path="/tmp/lab1.png")
    assert page.watch.found == []
