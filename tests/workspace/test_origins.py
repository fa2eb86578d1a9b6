import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from workbench.matrices import LabelMatrix
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_arrow, write_labels, write_table
from workbench.workspace.automatic import AUTOMATIC
from workbench.workspace.origins import find_origins

IDS, LABELS = pd.Index(["q1", "q2"]), pd.Index(["a", "b", "c", "d"])
PAIRS = ["instance_id", "label_id"]


def matrix(*pairs):
    frame = pd.DataFrame(pairs, columns=PAIRS)
    return LabelMatrix.from_pairs(*map(frame.get, PAIRS), instance_ids=IDS, label_ids=LABELS)


def publish(workspace, parent, labels, made_by="decisions", **tables):
    fingerprint = str(len(workspace.label_versions()))
    about = {"made_by": made_by}
    with workspace.publish_labels(parent, fingerprint, about) as (name, folder):
        write_labels(folder, labels)
        for table, frame in tables.items():
            write_arrow(folder, table, pa.Table.from_pandas(frame, preserve_index=False))
    return workspace.label_version(name)


@pytest.fixture
def workspace(tmp_path):
    made = Workspace.create(tmp_path / "shop", "[workspace]\n")
    posterior = pd.DataFrame(
        {
            "instance_id": ["q1", "q1", "q1", "q2"],
            "label_id": ["a", "b", "c", "d"],
            "posterior": [0.75, 1.0, 0.875, 0.25],
            "implied_by": pd.array([None, None, "a", None], "str"),
            "reviewed": [False, True, False, False],
        }
    )
    with made.publish("label", "0", {}) as folder:
        write_table(folder, "posterior", posterior)
    return made


@pytest.fixture
def base(workspace):
    return publish(workspace, None, matrix(("q1", "a"), ("q1", "b"), ("q1", "c")), "dawid_skene")


def origins_of(workspace, version):
    found = find_origins(workspace, version)
    pairs = version.labels().to_frame()[PAIRS].agg(" ".join, axis=1)
    names = [found.names[code] for code in found.codes]
    since = [found.versions[number] for number in found.since]
    return dict(zip(pairs, zip(names, since, strict=True), strict=True)), found


def test_pairs_of_the_signals_say_what_made_them(workspace, base):
    told, found = origins_of(workspace, base)
    assert [name for name, _ in told.values()] == ["signals", "file", "closure"]
    assert found.posterior.tolist() == [0.75, 1.0, 0.875]
    assert found.people is None


def test_a_version_without_a_table_of_decisions_says_decision(workspace, base):
    child = publish(workspace, base, matrix(("q1", "a"), ("q2", "d"), ("q2", "a")))
    told, found = origins_of(workspace, child)
    assert told["q1 a"] == ("signals", "v1")
    assert told["q2 d"] == told["q2 a"] == ("decision", "v2")
    assert np.array_equal(found.posterior, [0.75, np.nan, 0.25], equal_nan=True)


def test_automatic_corrections_are_told_from_decisions(workspace, base):
    made = pd.DataFrame({"instance_id": ["q2"], "label_id": ["d"], "verdict": ["present"]})
    tables = {AUTOMATIC: made}
    child = publish(workspace, base, matrix(("q2", "c"), ("q2", "d")), **tables)
    told, _ = origins_of(workspace, child)
    assert told == {"q2 c": ("decision", "v2"), "q2 d": ("automatic", "v2")}


def test_the_table_of_decisions_says_who(workspace, base):
    decisions = pd.DataFrame(
        {
            "instance_id": ["q1", "q2", "q2", "q1"],
            "label_id": ["a", "a", "b", "b"],
            "effect": ["confirmed", "added", "added", "removed"],
            "settled_by": ["person", "adjudicator", "closure", "person"],
            "reviewers": [["mika", "ben"], ["ada"], None, ["mika"]],
        }
    )
    child = publish(
        workspace, base, matrix(("q1", "a"), ("q2", "a"), ("q2", "b")), decisions=decisions
    )
    told, found = origins_of(workspace, child)
    assert [name for name, _ in told.values()] == ["person", "adjudicator", "closure"]
    assert [None if who is None else list(who) for who in found.people] == [
        ["mika", "ben"],
        ["ada"],
        None,
    ]


def test_what_is_put_back_comes_from_the_inputs_again(workspace, base):
    without = publish(workspace, base, matrix(("q1", "a")))
    decisions = pd.DataFrame(
        {
            "instance_id": ["q1"],
            "label_id": ["b"],
            "effect": ["added"],
            "settled_by": ["verdict taken back"],
            "reviewers": [None],
        }
    )
    child = publish(workspace, without, matrix(("q1", "a"), ("q1", "b")), decisions=decisions)
    told, _ = origins_of(workspace, child)
    assert told["q1 b"] == ("signals", "v3")


def test_a_label_stage_that_is_gone_says_no_posterior(tmp_path):
    workspace = Workspace.create(tmp_path / "shop", "[workspace]\n")
    imported = publish(workspace, None, matrix(("q1", "a")), "import")
    told, found = origins_of(workspace, imported)
    assert told == {"q1 a": ("import", "v1")}
    assert np.isnan(found.posterior).all()


def test_a_version_after_one_without_any_pair_has_them_from_decisions(workspace, base):
    nothing = pd.DataFrame(
        {"instance_id": [], "label_id": [], "effect": [], "settled_by": [], "reviewers": []},
        dtype="str",
    )
    emptied = publish(workspace, base, matrix(), decisions=nothing)
    child = publish(workspace, emptied, matrix(("q2", "a")))
    told, found = origins_of(workspace, child)
    assert told == {"q2 a": ("decision", "v3")}
    assert found.people == [None]
