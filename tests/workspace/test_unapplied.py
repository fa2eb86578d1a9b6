import pandas as pd
import pytest

from workbench.review.apply import apply_decisions
from workbench.workspace import Workspace, find_unapplied
from workbench.workspace.arrays import write_labels, write_table

NOTHING = pd.DataFrame({name: [] for name in ("instance_id", "label_id", "verdict")}, dtype="str")
DECIDED = pd.DataFrame(
    [("socks", "Color: Red", "present"), ("nike red", "Color: Red", "absent")], columns=[*NOTHING]
)
CORRECTED = pd.DataFrame([("blue bag", "Color: Blue", "absent")], columns=[*NOTHING])


@pytest.fixture
def workspace(tmp_path):
    return Workspace.create(tmp_path / "shop", "")


def publish(workspace, labels, parent=None, corrected=None):
    source = None if parent is None else workspace.label_version(parent)
    about = {} if corrected is None else {"automatic": {"n": len(corrected)}}
    with workspace.publish_labels(source, "f", about) as (name, folder):
        write_labels(folder, labels)
        if corrected is not None:
            write_table(folder, "automatic", corrected)
    workspace.make_current({"base": workspace.label_version(name).base})


def test_decisions_that_were_not_applied_yet_are_counted(workspace, given):
    publish(workspace, given)
    found = find_unapplied(workspace, DECIDED)
    assert found.told() == "labels v1 do not hold 2 decided pairs yet"


def test_labels_that_hold_all_decisions_lack_nothing(workspace, given):
    publish(workspace, given)
    publish(workspace, apply_decisions(given, DECIDED).labels, "v1")
    assert find_unapplied(workspace, DECIDED).told() == ""


@pytest.fixture
def anew(workspace, given):
    """Labels v3, made anew without the decisions and the correction of v2."""
    publish(workspace, given)
    both = pd.concat([DECIDED, CORRECTED])
    publish(workspace, apply_decisions(given, both).labels, "v1", CORRECTED)
    publish(workspace, given)
    return workspace


def test_labels_made_anew_lack_decisions_and_automatic_corrections(anew):
    found = find_unapplied(anew, DECIDED)
    assert found.n_automatic == len(CORRECTED)
    assert found.told() == (
        "labels v3 were made anew from the inputs, without what was applied in v2: "
        "they do not hold 2 decided pairs"
    )


def test_lacking_corrections_alone_are_no_lack_of_decisions(anew):
    found = find_unapplied(anew, NOTHING)
    assert (found.n_automatic, found.told()) == (1, "")


def test_corrections_that_were_taken_back_are_not_missed(workspace, given):
    publish(workspace, given)
    publish(workspace, apply_decisions(given, CORRECTED).labels, "v1", CORRECTED)
    about = {"undid_automatic": 1}
    with workspace.publish_labels(workspace.label_version("v2"), "f", about) as (_, folder):
        write_labels(folder, given)
    publish(workspace, given)
    assert find_unapplied(workspace, NOTHING).n_automatic == 0


def test_pairs_that_are_not_on_the_axes_are_not_lacking(workspace, given):
    publish(workspace, given)
    elsewhere = pd.DataFrame([("no such query", "Color: Red", "present")], columns=[*NOTHING])
    assert find_unapplied(workspace, elsewhere).n_decided == 0
