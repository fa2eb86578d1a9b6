"""What several reviewers and the model together say of a pair, by cleanlab's CROWDLAB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.matrices import check_unit_interval
from workbench.review.decisions import PAIR, Verdict


@dataclass(frozen=True, eq=False)
class Consensus:
    """What reviewers say together, and how good each of them is.

    Parameters
    ----------
    pairs : pd.DataFrame
        ``instance_id, label_id, verdict, quality, n_verdicts, agreement``, one row a pair that
        somebody called present or absent. ``quality``, in [0, 1], is higher the
        likelier the verdict is right; it orders pairs and is no probability. ``agreement`` is the
        share of the reviewers who say the same.
    reviewers : pd.DataFrame
        ``reviewer, quality, n_pairs, agreement``, lowest quality first. ``quality``, in
        [0, 1], orders reviewers and is no share of right verdicts; ``agreement`` is the share of
        the reviewer's verdicts on pairs that others judged too which are the consensus; NaN
        without such pairs.
    """

    pairs: pd.DataFrame
    reviewers: pd.DataFrame


def find_consensus(standing: pd.DataFrame, presence: pd.Series) -> Consensus | None:
    """Return the consensus of reviewers and model; None where no pair has two verdicts.

    How much each reviewer and the model count comes from how often they agree with the others; who
    is unsure has not answered.

    Parameters
    ----------
    standing : pd.DataFrame
        ``reviewer, instance_id, label_id, verdict``, one row a reviewer and pair, such as
        :func:`workbench.review.decisions.effective_decisions` returns.
    presence : pd.Series
        The model's probability that a pair is truly present, by (instance_id, label_id); pairs
        that it lacks get the share of present verdicts.

    Raises
    ------
    InputError
        If a probability is NaN or outside [0, 1].

    References
    ----------
    Goh, Tkachenko and Mueller (2022), CROWDLAB: Supervised learning to infer consensus labels and
    quality scores for data with multiple annotators.
    """
    check_unit_interval(presence.to_numpy(np.float64), len(presence), "presence")
    answers = standing[standing["verdict"].isin([Verdict.PRESENT, Verdict.ABSENT])]
    if not answers.duplicated(PAIR).any():
        return None
    said = (answers["verdict"] == Verdict.PRESENT).astype(np.float64)
    wide = answers.assign(said=said).pivot(index=PAIR, columns="reviewer", values="said")
    # Imported here: it brings scikit-learn, and datasets where that is installed.
    from cleanlab.multiannotator import get_label_quality_multiannotator

    found = get_label_quality_multiannotator(
        wide, _probabilities(presence, wide.index, float(said.mean())), verbose=False
    )
    of_pairs = found["label_quality"]
    is_present = of_pairs["consensus_label"].to_numpy() == 1
    pairs = wide.index.to_frame(index=False).assign(
        verdict=np.where(is_present, Verdict.PRESENT.value, Verdict.ABSENT.value),
        quality=of_pairs["consensus_quality_score"].to_numpy(np.float64),
        n_verdicts=of_pairs["num_annotations"].to_numpy(np.int64),
        agreement=of_pairs["annotator_agreement"].to_numpy(np.float64),
    )
    of_reviewers = found["annotator_stats"]
    reviewers = pd.DataFrame(
        {
            "reviewer": of_reviewers.index.astype("str"),
            "quality": of_reviewers["annotator_quality"].to_numpy(np.float64),
            "n_pairs": of_reviewers["num_examples_labeled"].to_numpy(np.int64),
            "agreement": of_reviewers["agreement_with_consensus"].to_numpy(np.float64),
        }
    )
    return Consensus(pairs, reviewers.sort_values("quality", kind="stable", ignore_index=True))


def _probabilities(presence: pd.Series, pairs: pd.Index, otherwise: float) -> NDArray[np.float64]:
    """Return the probabilities of absent and present, shape (n_pairs, 2)."""
    present = presence.reindex(pairs).fillna(otherwise).to_numpy(np.float64)
    return np.column_stack([1 - present, present])
