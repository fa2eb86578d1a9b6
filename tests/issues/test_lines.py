from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from workbench.issues.lines import fit_lines

LABELS = pd.DataFrame(
    {
        "label_id": ["Bags", "Bags > Wallets", "Bags > Wallets > Small", "Color: Red"],
        "parent_id": pd.Series([None, "Bags", "Bags > Wallets", None], dtype="str"),
    }
)


def issues(*rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["instance_id", "label_id", "kind", "label_quality"])
    frame = frame.assign(rank=1, reason="The model says so.")
    return frame.astype({"label_quality": np.float32, "reason": "str"})


def quality(found) -> dict[tuple[str, str], float]:
    return dict(
        zip(
            zip(found["instance_id"], found["label_id"], strict=True),
            found["label_quality"],
            strict=True,
        )
    )


def test_a_missing_label_and_the_given_one_above_it_are_what_is_left_without_the_impossible() -> (
    None
):
    found = fit_lines(
        issues(("q", "Bags > Wallets", "missing", 0.2), ("q", "Bags", "wrong", 0.6)), LABELS
    )
    left = 1 - 0.8 * 0.4
    assert quality(found)["q", "Bags > Wallets"] == pytest.approx(1 - 0.8 * 0.6 / left)
    assert quality(found)["q", "Bags"] == pytest.approx(0.6 / left)
    said = dict(zip(found["label_id"], found["reason"], strict=True))
    assert said["Bags"] == "The model says so; yet Bags > Wallets below it looks right."
    assert said["Bags > Wallets"] == "The model says so; yet Bags above it may be wrong too."


def test_below_a_missing_label_none_is_likelier_than_it() -> None:
    found = fit_lines(
        issues(
            ("q", "Bags > Wallets > Small", "missing", 0.1),
            ("q", "Bags > Wallets", "missing", 0.3),
            ("q", "Bags", "missing", 0.5),
        ),
        LABELS,
    )
    assert found["label_quality"].tolist() == pytest.approx([0.5, 0.5, 0.5])
    assert found["rank"].tolist() == [1, 2, 3]


def test_what_fits_already_stays_as_it_is() -> None:
    rows = issues(
        ("q", "Bags", "wrong", 0.7),
        ("r", "Bags > Wallets", "missing", 0.1),
        ("q", "Color: Red", "missing", 0.2),
        ("q", "Bags > Wallets", "missing", 0.4),
    )
    found = fit_lines(rows, LABELS)
    assert quality(found) == quality(rows)
    assert set(found["reason"]) == {"The model says so."}
    assert fit_lines(rows, LABELS[["label_id"]]) is rows


def test_no_issues_are_fitted_to_none() -> None:
    assert fit_lines(issues(), LABELS).empty
