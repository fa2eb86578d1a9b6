"""What the dictionary says: for values that a text names, against others of their attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd

from workbench.report import Report
from workbench.signals.dictionary import PART, SHARED, Dictionary
from workbench.signals.votes import AGAINST, make_votes, no_votes
from workbench.text import normalise

SOURCE = "dictionary"
_PAIR = ["instance_id", "label_id"]


def dictionary_votes(
    instances: pd.DataFrame,
    dictionary: Dictionary,
    labels: pd.DataFrame,
    *,
    candidates: pd.DataFrame | None = None,
    exclusive: Iterable[str] = (),
    report: Report,
) -> pd.DataFrame:
    """Return the votes of the source "dictionary".

    Levels 1 to 5 are those of `Match`: an unlisted value, a spelling that two or three labels
    share, a part of a longer word, a short form or a spelling that another word decides, a whole
    value or alias. Level 0: the text names another value of the same exclusive attribute at level
    4 or 5, while this one is a candidate. A shared spelling is no vote for such a value.

    Parameters
    ----------
    instances : pd.DataFrame
        ``instance_id, text``.
    dictionary : Dictionary
    labels : pd.DataFrame
        Label table.
    candidates : pd.DataFrame, optional
        ``instance_id, label_id`` of the pairs that other sources vote on.
    exclusive : iterable of str
        Attributes of which an instance has one value at most.
    report : Report
        Gets the spellings that abstain for they stand for many labels.

    Returns
    -------
    pd.DataFrame
        Vote table; ``detail`` is the matched text, at level 0 that of the value that is named.
    """
    # A list a column: a tuple for each of some million votes would take three times the memory.
    instance_ids: list[str] = []
    label_ids: list[str] = []
    levels: list[int] = []
    details: list[str] = []
    undecided: Counter[str] = Counter()
    texts = zip(instances["instance_id"].tolist(), instances["text"].tolist(), strict=True)
    for instance_id, text in texts:
        matches, unclear = dictionary.find_all(normalise(text))
        for match in matches:
            instance_ids.append(instance_id)
            label_ids.append(match.label_id)
            levels.append(match.level)
            details.append(match.text)
        if unclear:
            undecided.update(unclear)
    report.count(
        "words that stand for more than three labels, and so for none",
        undecided.total(),
        sorted(undecided, key=lambda spelling: (-undecided[spelling], spelling))[:5],
    )
    named = make_votes(instance_ids, label_ids, source=SOURCE, level=levels, detail=details)
    attributes = labels.loc[labels["attribute"].isin(list(exclusive)), ["label_id", "attribute"]]
    named = _without_contradicted(named, attributes)
    against = _other_values(named[named["level"] > PART], named, attributes, candidates)
    return pd.concat([named, against], ignore_index=True)


def _without_contradicted(named: pd.DataFrame, attributes: pd.DataFrame) -> pd.DataFrame:
    """Return the votes without shared spellings that stand for another value than the one named.

    ``attributes`` holds the labels of exclusive attributes.
    """
    sure = named.loc[named["level"] > PART, _PAIR].merge(attributes)
    shared = named.loc[named["level"] == SHARED, _PAIR].reset_index().merge(attributes)
    met = shared.merge(sure[["instance_id", "attribute"]].drop_duplicates())
    kept: pd.DataFrame = named[~named.index.isin(met["index"])].reset_index(drop=True)
    return kept


def _other_values(
    sure: pd.DataFrame,
    named: pd.DataFrame,
    attributes: pd.DataFrame,
    candidates: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return the votes against candidates of an exclusive attribute with another value named.

    ``attributes`` holds the labels of exclusive attributes. Only ``sure`` votes speak against
    others; on a pair in ``named`` there is a vote already.
    """
    if candidates is None or sure.empty:
        return no_votes()
    asked = candidates["label_id"].isin(attributes["label_id"])
    asked &= candidates["instance_id"].isin(sure["instance_id"])
    pairs = candidates.loc[asked, _PAIR].astype("str").drop_duplicates().merge(attributes)
    said = sure[["instance_id", "label_id", "detail"]].merge(attributes)
    first = said.drop_duplicates(["instance_id", "attribute"])
    met = pairs.merge(
        first[["instance_id", "attribute", "detail"]], on=["instance_id", "attribute"]
    )
    marked = met.merge(named[_PAIR], how="left", on=_PAIR, indicator=True)
    others = marked[marked["_merge"] == "left_only"]
    return make_votes(
        others["instance_id"],
        others["label_id"],
        source=SOURCE,
        level=AGAINST,
        detail=others["detail"],
    )
