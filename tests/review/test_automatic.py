from __future__ import annotations

import numpy as np
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
            # All alike, so that everything reviewed vouches for everything.
            "suspicion": 1.0,
        }
    )


def verdicts(pairs: pd.DataFrame, verdict: str) -> pd.DataFrame:
    return pairs[["instance_id", "label_id"]].assign(verdict=verdict)


def is_on(bands: pd.DataFrame) -> bool:
    (from_suspicion,) = bands["from_suspicion"]
    return bool(from_suspicion < np.inf)


def test_bounds_are_those_of_clopper_and_pearson() -> None:
    assert lower_bound(10, 10) == pytest.approx(0.05 ** (1 / 10))
    assert upper_bound(0, 10) == pytest.approx(1 - 0.05 ** (1 / 10))
    assert (lower_bound(0, 5), upper_bound(5, 5)) == (0, 1)


@pytest.mark.parametrize(("n_reviewed", "is_on"), [(148, False), (149, True)])
def test_a_band_needs_149_pairs_without_a_false_alarm_for_98_percent(n_reviewed, is_on) -> None:
    pairs = suspects(200)
    bands = verified_bands(pairs, verdicts(pairs.head(n_reviewed), "absent"), 0.98)
    assert np.isfinite(bands["from_suspicion"]).tolist() == [is_on]
    assert bands["n_open"].tolist() == [200 - n_reviewed]
    made = automatic_corrections(pairs, verdicts(pairs.head(n_reviewed), "absent"), bands)
    assert len(made) == (200 - n_reviewed) * is_on


def test_evidence_of_another_band_kind_or_attribute_does_not_count() -> None:
    sure, less_sure = suspects(160), suspects(160, 0.93, kind="missing")
    other = suspects(30).assign(instance_id=lambda f: "other " + f["instance_id"], attribute="Size")
    pairs = pd.concat([sure, less_sure, other], ignore_index=True)
    bands = verified_bands(pairs, verdicts(sure.head(155), "absent"), 0.98)
    assert np.isfinite(bands["from_suspicion"]).sum() == 1
    made = automatic_corrections(pairs, verdicts(sure.head(155), "absent"), bands)
    assert set(made["instance_id"]) == set(sure["instance_id"][155:])
    assert set(made["verdict"]) == {"absent"}


def test_pairs_below_the_reviewed_ones_are_not_corrected() -> None:
    pairs = suspects(1000).assign(suspicion=np.arange(1000.0))
    from_the_top = verdicts(pairs.tail(500), "absent")
    made = automatic_corrections(pairs, from_the_top, verified_bands(pairs, from_the_top, 0.98))
    assert made.empty
    from_below = verdicts(pairs.head(200), "absent")
    made = automatic_corrections(pairs, from_below, verified_bands(pairs, from_below, 0.98))
    assert len(made) == 1000 - 200


@pytest.mark.parametrize("power", [1.0, 3.0])
def test_a_queue_reviewed_from_the_top_does_not_fool_the_bound(power: float) -> None:
    """The more suspicious, the more often right and the more often reviewed."""
    rng, broken = np.random.default_rng(0), 0
    for _ in range(60):
        place = np.sort(rng.random(1500))
        is_error = rng.random(1500) < 0.85 + 0.15 * place
        pairs = suspects(1500).assign(suspicion=place)
        reviewed = rng.random(1500) < place**power
        said = verdicts(pairs, "absent")
        said.loc[~is_error, "verdict"] = "present"
        bands = verified_bands(pairs, said[reviewed], 0.93)
        made = automatic_corrections(pairs, said[reviewed], bands)
        right = pd.Series(is_error, pairs["instance_id"])[made["instance_id"]]
        broken += bool(len(made) and right.mean() < 0.93)
    # At most 5 % of 60, and three standard errors.
    assert broken <= 60 * (0.05 + 3 * np.sqrt(0.05 * 0.95 / 60))


def test_pairs_that_people_left_unsure_are_not_corrected() -> None:
    pairs = suspects(200)
    said = pd.concat([verdicts(pairs.head(160), "absent"), verdicts(pairs.tail(5), "unsure")])
    made = automatic_corrections(pairs, said, verified_bands(pairs, said, 0.98))
    assert len(made) == 200 - 160 - 5


def audit_of(n: int) -> pd.DataFrame:
    """Corrections that are suspects no longer."""
    return suspects(n, kind="made")[["instance_id", "label_id", "attribute"]].assign(
        kind="wrong", band=0.99, right=True
    )


def test_an_audit_that_finds_false_alarms_stops_the_band() -> None:
    pairs = suspects(4000)
    said = verdicts(pairs.head(3000), "absent")
    audited = audit_of(50)
    assert is_on(verified_bands(pairs, said, 0.98, audited=audited))
    audited.loc[:3, "right"] = False
    # 46 of 50 right: the precision is below 0.98 with 95 % confidence, whatever 3,000 others say.
    assert upper_bound(46, 50) < 0.98
    assert not is_on(verified_bands(pairs, said, 0.98, audited=audited))


def test_an_audit_without_false_alarms_counts_as_evidence() -> None:
    pairs = suspects(300)
    said = verdicts(pairs.head(100), "absent")
    assert not is_on(verified_bands(pairs, said, 0.98))
    assert is_on(verified_bands(pairs, said, 0.98, audited=audit_of(49)))


def test_an_audited_correction_that_was_turned_back_counts_once() -> None:
    pairs = suspects(300)
    audited = audit_of(40).assign(instance_id=pairs["instance_id"].head(40))
    audited.loc[:3, "right"] = False
    said = verdicts(pairs.head(100), "absent")
    said.loc[:3, "verdict"] = "present"
    (band,) = verified_bands(pairs, said, 0.98, audited=audited).itertuples()
    assert (band.n_reviewed, band.n_right) == (100, 100 - 4)


def test_equally_suspicious_pairs_vouch_together_or_not_at_all() -> None:
    pairs = suspects(400)  # 150 of them less suspicious than the others
    pairs["suspicion"] = np.where(np.arange(400) < 150, 0.0, 1.0)
    said = verdicts(pairs.head(300), "absent")
    said.loc[145:149, "verdict"] = "present"
    (band,) = verified_bands(pairs, said, 0.95).itertuples()
    assert (band.n_reviewed, band.n_right, band.from_suspicion) == (300, 295, 1.0)
    # Of the first 145, all right, nobody can tell that they come before the five false alarms.
    assert not is_on(verified_bands(pairs, said.head(150), 0.97))


def test_pairs_below_the_last_band_are_never_corrected() -> None:
    pairs = suspects(400, 0.89)
    assert verified_bands(pairs, verdicts(pairs.head(300), "absent"), 0.98).empty


def test_bad_tables_and_bounds_are_refused() -> None:
    pairs = suspects(3)
    with pytest.raises(InputError, match=r"columns \['probability'\] are missing"):
        verified_bands(pairs.drop(columns="probability"), verdicts(pairs, "absent"), 0.98)
    with pytest.raises(ValueError, match="between 0 and 1, found 98"):
        verified_bands(pairs, verdicts(pairs, "absent"), 98)
