from __future__ import annotations

import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.review.automatic import (
    automatic_corrections,
    lower_bound,
    upper_bound,
    verified_bands,
)


def suspects(n: int, probability: float = 0.999, kind: str = "wrong") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "instance_id": [f"{kind} {i}" for i in range(n)],
            "label_id": "Color: Red",
            "kind": kind,
            "attribute": "Color",
            "probability": probability,
        }
    )


def verdicts(pairs: pd.DataFrame, verdict: str) -> pd.DataFrame:
    return pairs[["instance_id", "label_id"]].assign(verdict=verdict)


def test_bounds_are_those_of_clopper_and_pearson() -> None:
    assert lower_bound(10, 10) == pytest.approx(0.05 ** (1 / 10))
    assert upper_bound(0, 10) == pytest.approx(1 - 0.05 ** (1 / 10))
    assert (lower_bound(0, 5), upper_bound(5, 5)) == (0, 1)


@pytest.mark.parametrize(("n_reviewed", "is_on"), [(148, False), (149, True)])
def test_a_band_needs_149_pairs_without_a_false_alarm_for_98_percent(n_reviewed, is_on) -> None:
    pairs = suspects(200)
    bands = verified_bands(pairs, verdicts(pairs.head(n_reviewed), "absent"), 0.98)
    assert bands["is_on"].tolist() == [is_on]
    assert bands["n_open"].tolist() == [200 - n_reviewed]
    made = automatic_corrections(pairs, verdicts(pairs.head(n_reviewed), "absent"), bands)
    assert len(made) == (200 - n_reviewed) * is_on


def test_evidence_of_another_band_kind_or_attribute_does_not_count() -> None:
    sure, less_sure = suspects(160), suspects(160, 0.93, kind="missing")
    other = suspects(30).assign(instance_id=lambda f: "other " + f["instance_id"], attribute="Size")
    pairs = pd.concat([sure, less_sure, other], ignore_index=True)
    bands = verified_bands(pairs, verdicts(sure.head(155), "absent"), 0.98)
    assert bands["is_on"].sum() == 1
    made = automatic_corrections(pairs, verdicts(sure.head(155), "absent"), bands)
    assert set(made["instance_id"]) == set(sure["instance_id"][155:])
    assert set(made["verdict"]) == {"absent"}


def test_pairs_that_people_left_unsure_are_not_corrected() -> None:
    pairs = suspects(200)
    said = pd.concat([verdicts(pairs.head(160), "absent"), verdicts(pairs.tail(5), "unsure")])
    made = automatic_corrections(pairs, said, verified_bands(pairs, said, 0.98))
    assert len(made) == 200 - 160 - 5


def test_an_audit_that_finds_false_alarms_stops_the_band() -> None:
    pairs = suspects(4000)
    said = verdicts(pairs.head(3000), "absent")
    audited = pd.DataFrame(
        {"kind": "wrong", "attribute": "Color", "band": 0.99, "right": True}, range(50)
    )
    assert verified_bands(pairs, said, 0.98, audited=audited)["is_on"].all()
    audited.loc[:3, "right"] = False
    # 46 of 50 right: the precision is below 0.98 with 95 % confidence, whatever 3,000 others say.
    assert upper_bound(46, 50) < 0.98
    assert not verified_bands(pairs, said, 0.98, audited=audited)["is_on"].any()


def test_an_audit_without_false_alarms_counts_as_evidence() -> None:
    pairs = suspects(300)
    said = verdicts(pairs.head(100), "absent")
    audited = pd.DataFrame(
        {"kind": "wrong", "attribute": "Color", "band": 0.99, "right": True}, range(49)
    )
    assert not verified_bands(pairs, said, 0.98)["is_on"].any()
    assert verified_bands(pairs, said, 0.98, audited=audited)["is_on"].all()


def test_pairs_below_the_last_band_are_never_corrected() -> None:
    pairs = suspects(400, 0.89)
    assert verified_bands(pairs, verdicts(pairs.head(300), "absent"), 0.98).empty


def test_bad_tables_and_bounds_are_refused() -> None:
    pairs = suspects(3)
    with pytest.raises(InputError, match=r"columns \['probability'\] are missing"):
        verified_bands(pairs.drop(columns="probability"), verdicts(pairs, "absent"), 0.98)
    with pytest.raises(ValueError, match="between 0 and 1, found 98"):
        verified_bands(pairs, verdicts(pairs, "absent"), 98)
