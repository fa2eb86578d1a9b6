import pandas as pd
import pytest

from workbench.errors import MissingArtefactError
from workbench.ui import data
from workbench.ui.instances import GivenLabels, read_instances
from workbench.ui.overview import read_decided
from workbench.ui.snapshot import take_snapshot
from workbench.workspace import Workspace

QUERY = "ナイキ air force 白 26"


def read(snapshot, *instance_ids):
    labels = data.read_labels_table(snapshot, snapshot.key)
    given = GivenLabels(data.read_given(snapshot, snapshot.key), labels)
    return read_instances(snapshot, instance_ids, given)


def test_an_instance_has_its_rows_only(shop):
    snapshot = take_snapshot(shop.root)
    other, found = read(snapshot, "adidas blue 26", QUERY, "unknown")
    assert (found.weight, other.weight) == (41, 130)
    assert [row["clicks"] for row in found.clicks] == [28, 11, 2]
    assert found.clicks[0]["title"] == "Nike Air Force 1 '07 White 26cm"
    assert {row["instance_id"] for row in found.votes} == {QUERY}
    assert found.carriers["Brand: adidas"] == frozenset({"A3"})


def test_given_labels_come_in_the_order_of_the_label_table(shop):
    snapshot = take_snapshot(shop.root)
    (found,) = read(snapshot, QUERY)
    assert found.given[:2] == ["Category: Shoes", "Category: Shoes > Sneakers"]
    assert "Brand: Nike" not in found.given


@pytest.mark.parametrize(
    ("instance", "label", "score"),
    [
        (QUERY, "Brand: adidas", 0.04),
        (QUERY, "Brand: PUMA", None),
        ("unknown", "Brand: PUMA", None),
        (QUERY, "unknown", None),
    ],
)
def test_a_score_is_known_for_judged_pairs_only(instance, label, score, shop):
    snapshot = take_snapshot(shop.root)
    found = data.find_score(data.read_scores(snapshot, snapshot.key), instance, label)
    assert found == (None if score is None else pytest.approx(score))


def test_the_key_changes_with_an_artefact(shop):
    before = take_snapshot(shop.root)
    with shop.publish("flag", "flag-two", {"label_version": "v1"}) as folder:
        data.read_issues(before, before.key)
        before.stages["flag"].table("issues").to_parquet(folder / "issues.parquet")
    shop.make_current({"flag": "flag-two"})
    assert take_snapshot(shop.root).key != before.key


def test_a_table_that_is_not_there_is_empty(shop):
    assert take_snapshot(shop.root).table("ingest", "given_pairs").empty


def test_rows_are_counted_without_reading_them(shop):
    snapshot = take_snapshot(shop.root)
    assert data.count_rows(snapshot, "ingest", "instances") == 11


def test_no_store_is_made_by_looking(shop):
    assert read_decided(take_snapshot(shop.root))[0] == 0
    assert not shop.decisions_path.exists()


def test_a_folder_without_a_configuration_is_no_workspace(tmp_path):
    with pytest.raises(MissingArtefactError, match="is not a workspace"):
        take_snapshot(tmp_path)


def test_issues_without_labels_cannot_be_shown(empty_after_flag):
    with pytest.raises(MissingArtefactError, match="has no labels yet"):
        data.read_given(empty_after_flag, empty_after_flag.key)


@pytest.fixture
def empty_after_flag(tmp_path):
    workspace = Workspace.create(tmp_path / "bare", "")
    with workspace.publish("flag", "f", {}) as folder:
        pd.DataFrame().to_parquet(folder / "issues.parquet")
    workspace.make_current({"flag": "f"})
    return take_snapshot(workspace.root)
