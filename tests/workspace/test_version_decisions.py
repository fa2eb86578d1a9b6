import pandas as pd
import pytest

from workbench.matrices import LabelMatrix
from workbench.workspace import Workspace
from workbench.workspace.arrays import write_labels
from workbench.workspace.version_decisions import made_on_filled, signals_on

LABELS = pd.Index(["red", "blue"])


def labels_of(*pairs, instances=("q", "r")):
    return LabelMatrix.from_pairs(
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs],
        instance_ids=pd.Index(instances),
        label_ids=LABELS,
    )


def decided(verdict, made_on, pair=("q", "red")):
    row = [(*pair, verdict, made_on)]
    return pd.DataFrame(row, columns=["instance_id", "label_id", "verdict", "made_on"])


@pytest.fixture
def workspace(tmp_path):
    """Labels v1 and v2 from the inputs: 'q' was red and is blue, 'r' was and is red."""
    workspace = Workspace.create(tmp_path / "w", "")
    for n, labels in enumerate(
        (labels_of(("q", "red"), ("r", "red")), labels_of(("q", "blue"), ("r", "red")))
    ):
        with workspace.publish_labels(None, f"f{n}", {"n_given": labels.n_given}) as (_, folder):
            write_labels(folder, labels)
    return workspace


@pytest.mark.parametrize(
    ("pair", "verdict", "made_on", "told"),
    [
        (("q", "red"), "present", "v1", "turned against"),
        (("q", "red"), "absent", "v1", "came round"),
        (("r", "red"), "absent", "v1", "against again"),
        (("r", "red"), "present", "v1", "agree"),
        (("r", "red"), "absent", "v2", "against"),
        (("r", "red"), "absent", "v9", "against"),
        (("r", "red"), "unsure", "v1", None),
        (("x", "red"), "absent", "v1", None),
    ],
)
def test_signals_say_what_they_said_and_say_of_a_verdict(workspace, pair, verdict, made_on, told):
    newest = workspace.label_version("v2")
    assert signals_on(workspace, newest, decided(verdict, made_on, pair)).tolist() == [told]


def test_a_verdict_of_unknown_labels_was_made_on_those_it_is_applied_to(workspace):
    newest = workspace.label_version("v2")
    assert made_on_filled(decided("absent", None), newest, None).tolist() == ["v2"]
    assert made_on_filled(decided("absent", "v1"), newest, None).tolist() == ["v1"]
