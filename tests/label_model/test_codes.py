from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.errors import InputError
from workbench.label_model.codes import distinct_rows, sorted_codes


# Ten columns fill 7 bits each, more than fit into one integer; two of them fit into a table.
@given(
    arrays(
        np.int8,
        st.tuples(st.integers(1, 20), st.sampled_from([2, 10])),
        elements=st.integers(-1, 127),
    )
)
def test_distinct_rows_are_those_of_numpy(rows):
    _, first, number, counts = np.unique(
        rows, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    expected = (first.tolist(), number.tolist(), counts.tolist())
    assert tuple(found.tolist() for found in distinct_rows(list(rows.T))) == expected


def test_rows_of_several_blocks_are_numbered_as_one():
    rows = np.arange(200_000) % 70_000 // 35_000
    first, number, counts = distinct_rows([rows])
    assert first.tolist() == [0, 35_000]
    assert (number == rows).all()
    assert counts.tolist() == [35_000 * 3, 35_000 * 2 + 25_000]


def test_a_null_id_is_refused():
    with pytest.raises(InputError, match="'label_id' is null in 1 rows"):
        sorted_codes(pd.Series(["red", None], name="label_id", dtype="str"))
