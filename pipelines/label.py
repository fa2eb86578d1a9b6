"""The second stage: from signals to votes, from votes to given labels with a confidence each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from pipelines.cast_votes import cast_votes, nearest_texts
from pipelines.console import ProgressCallback
from pipelines.label_models import all_groups, fit_label_model
from pipelines.rare_labels import rare_labels
from pipelines.review_effect import note_effect
from pipelines.reviewed import no_verdict_line, read_reviewed, reviewed_fingerprint
from pipelines.stages import Run, Stage, now
from workbench import __version__
from workbench.errors import InputError
from workbench.label_model import close_upwards, make_source_tables
from workbench.matrices import LabelMatrix, pairs_in
from workbench.report import MAX_EXAMPLES, Report
from workbench.signals.dictionary import WHOLE
from workbench.signals.dictionary_votes import SOURCE as DICTIONARY
from workbench.signals.votes import AGAINST, no_votes
from workbench.text import normalise
from workbench.workspace import Artefact
from workbench.workspace.arrays import write_json, write_labels, write_matrix, write_table

# From this share of given pairs on that one source alone votes for, the report warns.
_MANY_LONE = 0.5
_PAIR = ["instance_id", "label_id"]


@dataclass(frozen=True)
class Labelled:
    """The label stage's artefact and the label version that was made of it."""

    artefact: Artefact
    base: str


def label(run: Run, ingested: Artefact) -> Labelled:
    """Return the votes, the posterior and the given labels that come from the inputs.

    Raises
    ------
    InputError
        If no pair reaches the threshold.
    """

    def write(folder: Path, progress: ProgressCallback) -> None:
        report = Report()
        if run.config.inputs.labels is not None:
            _write_existing(run, folder, ingested, report)
        else:
            _write_voted(run, folder, ingested, report, progress)
        write_json(folder, "report", report.to_dict())

    depends_on: dict[str, Any] = {
        "ingest": ingested.fingerprint,
        "label": run.config.label.model_dump(),
    }
    if run.config.inputs.labels is None:
        depends_on |= reviewed_fingerprint(run)
        if blank := no_verdict_line(run):
            run.terminal.warn(blank)
    artefact = run.stage(Stage("label", 12, "votes to given labels", write, depends_on))
    return Labelled(artefact, _base_version(run, artefact))


def _base_version(run: Run, artefact: Artefact) -> str:
    """Return the label version made of this artefact, published now if there is none."""
    for version in run.workspace.label_versions():
        if version.parent is None and version.artefact.fingerprint == artefact.fingerprint:
            return version.name
    labels = artefact.labels()
    is_import = run.config.inputs.labels is not None
    made_by = "import" if is_import else artefact.json("label_model")["name"]
    about = {
        "made_by": made_by,
        "created_at": now(),
        "code": __version__,
        "n_given": labels.n_given,
    }
    with run.workspace.publish_labels(None, artefact.fingerprint, about) as (name, folder):
        write_labels(folder, labels)
    run.terminal.say(f"wrote labels {name}: {labels.n_given:,} given pairs")
    return name


def _write_existing(run: Run, folder: Path, ingested: Artefact, report: Report) -> None:
    axes = _axes(ingested)
    pairs = ingested.table("given_pairs")
    labels = LabelMatrix.from_pairs(
        pairs["instance_id"], pairs["label_id"], instance_ids=axes[0], label_ids=axes[1]
    )
    write_labels(folder, labels)
    write_table(folder, "votes", no_votes())
    empty = pd.DataFrame({"instance_id": [], "label_id": []}, dtype="str")
    write_table(folder, "posterior", empty.assign(posterior=np.empty(0, np.float32)))
    _write_sources(run, folder, no_votes(), empty.assign(posterior=np.empty(0)), ingested)
    _count_bare(labels, report)


def _write_voted(
    run: Run, folder: Path, ingested: Artefact, report: Report, progress: ProgressCallback
) -> None:
    assert run.config.inputs.catalog is not None
    nearest = None
    if "neighbours" in run.config.sources:
        with run.costs.part("similar texts"):
            nearest = nearest_texts(ingested)
            write_matrix(folder, "nearest", nearest.sorted_indices())
    votes = cast_votes(
        ingested,
        run.config.inputs.catalog,
        sources=run.config.sources,
        nearest=nearest,
        report=report,
        part=run.costs.part,
    )
    progress(1, 3)
    table = ingested.table("labels")
    instance_ids, label_ids = _axes(ingested)
    reviewed = read_reviewed(run, instance_ids, table, report, rare=rare_labels(ingested))
    with run.costs.part("label model"):
        fitted = fit_label_model(votes, table, reviewed, run.config.label, report)
        # As categories, like the votes: of millions of pairs the names alone take a gigabyte.
        posterior = close_upwards(fitted.posterior, table).astype(dict(votes[_PAIR].dtypes))
        fitted = replace(fitted, posterior=posterior)  # lets go of the one before, gigabytes
    progress(2, 3)
    chosen = posterior[posterior["posterior"] >= run.config.label.threshold]
    if chosen.empty:
        raise InputError(
            f"no pair reaches the posterior {run.config.label.threshold} of [label] threshold "
            f"(the highest is {posterior['posterior'].max():.6f}); lower the threshold"
        )
    labels = LabelMatrix.from_pairs(
        chosen["instance_id"],
        chosen["label_id"],
        instance_ids=instance_ids,
        label_ids=label_ids,
        confidence=chosen["posterior"].to_numpy(np.float32),
    )
    write_labels(folder, labels)
    with run.costs.part("write votes and posterior"):
        write_table(folder, "votes", votes.sort_values(_PAIR, kind="stable", ignore_index=True))
        write_table(folder, "posterior", posterior.sort_values(_PAIR, ignore_index=True))
    with run.costs.part("tables of sources"):
        _write_sources(run, folder, votes, posterior, ingested)
    write_json(folder, "label_model", {"name": fitted.name})
    write_table(folder, "label_models", fitted.losses)
    write_table(folder, "dependence", fitted.dependence)
    _count_bare(labels, report)
    _count_overturned(posterior, report)
    _count_lost_values(posterior, votes, ingested, run.config.label.threshold, report)
    _note_lone(chosen, votes, report)
    if fitted.unreviewed is not None:
        name, before = fitted.unreviewed
        before = close_upwards(before, table).astype(dict(votes[_PAIR].dtypes))
        names = (name, fitted.name)
        note_effect(before, posterior, votes, run.config.label.threshold, names, report)
    progress(3, 3)


def _count_overturned(posterior: pd.DataFrame, report: Report) -> None:
    several = posterior["votes_for"] + posterior["votes_against"] > 1
    for who, rows in (
        ("the label model", ~posterior["reviewed"]),
        ("a reviewer", posterior["reviewed"]),
    ):
        overturned = posterior[posterior["overturned"] & several & rows]
        report.count(
            f"pairs on which two sources or more agree and {who} says the opposite",
            len(overturned),
            _told_pairs(overturned),
        )
    torn = posterior["reviewed"] & (posterior["posterior"] == 0) & posterior["implied_by"].notna()
    report.count(
        "pairs that a reviewer called absent while a label below them is likely",
        int(torn.sum()),
        _told_pairs(posterior[torn]),
    )


def _told_pairs(pairs: pd.DataFrame) -> list[str]:
    return [f"{p.instance_id} / {p.label_id}" for p in pairs.head(MAX_EXAMPLES).itertuples()]


def _count_lost_values(
    posterior: pd.DataFrame,
    votes: pd.DataFrame,
    ingested: Artefact,
    threshold: float,
    report: Report,
) -> None:
    """Count the queries that are nothing but the name of a label, and are not given it."""
    texts = ingested.table("instances", columns=["instance_id", "text"])
    is_whole = (votes["source"] == DICTIONARY) & (votes["level"] == WHOLE)
    named = votes.loc[is_whole, [*_PAIR, "detail"]].astype("str").merge(texts)
    named = named[named["detail"] == named["text"].map(normalise)]
    low = (posterior["posterior"] < threshold) & ~posterior["reviewed"]
    low &= posterior["instance_id"].isin(named["instance_id"])
    lost = named.merge(posterior[low].astype(dict.fromkeys(_PAIR, "str")))
    report.count(
        "queries that are a value's name and lose its label to other sources",
        len(lost),
        [f"{p.text} / {p.label_id} ({p.posterior:.2f})" for p in lost.head().itertuples()],
    )


def _note_lone(chosen: pd.DataFrame, votes: pd.DataFrame, report: Report) -> None:
    """Say on how many given pairs a single source has voted for, and which."""
    lone = chosen.loc[chosen["votes_for"] == 1, _PAIR]
    rows, columns = (lone[name].cat for name in _PAIR)
    pairs = csr_array(
        (np.ones(len(lone), bool), (rows.codes, columns.codes)),
        shape=(len(rows.categories), len(columns.categories)),
    )
    pairs.sort_indices()
    for_ = votes[votes["level"] > AGAINST]
    voted, on = (for_[name].cat.codes.to_numpy() for name in _PAIR)
    is_lone = pairs_in(pairs, voted, on) >= 0
    shares = for_["source"][is_lone].astype("str").value_counts() / len(chosen)
    told = ", ".join(f"{source} {share:.0%}" for source, share in shares.items())
    advice = (
        "; what a source says alone no other can check: review a sample, see workbench audit"
        if len(lone) > _MANY_LONE * len(chosen)
        else ""
    )
    report.note(
        f"{len(chosen) / chosen['instance_id'].nunique():.1f} given pairs an instance that has "
        f"any; {len(lone) / len(chosen):.0%} of them rest on one source alone"
        + (f" ({told})" if told else "")
        + advice
    )


def _write_sources(
    run: Run, folder: Path, votes: pd.DataFrame, posterior: pd.DataFrame, ingested: Artefact
) -> None:
    instance_ids, _ = _axes(ingested)
    labels = ingested.table("labels", columns=["label_id", "attribute"])
    tables = make_source_tables(
        votes, posterior, labels, n_instances=len(instance_ids), groups=all_groups(run.config.label)
    )
    for name, frame in tables.by_name().items():
        write_table(folder, name, frame)


def _axes(ingested: Artefact) -> tuple[pd.Index, pd.Index]:
    instances = ingested.table("instances", columns=["instance_id"])
    labels = ingested.table("labels", columns=["label_id"])
    return pd.Index(instances["instance_id"]), pd.Index(labels["label_id"])


def _count_bare(labels: LabelMatrix, report: Report) -> None:
    bare = np.diff(labels.values.indptr) == 0
    report.count(
        "instances without a given label", int(bare.sum()), labels.instance_ids[bare][:5].tolist()
    )
    support, n_instances = labels.support(), labels.values.shape[0]
    everywhere = (
        "labels given to every instance, so that nothing tells a wrong one from a right one"
    )
    for what, found in (
        ("labels given to no instance", support == 0),
        (everywhere, (support == n_instances) & (n_instances > 1)),
    ):
        report.count(what, int(found.sum()), labels.label_ids[found][:5].tolist())
