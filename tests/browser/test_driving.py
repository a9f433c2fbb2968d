"""The guards of the browser tests can fail."""

import pytest

from browser.conftest import missing


def test_a_missing_browser_is_a_failure_where_everybody_looks(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"no browser .*CI=true"):
        missing("no browser")


@pytest.mark.parametrize("value", [None, "", "false"])
def test_a_missing_browser_is_skipped_elsewhere(monkeypatch, value):
    monkeypatch.setenv("CI", value) if value is not None else monkeypatch.delenv("CI", False)
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        missing("no browser")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("<img src='http://127.0.0.1:9/x'>", ["external: http://127.0.0.1:9/x", "failed: "]),
        ("<script>new WebSocket('ws://127.0.0.1:9/x')</script>", ["external: ws://127.0.0.1:9/x"]),
        ("<script>throw Error('oh')</script>", ["error: oh"]),
        ("<img src='data:,'>", []),
    ],
)
def test_the_watch_sees(page, content, found):
    page.set_content(content)
    for _ in range(200):  # requests fail in their own time
        if len(page.watch.found) >= len(found):
            break
        page.wait_for_timeout(50)
    assert len(page.watch.found) == len(found)
    for text, start in zip(page.watch.found, found, strict=True):
        assert text.startswith(start)
