from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.issues.consistency import ConsistencyRules
from workbench.issues.suggestions import weigh_suggestions

LABELS = pd.DataFrame(
    {
        "label_id": ["Brand: Nike", "Brand: adidas", "Color: Blue", "Color: Red", "Size: 26.0cm"],
        "attribute": ["Brand", "Brand", "Color", "Color", "Size"],
        "value": ["Nike", "adidas", "Blue", "Red", "26.0cm"],
    }
)
BRANDS = ConsistencyRules(exclusive=["Brand"], most_lift=0)


def suggestions() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "instance_id": ["nike red", "blue bag", "nike red"],
            "label_id": ["Brand: adidas", "Brand: adidas", "Color: Red"],
            "kind": ["missing", "missing", "wrong"],
            "label_quality": np.float32([0.2, 0.3, 0.4]),
            "rank": [1, 2, 1],
            "reason": ["Not given.", "Not given.", "Given."],
        }
    )
    return frame.astype({"reason": "str"})


def test_a_value_that_a_given_one_excludes_goes_further_back(given) -> None:
    found = weigh_suggestions(suggestions(), given, LABELS, rules=BRANDS)
    assert found["instance_id"].tolist() == ["nike red", "blue bag", "nike red"]
    assert found["kind"].tolist() == ["wrong", "missing", "missing"]
    odds = 0.8 / 0.2 * (1 - (1 - 0.01) * 0.9)  # nobody knows better: a given value is right in .9
    assert found["label_quality"].tolist() == pytest.approx([0.4, 0.3, 1 / (1 + odds)])
    assert found["reason"].iloc[2] == "Not given; yet Brand: Nike, which excludes it, is given."


def test_nothing_moves_where_no_attribute_is_exclusive(given) -> None:
    rules = ConsistencyRules(most_lift=0)
    found = weigh_suggestions(suggestions(), given, LABELS, rules=rules)
    assert sorted(found["label_quality"].tolist()) == pytest.approx([0.2, 0.3, 0.4])
    assert not found["reason"].str.contains("excludes").any()
