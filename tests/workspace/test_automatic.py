import pandas as pd
import pytest

from workbench.workspace import Workspace
from workbench.workspace.arrays import write_labels, write_table
from workbench.workspace.automatic import AUTOMATIC, made_so_far


def corrections(*instance_ids):
    rows = [(name, "Color: Red", "absent", "wrong", "Color", 0.5) for name in instance_ids]
    columns = ["instance_id", "label_id", "verdict", "kind", "attribute", "band"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def publish(tmp_path, given):
    """Publish the next labels of one lineage and return them."""
    workspace = Workspace.create(tmp_path / "shop", "")

    def add(corrected=None, **about):
        parent = workspace.latest_labels() if workspace.label_versions() else None
        with workspace.publish_labels(parent, "f", about) as (name, folder):
            write_labels(folder, given)
            if corrected is not None:
                write_table(folder, AUTOMATIC, corrected)
        return workspace, workspace.label_version(name)

    return add


def test_corrections_of_the_whole_lineage_stand_oldest_first(publish):
    publish()
    publish(corrections("socks"))
    publish()
    made = made_so_far(*publish(corrections("nike red")))
    assert made["instance_id"].tolist() == ["socks", "nike red"]


def test_what_was_made_before_it_was_all_taken_back_does_not_stand(publish):
    publish(corrections("socks"))
    publish(undid_automatic=1)
    newest = publish(corrections("nike red"))
    assert made_so_far(*newest)["instance_id"].tolist() == ["nike red"]
    assert made_so_far(*newest, undone=True)["instance_id"].tolist() == ["socks"]
