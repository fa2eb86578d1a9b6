"""A workspace with as many issues as one likes, and nothing known but their texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from workbench.matrices import LabelMatrix
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_json, write_labels, write_table

MADE = "2026-01-04T09:00:00+00:00"


def write_crowd(
    root: Path,
    *,
    n_instances: int,
    n_labels: int,
    per_instance: int,
    pattern_id: str | None = None,
) -> Workspace:
    """Write a workspace in which every instance has its given labels flagged as wrong.

    With ``pattern_id`` all of them are one pattern.
    """
    workspace = Workspace.create(root, '[workspace]\nname = "crowd"\n')
    instance_ids = np.array([f"query {n:07}" for n in range(n_instances)], object)
    label_ids = np.array([f"Brand: value {n:06}" for n in range(n_labels)], object)
    rows = np.repeat(np.arange(n_instances), per_instance)
    columns = (rows * 7 + np.tile(np.arange(per_instance), n_instances) * 13) % n_labels
    given = csr_array((np.ones(len(rows), bool), (rows, columns)), shape=(n_instances, n_labels))
    labels = LabelMatrix(
        given, pd.Index(instance_ids, dtype="str"), pd.Index(label_ids, dtype="str")
    )
    about = pd.DataFrame({"label_id": label_ids, "attribute": "Brand", "path": None})
    about = about.assign(value=about["label_id"].str[7:], parent_id=None).astype("str")
    issues = pd.DataFrame({"instance_id": instance_ids[rows], "label_id": label_ids[columns]})
    ranks = np.arange(1, len(issues) + 1)
    issues = issues.astype("str").assign(
        kind="wrong",
        given=True,
        score=np.float32(0.1),
        threshold=np.float32(0.5),
        label_quality=(ranks / (len(ranks) + 1)).astype("float32"),
        rank=ranks,
        reason="The model gives it 0.10.",
        pattern_id=pd.Series(pattern_id, index=issues.index, dtype="str"),
        gain_rank=ranks,
    )
    instances = pd.DataFrame({"instance_id": instance_ids, "text": instance_ids}).astype("str")
    instances = instances.assign(split="train", weight=1)
    no_clicks = pd.DataFrame({"instance_id": [], "item_id": [], "clicks": []}, dtype="str")
    tables = {
        "ingest": {"instances": instances, "labels": about, "clicks": no_clicks},
        "flag": {"issues": issues},
    }
    if pattern_id is not None:
        pattern = {"pattern_id": pattern_id, "kind": "wrong", "cause": "label"}
        pattern |= {"description": "All of the crowd", "label_id": label_ids[0], "cause_name": ""}
        counts = {"n_issues": len(issues), "n_pairs": len(issues), "expected_errors": 50.0}
        counts |= {"expected_precision": 0.9, "lift": 4.0, "gain": 1.0}
        tables["flag"]["patterns"] = pd.DataFrame([pattern | counts])
    version = {"made_by": "import", "created_at": MADE, "n_given": len(rows)}
    with workspace.publish_labels(None, "p1", version) as (_, folder):
        write_labels(folder, labels)
    for stage, of_stage in tables.items():
        manifest = {"label_version": "v1", "created_at": MADE}
        with workspace.publish(stage, f"{stage}-one", manifest) as folder:
            for name, frame in of_stage.items():
                write_table(folder, name, frame)
            if stage == "ingest":
                write_json(folder, "report", {"counts": {}, "notes": []})
        workspace.make_current({stage: f"{stage}-one"})
    return workspace
