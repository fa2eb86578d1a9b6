"""The log of decisions: what of it stands, and one verdict a pair."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields

import numpy as np
import pandas as pd

from workbench.errors import InputError
from workbench.review.decisions import PAIR, Decision, Role, Verdict

_DTYPES = {"decided_at": "datetime64[us, UTC]", "shown_ms": "Int64"}
LOG_COLUMNS = [field.name for field in fields(Decision)]


def log_frame(decisions: Iterable[Decision]) -> pd.DataFrame:
    """Return the decision log of these decisions, in their order, one row an event."""
    rows = [tuple(getattr(decision, name) for name in LOG_COLUMNS) for decision in decisions]
    return typed_log(pd.DataFrame(rows, columns=LOG_COLUMNS))


def typed_log(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the columns and types of a decision log."""
    return frame[LOG_COLUMNS].astype({name: _DTYPES.get(name, "str") for name in LOG_COLUMNS})


def check_log(log: pd.DataFrame) -> None:
    """Raise unless the frame is a decision log whose undos name earlier decisions.

    Raises
    ------
    InputError
        With all complaints at once.
    """
    absent = [name for name in LOG_COLUMNS if name not in log.columns]
    if absent:
        raise InputError(
            f"decision log: columns {absent} are missing, found {log.columns.tolist()}; "
            "read it with DecisionStore.log()"
        )
    known = log["verdict"].isin(list(Verdict))
    complaints = [
        _told(log.loc[~known, "verdict"], "verdicts are not one of present, absent, unsure"),
        _told(
            log.loc[log["event_uid"].duplicated(), "event_uid"],
            "events appear more than once (keep one row an event_uid)",
        ),
        _told(
            log.loc[log[["reviewer", *PAIR]].isna().any(axis=1), "event_uid"], "events lack a key"
        ),
        *_undo_complaints(log),
    ]
    if not isinstance(log["decided_at"].dtype, pd.DatetimeTZDtype):
        complaints.append(f"decided_at needs a time zone, found {log['decided_at'].dtype}")
    if any(complaints):
        raise InputError("decision log: " + "; ".join(filter(None, complaints)))


def effective_decisions(log: pd.DataFrame) -> pd.DataFrame:
    """Return the decisions that stand: one row a reviewer and pair, the earliest first.

    Verdicts on the audit sample are not among them: what measures the labels must not change them.
    A decision that was undone is gone, and what the same reviewer said before it stands again. Of
    several decisions of one reviewer on one pair the latest stands; of two made at the same moment,
    the one further down in the log.

    Raises
    ------
    InputError
        If the log is not one, or an undo names an unknown event, another undo, or another pair.
    """
    check_log(log)
    undone = log["event_uid"].isin(log["undoes"].dropna())
    standing = log[log["undoes"].isna() & ~undone & (log["role"] != Role.AUDITOR)]
    standing = standing.sort_values("decided_at", kind="stable", ignore_index=True)
    return standing.drop_duplicates(["reviewer", *PAIR], keep="last", ignore_index=True)


def unseen_pairs(standing: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that nobody looked at: all that stands on them was said in batches.

    Such verdicts repeat the flag, so they settle a pair but are no evidence of how good flags are.

    Parameters
    ----------
    standing : pd.DataFrame
        As of :func:`effective_decisions`.

    Returns
    -------
    pd.DataFrame
        ``instance_id, label_id``, each pair once.
    """
    in_batch = standing["batch_id"].notna()
    seen = pd.MultiIndex.from_frame(standing.loc[~in_batch, PAIR])
    pairs = standing.loc[in_batch, PAIR].drop_duplicates(ignore_index=True)
    return pairs[~pd.MultiIndex.from_frame(pairs).isin(seen)].reset_index(drop=True)


def resolve(log: pd.DataFrame) -> pd.DataFrame:
    """Return one verdict a pair: an adjudicator's, or the majority of present and absent votes.

    Of several adjudicators the latest stands. Without a majority (a tie, or nobody but the unsure)
    the verdict is ``unsure`` and ``conflict`` is True.

    Parameters
    ----------
    log : pd.DataFrame
        The decision log; each reviewer has one vote a pair, the one that stands.

    Returns
    -------
    pd.DataFrame
        Columns instance_id, label_id, verdict, conflict, n_present, n_absent, n_unsure and
        decided_at (the latest vote), in the order of the pair.
    """
    return settled(effective_decisions(log))


def settled(standing: pd.DataFrame) -> pd.DataFrame:
    """Return one verdict a pair, as :func:`resolve`, of the verdicts that stand.

    Parameters
    ----------
    standing : pd.DataFrame
        ``reviewer, instance_id, label_id, verdict, role, decided_at``, one row a reviewer and pair,
        the earliest first.
    """
    votes = standing[[*PAIR, "decided_at"]].copy()
    for verdict in Verdict:
        votes[f"n_{verdict}"] = (standing["verdict"] == verdict).astype("int64")
    counts = {f"n_{verdict}": "sum" for verdict in Verdict}
    pairs = votes.groupby(PAIR, as_index=False).agg({**counts, "decided_at": "max"})
    ahead = np.sign((pairs["n_present"] - pairs["n_absent"]).to_numpy())
    verdicts = np.array([Verdict.ABSENT, Verdict.UNSURE, Verdict.PRESENT], dtype=object)
    pairs.insert(2, "verdict", pd.Series(verdicts[ahead + 1], dtype="str"))
    pairs.insert(3, "conflict", ahead == 0)
    ruled = standing[standing["role"] == Role.ADJUDICATOR].drop_duplicates(PAIR, keep="last")
    if ruled.empty:
        return pairs
    said = pairs[PAIR].merge(ruled[[*PAIR, "verdict"]], how="left", on=PAIR)["verdict"]
    return pairs.assign(
        verdict=said.fillna(pairs["verdict"]).astype("str"),
        conflict=pairs["conflict"] & said.isna(),
    )


def _told(values: pd.Series, what: str) -> str:
    return f"{len(values)} {what}: {values[:5].tolist()}" if len(values) else ""


def _undo_complaints(log: pd.DataFrame) -> list[str]:
    undos = log[log["undoes"].notna()]
    targets = log.drop_duplicates("event_uid").set_index("event_uid")
    targets = targets.reindex(undos["undoes"])[["undoes", *PAIR]].set_axis(undos.index)
    known = undos["undoes"].isin(log["event_uid"])
    same_pair = (targets[PAIR] == undos[PAIR]).all(axis=1)
    return [
        _told(undos.loc[~known, "undoes"], "undone events are not in the log"),
        _told(undos.loc[targets["undoes"].notna(), "event_uid"], "events undo an undo"),
        _told(undos.loc[known & ~same_pair, "event_uid"], "events undo one of another pair"),
    ]
