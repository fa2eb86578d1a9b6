import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.model.selecting import nth_largest

numbers = st.floats(-(2.0**60), 2.0**60, width=32) | st.sampled_from([0.0, -0.0, 1.0, -1.0])


@settings(deadline=None, max_examples=300)
@given(st.lists(numbers, min_size=1, max_size=70), st.data())
def test_the_nth_largest_is_that_of_the_sorted_values(values, data):
    n = data.draw(st.integers(1, len(values)))
    assert nth_largest(np.float32(values), n) == sorted(values, reverse=True)[n - 1]
