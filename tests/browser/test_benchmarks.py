"""What `make bench` times in a browser is there to be timed: a few keys and clicks."""

import math

import pytest

import race  # benchmarks/race.py

pytestmark = pytest.mark.browser


def test_rows(browser, lab):
    rows = race.in_browser(browser, lab, blocks=2, keys=2)
    assert [(row.work, row.against, row.bar) for row in rows] == [
        (row.work, row.against, row.bar)
        for key, row in race.plan().items()
        if key in race.IN_BROWSER
    ]
    for row in rows:
        once = "95th percentile" in row.work
        assert len(row.figures) == (1 if once else 2 if row.work.startswith("click") else 4), row
        assert all(math.isfinite(figure) and figure > 0 for figure in row.figures), row
