"""The labels that models are measured against, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.config import Config
from pipelines.reading import read_configured
from pipelines.stages import Run
from workbench.errors import InputError
from workbench.matrices import LabelMatrix
from workbench.report import MAX_EXAMPLES, Report
from workbench.tables import Column, Contract
from workbench.text import normalise
from workbench.workspace import Workspace, sha256_of_file

TRUTH = Contract(
    "truth",
    (Column("instance_id", "text"), Column("label_id", "text")),
    key=("instance_id", "label_id"),
)


@dataclass(frozen=True)
class TestLabels:
    """What the test instances are held to carry.

    Parameters
    ----------
    labels : LabelMatrix
        One row a test instance.
    origin : str
        ``truth`` or the name of a label version.
    """

    __test__ = False  # not a test class

    labels: LabelMatrix
    origin: str

    @property
    def told(self) -> str:
        """What these labels are, in words."""
        if self.origin == "truth":
            return "the known truth"
        return f"labels {self.origin}, which may hold errors themselves"


def read_truth(run: Run, instance_ids: pd.Index, label_ids: pd.Index) -> LabelMatrix:
    """Return the known truth of some instances, on ``label_ids`` and the truth's further labels.

    Which instances the truth or the workspace lacks is told.

    Raises
    ------
    InputError
        If no truth is configured or none of it is about these instances.
    """
    source = run.config.inputs.truth
    if source is None:
        raise InputError(
            f"no truth is configured; name it in [inputs.truth] of {run.workspace.config_path}: "
            "path = a table instance_id, label_id of known correct labels"
        )
    every = read_configured(run, source.path, TRUTH, source.columns, Report())
    pairs = every[every["instance_id"].isin(instance_ids)]
    name, named = Path(source.path).name, pd.Index(every["instance_id"].unique())
    if pairs.empty:
        raise InputError(
            f"{name}: none of its instances is among the "
            f"{len(instance_ids):,} instances to measure on; check that both name "
            f"the instances alike{_in_normal_form(run, named, instance_ids)}"
        )
    _tell_lacking(run, name, named, instance_ids)
    further = pd.Index(sorted(set(pairs["label_id"]) - set(label_ids)), dtype="str")
    return LabelMatrix.from_pairs(
        pairs["instance_id"],
        pairs["label_id"],
        instance_ids=instance_ids,
        label_ids=label_ids.append(further),
    )


def _tell_lacking(run: Run, name: str, named: pd.Index, instance_ids: pd.Index) -> None:
    """Say of how many instances only the truth knows, and of how many it knows nothing."""
    ingested = run.workspace.artefact("ingest")
    known = pd.Index(ingested.table("instances", columns=["instance_id"])["instance_id"])
    unknown, without = named[~named.isin(known)], instance_ids[~instance_ids.isin(named)]
    if len(unknown):
        be = "is" if len(unknown) == 1 else "are"
        run.terminal.say(
            f"{name}: {len(unknown):,} of its {len(named):,} instances {be} not in the "
            f"workspace and {be} left out ({_shown(unknown)})"
            f"{_in_normal_form(run, unknown, known)}"
        )
    if len(without):
        run.terminal.say(
            f"{name}: {len(without):,} of the {len(instance_ids):,} instances to measure on "
            f"{'has' if len(without) == 1 else 'have'} no label in it ({_shown(without)})"
        )


def _in_normal_form(run: Run, unknown: pd.Index, known: pd.Index) -> str:
    """Return what to do if queries are named in another spelling than the workspace's."""
    if run.config.inputs.clicks is None:
        return ""
    found = pd.Index(unknown.map(normalise))
    there = found.isin(known)
    if not there.any():
        return ""
    return (
        f"; {int(there.sum()):,} of them would be if written in normal form, such as "
        f"'{found[there][0]}': an instance_id is the query after workbench.text.normalise"
    )


def _shown(instance_ids: pd.Index) -> str:
    return f"such as {', '.join(map(repr, instance_ids[:MAX_EXAMPLES]))}"


def choose_test_labels(
    run: Run, workspace: Workspace, wanted: str | None, instance_ids: pd.Index
) -> TestLabels:
    """Return the truth of the test instances, or else a label version's word on them.

    Parameters
    ----------
    wanted : str, optional
        ``truth`` or a label version; by default the truth where it is configured, else the
        newest version.
    instance_ids : Index
        The test instances.

    Raises
    ------
    InputError
        If the version knows nothing of some of them.
    """
    origin = wanted or _best_known(run.config, workspace)
    if origin != "truth":
        return TestLabels(_labels_of(workspace, origin, instance_ids), origin)
    label_ids = workspace.latest_labels().labels().label_ids
    return TestLabels(read_truth(run, instance_ids, label_ids), origin)


def _labels_of(workspace: Workspace, name: str, instance_ids: pd.Index) -> LabelMatrix:
    labels = workspace.label_version(name).labels()
    rows = labels.instance_ids.get_indexer(instance_ids)
    unknown = instance_ids[rows < 0]
    if len(unknown):
        raise InputError(
            f"labels {name} know nothing of {len(unknown):,} of the {len(instance_ids):,} test "
            f"instances ({_shown(unknown)}): they were made from other inputs; name other labels "
            "with --test-labels"
        )
    return labels.take_instances(rows.astype(np.int64))


def _best_known(config: Config, workspace: Workspace) -> str:
    return "truth" if config.inputs.truth is not None else workspace.latest_labels().name


def fingerprint_of_labels(run: Run, against: TestLabels) -> str:
    """Return a hash of the labels that models are measured against, as they are today."""
    if against.origin != "truth":
        return run.workspace.label_version(against.origin).artefact.fingerprint
    truth = run.config.inputs.truth
    assert truth is not None
    return sha256_of_file(run.path(truth.path))
