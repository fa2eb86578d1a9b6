"""``workbench explain``: why a label is believed, source by source."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.console import Terminal
from pipelines.rare_labels import rare_labels
from workbench.errors import InputError
from workbench.features import TextFeatures
from workbench.label_model import PairExplanation, explain_pair
from workbench.signals.label_names import LabelNames
from workbench.signals.near_names import with_near_name
from workbench.text import normalise
from workbench.workspace import Artefact, Workspace

MAX_EXAMPLES = 5
# Of less cosine similarity texts share a syllable or two.
_SIMILAR = 0.2


def explain_label(
    folder: Path, *, query: str, label: str | None, terminal: Terminal, show: int = 10
) -> list[PairExplanation]:
    """Print what each source adds to a pair, or to the candidate labels of the query.

    Parameters
    ----------
    query : str
        An instance's id or its text.
    label : str, optional
        A label's id, or its value where that is not shared; by default the labels that a source
        votes on, the likeliest first.
    show : int
        At most so many labels, if none is named: the likely ones, then those whose votes are at
        odds, then the others.

    Raises
    ------
    InputError
        If there is no such instance or label, or no source votes on the pair.
    """
    workspace = Workspace(folder)
    ingested, labelled = workspace.artefact("ingest"), workspace.artefact("label")
    instance_id, text = _find_instance(ingested, query)
    here = [("instance_id", "==", instance_id)]
    votes = labelled.table("votes", where=here)
    posterior = labelled.table("posterior", where=here)
    if posterior.empty:
        raise InputError(f"no source votes on '{instance_id}'; its labels have no explanation")
    if label is None:
        wanted = _most_telling(posterior, show)
    else:
        wanted = pd.Series([_find_label(ingested, label)])
    told = [explain_pair(votes, posterior, instance_id, str(name)) for name in wanted]
    terminal.say(text)
    for one in told:
        terminal.say()
        _print(one, terminal)
    n_more = len(posterior) - len(told) if label is None else 0
    if n_more:
        terminal.say(
            f"\n{n_more:,} more labels have a vote or follow from one, with a posterior of at most "
            f"{_highest_but(posterior, wanted):.3f}; see them with --show {len(posterior)}"
        )
    return told


def _most_telling(posterior: pd.DataFrame, n: int) -> pd.Series:
    """Return the ids of ``n`` labels, the likeliest first, see `explain_label`."""
    order = posterior.assign(
        unlikely=posterior["posterior"] < 0.5,
        agreed=(posterior["votes_for"] == 0) | (posterior["votes_against"] == 0),
        doubt=-posterior["posterior"],
    )
    kept = order.sort_values(["unlikely", "agreed", "doubt"], kind="stable").head(n)
    return kept.sort_values("doubt", kind="stable")["label_id"]


def _highest_but(posterior: pd.DataFrame, label_ids: pd.Series) -> float:
    """Return the highest posterior of the other labels."""
    return float(posterior.loc[~posterior["label_id"].isin(label_ids), "posterior"].max())


def _print(one: PairExplanation, terminal: Terminal) -> None:
    terminal.say(f"{one.label_id}    posterior {one.posterior:.3f}")
    width = max(len("prior"), *(len(said.source) for said in one.said))
    if math.isfinite(one.prior):
        terminal.say(f"  {'prior':<{width}}  {one.prior:+6.2f}")
    for said in one.said:
        told = f"{said.log_odds:+6.2f}" if math.isfinite(said.log_odds) else "     ?"
        terminal.say(f"  {said.source:<{width}}  {told}  {said.words}")
    terminal.say(f"  {'sum':<{width}}  {one.total:+6.2f}  makes {one.probability:.3f}")
    if one.reviewed:
        terminal.say("  a person decided, whatever the sum")
    elif one.implied_by is not None:
        terminal.say(f"  follows from {one.implied_by}")
    if one.overturned:
        terminal.say("  overturned: all votes on the pair say the opposite")


def _find_instance(ingested: Artefact, query: str) -> tuple[str, str]:
    columns = ["instance_id", "text"]
    for column, value in (
        ("instance_id", query),
        ("text", query),
        ("instance_id", normalise(query)),
    ):
        found = ingested.table("instances", columns, [(column, "==", value)])
        if len(found):
            return str(found["instance_id"].iloc[0]), str(found["text"].iloc[0])
    texts = ingested.table("instances", ["text"])["text"]
    near = [] if _containing(query, texts) else find_similar(texts.tolist(), query)
    hint = f"; similar are {near}" if near else ""
    raise InputError(_unknown("instance", query, texts, hint))


def find_similar(texts: list[str], query: str) -> list[str]:
    """Return the texts that share most with a query, each once, the most similar first."""
    texts = list(dict.fromkeys(texts))
    try:
        features = TextFeatures(min_df=1).fit(texts)
    except InputError:  # no text holds a word
        return []
    similarity = (features.transform(texts) @ features.transform([query]).T).toarray().ravel()
    best = np.argsort(-similarity, kind="stable")[:MAX_EXAMPLES]
    return [texts[i] for i in best if similarity[i] >= _SIMILAR]


def _find_label(ingested: Artefact, label: str) -> str:
    labels = ingested.table("labels", ["label_id", "attribute", "value"])
    names = LabelNames(labels, ingested.table("aliases", ["label_id", "alias"]))
    folded = normalise(label)
    has_value = labels["value"].astype("str").map(normalise) == folded
    found = sorted(names.named(label)) or labels.loc[has_value, "label_id"].tolist()
    if len(found) == 1:
        return str(found[0])
    if found:
        shown = ", ".join(map(shlex.quote, found[:MAX_EXAMPLES]))
        more = f" and {len(found) - MAX_EXAMPLES:,} more" if len(found) > MAX_EXAMPLES else ""
        raise InputError(
            f"{len(found)} labels go by '{label}'; type the whole label: {shown}{more}"
        )
    rare = rare_labels(ingested)
    named = rare.rows.loc[rare.rows["value"].astype("str").map(normalise) == folded, "label_id"]
    few = [one for one in (rare.find(label), *named) if one is not None]
    if few:
        raise InputError(
            f"there is no label '{label}': {rare.told(few[0])} is {rare.why}; lower it to make "
            "labels of such values"
        )
    if ":" in label:
        told = names.with_near(label)
    else:
        told = with_near_name(label, labels["value"].dropna().unique())
    hint = told.removeprefix(label)
    raise InputError(_unknown("label", label, labels["label_id"], hint))


def _unknown(what: str, name: str, known: pd.Series, hint: str = "") -> str:
    near = _containing(name, known)
    if near:
        others = "1 other" if len(near) == 1 else f"{len(near):,} others"
        examples = list(near[:MAX_EXAMPLES])
        return f"there is no {what} '{name}'{hint}; its text is in {others}: {examples}"
    return f"there is no {what} '{name}' among {len(known):,}{hint}"


def _containing(name: str, known: pd.Series) -> Sequence[str]:
    """Return the names that contain another one."""
    found: Sequence[str] = known[
        known.str.casefold().str.contains(normalise(name), regex=False)
    ].tolist()
    return found
