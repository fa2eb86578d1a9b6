"""A log that does not fit into the memory it is given."""

import numpy as np
import pandas as pd
import pytest

from workbench.report import Report
from workbench.signals.clicks import read_clicks
from workbench.tables import connect

pytestmark = pytest.mark.slow
N_EVENTS = 2_000_000
ITEMS = pd.DataFrame({"item_id": [f"item-{i:05d}" for i in range(20_000)]})


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    rng = np.random.default_rng(0)
    n = N_EVENTS
    path = tmp_path_factory.mktemp("log") / "events.parquet"
    searches = rng.integers(0, n // 8, n)
    pd.DataFrame(
        {
            "query_id": pd.Series(searches).map("search-{:032d}".format),
            "session_id": pd.Series(searches // 2).map("session-{:032d}".format),
            "user_query": pd.Series(searches % 50_000).map("a query of many words {}".format),
            "object_id": ITEMS["item_id"].to_numpy()[rng.integers(0, len(ITEMS), n)],
            "action_name": np.where(rng.random(n) < 0.4, "click", "impression"),
            "position": rng.integers(1, 9, n),
            "timestamp": pd.Timestamp("2025-01-01") + pd.to_timedelta(searches % 86_400, "s"),
        }
    ).to_parquet(path, index=False)
    return path


def test_log_under_a_memory_limit_has_equal_counts(events):
    free, tight = Report(), Report()
    expected = read_clicks(connect(n_threads=2), events, ITEMS, report=free)
    limited = connect(n_threads=2, memory_limit="250MB")
    found = read_clicks(limited, events, ITEMS, report=tight)
    pd.testing.assert_frame_equal(found.clicks, expected.clicks)
    pd.testing.assert_frame_equal(found.queries, expected.queries)
    assert tight.lines() == free.lines()
