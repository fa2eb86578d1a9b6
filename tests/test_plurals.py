import pytest

from workbench.plurals import plural


@pytest.mark.parametrize(
    ("n", "told"), [(0, "0 pairs"), (1, "1 pair"), (2, "2 pairs"), (1000, "1,000 pairs")]
)
def test_only_one_thing_is_told_without_its_plural(n, told):
    assert plural(n, "pair") == told
