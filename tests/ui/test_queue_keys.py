import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from workbench.ui.queue_keys import QueueKeys

ROWS, COLUMNS = pd.Index(["a", "b", "c"]), pd.Index(["x", "y"])
PAIRS = st.sets(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")))


@given(PAIRS, PAIRS)
def test_decided_pairs_are_counted_as_sets_are(queued, decided):
    places = [
        ROWS.get_loc(row) * len(COLUMNS) + COLUMNS.get_loc(column)
        for row, column in queued
        if row in ROWS and column in COLUMNS
    ]
    keys = QueueKeys(ROWS, COLUMNS, np.sort(np.array(places, np.int64)))
    frame = pd.DataFrame(sorted(decided), columns=["instance_id", "label_id"], dtype="str")
    known = {pair for pair in queued & decided if pair[0] in ROWS and pair[1] in COLUMNS}
    assert keys.count(frame) == len(known)
