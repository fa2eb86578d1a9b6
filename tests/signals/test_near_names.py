import pandas as pd
import pytest

from workbench.signals.near_names import with_near_label

LABELS = pd.DataFrame({"attribute": ["Color", "Color", None], "value": ["Black", "Blue", "sale"]})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Colour: Black", "Colour: Black (did you mean the attribute Color?)"),
        ("color: Blak", "color: Blak (did you mean Color: Black?)"),
        ("Color: Mauve", "Color: Mauve"),
        ("Weight: 3", "Weight: 3"),
    ],
)
def test_the_attribute_or_the_value_that_is_spelt_nearly_so_is_told(name, told):
    assert with_near_label(name, LABELS) == told
