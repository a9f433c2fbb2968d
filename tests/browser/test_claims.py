"""The table of claims in JupyterLab: it fills, it can be filtered, and it leads down."""

import re

import pytest

from browser.driving import ROOT, new_page, open_in_lab

pytestmark = pytest.mark.browser

PATHS = sorted(
    path
    for path in (ROOT / "notebooks").glob("*.ipynb")
    if "Board(" in path.read_text(encoding="utf-8")
)
every_board = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])


def claims_in(table):
    return re.findall(r"\bC\d\d\b", table.inner_text())


def follow(page, table, key):
    """Click on a claim until its heading is in view: a page that is still loading jumps."""
    heading = page.get_by_role("heading", name=re.compile(rf"^{key} "))
    for _ in range(20):
        table.get_by_role("link", name=key).click()
        page.wait_for_timeout(500)
        if 0 <= heading.bounding_box()["y"] < 900:
            return
    pytest.fail(f"the link of {key} does not lead to its heading")


def filter_table(page):
    """Choose a verdict and themes in the table of a lesson that was run, and follow its links."""
    box = page.locator(".jp-OutputArea .widget-vbox", has=page.locator("table caption")).first
    table, themes, verdicts = box.locator("table"), *box.locator("select").all()
    everything = claims_in(table)
    assert len(everything) > 10 and "not run yet" not in table.inner_text()
    shown = "n => document.querySelectorAll('.widget-html table a').length {} n"
    verdicts.select_option("false")
    page.wait_for_function(shown.format("<"), arg=len(everything))
    assert set(claims_in(table)) < set(everything)
    assert len(claims_in(table)) == table.inner_text().count("✗")
    verdicts.select_option("all")
    page.wait_for_function(shown.format("==="), arg=len(everything))
    sections = table.locator("tbody tr", has=page.locator("th"))
    titles = [section.inner_text() for section in sections.all()]
    for title in (titles[0], titles[-1]):
        themes.select_option(title)
        page.wait_for_function(shown.format("<"), arg=len(everything))
        assert [section.inner_text() for section in sections.all()] == [title]
        themes.select_option("all")
        page.wait_for_function(shown.format("==="), arg=len(everything))
    for key in (everything[0], everything[-1]):
        follow(page, table, key)


@every_board
def test_stored(lab, browser, path):
    """A reader who has run nothing sees all verdicts, and the links work."""
    name = f"notebooks/unrun_{path.name}"
    (lab.folder / name).write_bytes(path.read_bytes())
    context, page = new_page(browser)
    open_in_lab(lab, page, name, run=False)
    table = page.locator(".jp-OutputArea table").first
    everything = claims_in(table)
    assert len(everything) > 10 and "not run yet" not in table.inner_text()
    for key in (everything[0], everything[-1]):
        follow(page, table, key)
    context.close()
