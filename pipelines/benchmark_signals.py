"""``workbench benchmark signals``: hold the weak labels against the known truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.label_models import FINDERS, all_groups
from pipelines.rare_labels import rare_labels
from pipelines.stages import Run
from pipelines.test_labels import read_truth
from workbench.errors import InputError
from workbench.evaluate.probabilities import MEASURES, reliability_table
from workbench.evaluate.source_worth import (
    ALL,
    Ablation,
    JudgedPosteriors,
    judge_candidates,
    judge_sources,
    votes_by_level,
)
from workbench.label_model import DawidSkene, MajorityVote
from workbench.matrices import LabelMatrix
from workbench.signals.rare_labels import RareLabels
from workbench.workspace import Workspace

MAJORITY = "all, majority vote"
_HEADER = ["AUC", "log loss", "calibration error", "average precision"]


def benchmark_signals(folder: Path, *, terminal: Terminal) -> JudgedPosteriors:
    """Print how good the weak labels are, by source, and return the posteriors behind it.

    Raises
    ------
    InputError
        If there is no truth, or labels were given instead of signals.
    """
    workspace = Workspace(folder)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    ingested, labelled = workspace.artefact("ingest"), workspace.artefact("label")
    votes, labels = labelled.table("votes"), ingested.table("labels")
    if votes.empty:
        raise InputError(
            "no source has voted: this workspace was given its labels; --signals measures labels "
            "that come from clicks, a catalog and a taxonomy"
        )
    instances = ingested.table("instances", columns=["instance_id"])
    truth = read_truth(run, pd.Index(instances["instance_id"]), pd.Index(labels["label_id"]))
    judged, ceiling = judge_candidates(votes, labels, truth.to_frame())
    _tell_rare(truth, rare_labels(ingested), terminal)
    with terminal.step("label models of every choice of sources"):
        found = judge_with_both(votes, labels, judged, all_groups(run.config.label))
    terminal.say(
        f"\n{len(judged):,} pairs of {judged['instance_id'].nunique():,} instances, "
        f"{found.base_rate:.1%} true; the votes reach {ceiling:.1%} of the true pairs. "
        "Where a choice of sources is silent, it gets that base rate."
    )
    _tell(found, votes, labels, terminal)
    return found


def _tell_rare(truth: LabelMatrix, rare: RareLabels, terminal: Terminal) -> None:
    """Say how much of the truth no source can reach, for its values are no labels."""
    pairs = truth.to_frame()["label_id"]
    found = pairs.map({name: rare.find(name) for name in pairs.unique()}).dropna()
    if len(found):
        examples = ", ".join(rare.told(name) for name in found.drop_duplicates().head())
        terminal.say(
            f"{len(found):,} true {'pair is' if len(found) == 1 else 'pairs are'} of values "
            f"{rare.why}, on which no source votes (such as {examples}); lower it to reach them"
        )


def judge_with_both(
    votes: pd.DataFrame, labels: pd.DataFrame, judged: pd.DataFrame, groups: Mapping[str, str]
) -> JudgedPosteriors:
    """Return the posteriors of Dawid-Skene for every choice of sources, and of a majority vote."""
    found = judge_sources(votes, labels, judged, lambda: DawidSkene(groups=groups, finders=FINDERS))
    everyone = [Ablation(MAJORITY, tuple(sorted(votes["source"].unique())))]
    beside = judge_sources(votes, labels, judged, MajorityVote, choices=everyone)
    return JudgedPosteriors(
        found.pairs,
        pd.concat([found.posteriors, beside.posteriors], axis=1),
        pd.concat([found.silent_share, beside.silent_share]),
    )


def measures_by_attribute(found: JudgedPosteriors, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of all sources together, one row an attribute, the largest first."""
    attribute = found.pairs["label_id"].map(labels.set_index("label_id")["attribute"]).fillna("")
    rows = {}
    for name, n_pairs in attribute.value_counts().items():
        part = found.part((attribute == name).to_numpy(bool))
        rows[str(name)] = {
            "n_pairs": int(n_pairs),
            "true": part.base_rate,
            "posterior": float(part.posteriors[ALL].mean()),
            **part.measures().loc[ALL],
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("attribute")


def _tell(
    found: JudgedPosteriors, votes: pd.DataFrame, labels: pd.DataFrame, terminal: Terminal
) -> None:
    rows = [
        [name, f"{found.silent_share[name]:.0%}", *_cells(row)]
        for name, row in _rows(found.measures())
    ]
    terminal.table("\nposterior against the truth", ["sources", "silent on", *_HEADER], rows)
    levels = votes_by_level(votes, found.pairs)
    rows = [
        [str(one.source), str(one.level), f"{one.n_pairs:,}", f"{one.present:.1%}"]
        for one in levels.itertuples()
    ]
    terminal.table("\nvotes (level 0 speaks against)", ["source", "level", "pairs", "true"], rows)
    table = reliability_table(found.counts(ALL))
    rows = [
        [f"{low:.1f} to {high:.1f}", f"{n_pairs:,}", f"{mean:.1%}", f"{present:.1%}"]
        for low, high, n_pairs, mean, present in table.itertuples(index=False, name=None)
    ]
    terminal.table(
        "\ncalibration, all sources", ["posterior", "pairs", "mean posterior", "true"], rows
    )
    rows = [
        [
            name,
            f"{row['n_pairs']:,.0f}",
            f"{row['true']:.1%}",
            f"{row['posterior']:.1%}",
            *_cells(row),
        ]
        for name, row in _rows(measures_by_attribute(found, labels))
    ]
    header = ["attribute", "pairs", "true", "mean posterior", *_HEADER]
    terminal.table("\nby attribute, all sources", header, rows)


def _rows(table: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    return ((str(name), row) for name, row in table.iterrows())


def _cells(row: pd.Series) -> list[str]:
    values = [float(row[name]) for name in MEASURES]
    return ["-" if np.isnan(value) else f"{value:.3f}" for value in values]
