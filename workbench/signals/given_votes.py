"""Votes that the user brings along: of rules, of a classifier, of a language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from ibis.backends import BaseBackend

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.label_names import LabelNames
from workbench.signals.rare_labels import RareLabels, no_rare_labels
from workbench.signals.votes import AGAINST, MAX_LEVEL, make_votes, no_votes
from workbench.tables import BadRows, Column, Contract, find_columns, read_table, to_frame
from workbench.text import normalise

_PAIR = ["instance_id", "label_id"]
_FOR = ("1", "1.0", "true", "yes")
_NEITHER = ("0", "0.0")
_AGAINST = ("-1", "-1.0", "false", "no")
# Which columns say the same in another way; the first that the table has is taken.
_INSTANCE = ("instance_id", "user_query")
_LABEL = ("label_id", "value")
_STRENGTH = ("level", "vote", "score")
_COLUMNS = {
    "instance_id": Column("instance_id", "text"),
    "user_query": Column("user_query", "text"),
    "label_id": Column("label_id", "text"),
    "attribute": Column("attribute", "text"),
    "value": Column("value", "text"),
    "level": Column(
        "level", "integer", minimum=0, hint="0 speaks against the pair, 1 and more for it"
    ),
    "vote": Column("vote", "text", hint="1 or true, -1 or false; 0 abstains"),
    "score": Column("score", "number", nullable=True),
    "count": Column("count", "integer", required=False, nullable=True, minimum=0),
    "detail": Column("detail", "text", required=False, nullable=True),
}


@dataclass(frozen=True)
class ScoreCuts:
    """Where the scores of a table of votes are cut into levels.

    Parameters
    ----------
    levels : tuple of float
        Smallest score of level 1, 2, ..., ascending.
    against : float or None
        Below this score a row speaks against its pair; None: scores never do.
    """

    levels: tuple[float, ...] = (0.5, 0.8, 0.95)
    against: float | None = 0.1


def read_given_votes(
    connection: BaseBackend,
    path: Path,
    *,
    source: str,
    instance_ids: pd.Index,
    names: LabelNames,
    columns: Mapping[str, str] | None = None,
    cuts: ScoreCuts | None = None,
    rare: RareLabels | None = None,
    bad_rows: BadRows = "error",
    report: Report,
) -> pd.DataFrame:
    """Return the votes of a table of the user's as those of one source.

    Parameters
    ----------
    connection : ibis backend
    path : Path
        ``instance_id`` or ``user_query``; ``label_id`` or ``attribute`` with ``value``; and one of
        ``level`` (0 against, 1 and more for), ``vote`` (1 or true for, -1 or false against, 0
        abstains) and ``score`` (any number); optionally ``count`` and ``detail``.
    source : str
        What the source is called.
    instance_ids : pd.Index
    names : LabelNames
    columns : mapping of str to str, optional
        Our names of columns to the file's.
    cuts : ScoreCuts, optional
        For a ``score``.
    rare : RareLabels, optional
        Values that are no labels, for few items have them.
    bad_rows : {"error", "skip"}
    report : Report
        Gets what is unknown, repeated or contradicts itself.

    Returns
    -------
    pd.DataFrame
        Vote table. Of votes on one pair the strongest is kept; where one speaks for it and
        another against, the source abstains.

    Raises
    ------
    InputError
        If the table breaks its contract, or none of its rows is about a known pair.
    """
    contract = _contract(connection, path, columns or {})
    table = read_table(
        connection, path, contract, columns=columns, bad_rows=bad_rows, report=report
    )
    frame = to_frame(table)
    told = f"votes of '{source}'"
    level, strength = _levels(frame, cuts or ScoreCuts(), path, told, report)
    rows = pd.DataFrame({"level": level, "strength": strength})
    rows["instance_id"] = _instances(frame, instance_ids)
    rows["label_id"] = _labels(frame, names)
    rows["count"] = frame["count"].fillna(1).astype("int64") if "count" in frame else 1
    rows["detail"] = frame.get("detail")
    rare = rare or no_rare_labels()
    _count_unknown(rows, frame, names, rare, told, report)
    known = rows[rows["instance_id"].notna() & rows["label_id"].notna()]
    if known.empty:
        raise InputError(
            f"{path.name}: none of its {len(rows):,} rows is about an instance and a label that "
            f"are known; {_example(frame, names, rare)}; check that both are named as here"
        )
    kept = _one_a_pair(known[known["level"] >= 0], told, report)
    if kept.empty:
        return no_votes()
    return make_votes(
        kept["instance_id"],
        kept["label_id"],
        source=source,
        level=kept["level"],
        strength=kept["strength"],
        count=kept["count"],
        detail=kept["detail"],
    )


def _contract(connection: BaseBackend, path: Path, columns: Mapping[str, str]) -> Contract:
    """Return the contract of the form that the table has."""
    found = set(find_columns(connection, path))

    def has(name: str) -> bool:
        return name in columns or name in found

    def first(choices: Sequence[str]) -> str:
        return next((name for name in choices if has(name)), choices[0])

    label = first(_LABEL)
    chosen = [first(_INSTANCE), *(["attribute"] if label == "value" else []), label]
    chosen += [first(_STRENGTH), "count", "detail"]
    return Contract("votes", tuple(_COLUMNS[name] for name in chosen))


def _levels(
    frame: pd.DataFrame, cuts: ScoreCuts, path: Path, told: str, report: Report
) -> tuple[np.ndarray, np.ndarray]:
    """Return the level of each row, -1 where it abstains, and the score behind it."""
    nothing = np.full(len(frame), np.nan)
    if "level" in frame:
        return np.minimum(frame["level"].to_numpy(np.int64), MAX_LEVEL), nothing
    if "score" in frame:
        score = frame["score"].to_numpy(np.float64, na_value=np.nan)
        level = np.searchsorted(np.array(cuts.levels), score, side="right")
        against = np.full(len(score), False) if cuts.against is None else score < cuts.against
        # NaN is sorted behind every cut.
        return np.where(
            against, AGAINST, np.where(np.isnan(score) | (level == 0), -1, level)
        ), score
    said = frame["vote"].str.strip().str.lower()
    strange = ~said.isin([*_FOR, *_NEITHER, *_AGAINST])
    if strange.any():
        examples = frame["vote"][strange].unique()[:5].tolist()
        raise InputError(
            f"{path.name}: 'vote' must be 1 or true (for), -1 or false (against) or 0 (abstains), "
            f"found {int(strange.sum())} other values: {examples}; "
            "a number of another kind is a 'score' or a 'level'"
        )
    level = np.where(said.isin(_FOR), 1, np.where(said.isin(_AGAINST), AGAINST, -1))
    if (level == -1).any() and not (level == AGAINST).any():
        report.note(f"{told}: 0 abstains and nothing is -1; write -1 or false to speak against")
    return level, nothing


def _instances(frame: pd.DataFrame, instance_ids: pd.Index) -> pd.Series:
    """Return the instance of each row, missing where it is unknown."""
    if "instance_id" in frame:
        ids = frame["instance_id"]
    else:
        ids = frame["user_query"].map({t: normalise(t) for t in frame["user_query"].unique()})
    return ids.where(ids.isin(instance_ids)).astype("str")


def _labels(frame: pd.DataFrame, names: LabelNames) -> pd.Series:
    """Return the label of each row, missing where it is unknown."""
    if "label_id" in frame:
        known = {text: names.find(text) for text in frame["label_id"].unique()}
        return frame["label_id"].map(known).astype("str")
    pairs = zip(frame["attribute"], frame["value"], strict=True)
    found = {pair: names.find_value(*pair) for pair in dict.fromkeys(pairs)}
    pairs = zip(frame["attribute"], frame["value"], strict=True)
    return pd.Series([found[pair] for pair in pairs], index=frame.index, dtype="str")


def _count_unknown(
    rows: pd.DataFrame,
    frame: pd.DataFrame,
    names: LabelNames,
    rare: RareLabels,
    told: str,
    report: Report,
) -> None:
    instance = frame["instance_id"] if "instance_id" in frame else frame["user_query"]
    unknown = rows["instance_id"].isna()
    report.count(
        f"{told} on unknown instances (left out)",
        int(unknown.sum()),
        instance[unknown].drop_duplicates().head().tolist(),
    )
    label = _written(frame)
    named = _named(frame[rows["label_id"].isna()], names)
    of_none = label[named[named == 0].index]
    found = of_none.map({text: rare.find(text) for text in of_none.unique()})
    lost, several = of_none[found.isna()], label[named[named > 0].index]
    few = found.dropna()
    for what, rest, tell in (
        (f"values {rare.why}", few, rare.told),
        ("labels that no item has", lost, names.with_near),
        ("names that several labels have", several, str),
    ):
        examples = [tell(text) for text in rest.drop_duplicates().head()]
        report.count(f"{told} on {what} (left out)", len(rest), examples)
    report.count(f"{told} that abstain", int((rows["level"] < 0).sum()))


def _named(frame: pd.DataFrame, names: LabelNames) -> pd.Series:
    """Return how many labels go by the name in each row."""
    if "label_id" in frame:
        found = [len(names.named(text)) for text in frame["label_id"]]
    else:
        pairs = zip(frame["attribute"], frame["value"], strict=True)
        found = [len(names.named_value(*pair)) for pair in pairs]
    return pd.Series(found, index=frame.index, dtype="int64")


def _written(frame: pd.DataFrame) -> pd.Series:
    """Return the label of each row as the table writes it, by "Attribute: value"."""
    return frame["label_id"] if "label_id" in frame else frame["attribute"] + ": " + frame["value"]


def _example(frame: pd.DataFrame, names: LabelNames, rare: RareLabels) -> str:
    first = frame.iloc[0]
    instance = first["instance_id"] if "instance_id" in frame else first["user_query"]
    label = _written(frame).iloc[0]
    found = rare.find(label)
    if found is not None:
        return f"the first is '{instance}' with {rare.told(found)}, {rare.why}"
    meant = names.with_near(label).removeprefix(label) if names.find(label) is None else ""
    return f"the first is '{instance}' with '{label}'{meant}"


def _one_a_pair(rows: pd.DataFrame, told: str, report: Report) -> pd.DataFrame:
    """Return the strongest vote on each pair, and none where they contradict each other."""
    against = rows["level"] == AGAINST
    torn = against.groupby([rows["instance_id"], rows["label_id"]]).transform("nunique") > 1
    pairs = rows.loc[torn, _PAIR].drop_duplicates()
    report.count(
        f"{told}: pairs with votes for and against (left out)",
        len(pairs),
        [" / ".join(pair) for pair in pairs.head().to_numpy().tolist()],
    )
    order = ["level", "strength", "count"]
    ranked = rows[~torn].sort_values(order, ascending=False, kind="stable", na_position="last")
    # A vote against is the stronger, the lower its score.
    low = ranked["level"] == AGAINST
    ranked = pd.concat([ranked[~low], ranked[low].sort_values("strength", kind="stable")])
    twice = ranked.duplicated(_PAIR)
    report.count(
        f"{told}: further votes on a pair (the strongest is kept)",
        int(twice.sum()),
        [" / ".join(pair) for pair in ranked.loc[twice, _PAIR].head().to_numpy().tolist()],
    )
    return ranked[~twice].sort_values(_PAIR, ignore_index=True)
