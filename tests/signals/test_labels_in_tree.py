import pandas as pd
import pytest

from pipelines.ingest_labels import labels_table
from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.labels_in_tree import parents_by_path, place_labels
from workbench.signals.taxonomy import make_taxonomy, taxonomy_from_paths


@pytest.fixture
def tree():
    rows = [("s", None, "Shoes"), ("o", "s", "Outdoor"), ("b", "o", "Boots"), ("t", None, "Totes")]
    frame = pd.DataFrame(rows, columns=["category_id", "parent_id", "name"], dtype="str")
    return make_taxonomy(frame, name="tree.csv")


def placed(names, tree, separator="=", category=None):
    report = Report()
    labels = labels_table(pd.Index(names), separator)
    labels, taxonomy = place_labels(labels, tree, category=category, report=report)
    return labels.set_index("label_id"), taxonomy, report


@pytest.mark.parametrize("boots", ["Boots", "b", "shoes > OUTDOOR > boots"])
def test_a_label_names_its_category_by_name_key_or_path(boots, tree):
    labels, _, _ = placed([f"category={boots}", "category=Shoes", "color=red"], tree)
    assert labels.loc[f"category={boots}", "parent_id"] == "category=Shoes"
    assert labels.loc[f"category={boots}", "path"] == "Shoes > Outdoor > Boots"
    assert labels["parent_id"].isna().tolist() == [False, True, True]


def test_what_the_other_side_lacks_is_counted_and_no_label_is_made(tree):
    labels, _, report = placed(["category=Boots", "category=Hats", "color=red"], tree)
    assert len(labels) == 3
    assert report.counted("labels that are not in the taxonomy, without a place in it") == 1
    assert report.counted("categories of the taxonomy that no label names") == 3


def test_the_taxonomy_goes_by_the_names_of_the_labels(tree):
    _, taxonomy, _ = placed(["category=Boots", "category=Shoes"], tree)
    assert taxonomy.find("b") == "category=Boots"
    above = taxonomy.ancestors.query("label_id == 'category=Boots'")["ancestor_id"]
    assert above.tolist() == ["Category: Shoes > Outdoor", "category=Shoes"]


def test_of_two_labels_of_one_category_the_first_has_the_place(tree):
    labels, _, report = placed(["category=Boots", "category=b", "category=Shoes"], tree)
    assert labels["parent_id"].notna().tolist() == [True, False, False]
    what = "labels of a category that another label names, without a place in the taxonomy"
    assert report.counted(what) == 1


def test_labels_without_attributes_are_all_looked_up(tree):
    labels, _, _ = placed(["Boots", "Shoes", "red"], tree, separator="")
    assert labels["parent_id"].dropna().to_dict() == {"Boots": "Shoes"}


@pytest.mark.parametrize(
    ("names", "separator", "category", "says"),
    [
        (["kind=Boots"], "=", None, r"no label has the attribute 'Category'.*\['kind'\]"),
        (["kind=Boots"], "=", "sort", r"no label has the attribute 'sort'"),
        (["Boots"], "", "kind", r"set \[inputs.labels\] attribute_separator"),
        (["category=Hats"], "=", None, r"none of the 1 labels .*'category=Hats'.*'Shoes'"),
    ],
)
def test_a_taxonomy_of_other_labels_is_refused(names, separator, category, says, tree):
    with pytest.raises(InputError, match=says):
        placed(names, tree, separator, category)


def test_the_attribute_of_the_categories_may_have_any_name(tree):
    labels, _, _ = placed(["kind=Boots", "kind=Shoes", "use=Totes"], tree, category="kind")
    assert labels["parent_id"].dropna().to_dict() == {"kind=Boots": "kind=Shoes"}
    assert pd.isna(labels.loc["use=Totes", "path"])


def test_labels_that_are_paths_make_a_tree_of_the_labels_there_are():
    names = ["Category: A > B > C", "Category: A", "Category: D > E", "price > 10"]
    assert parents_by_path(names) == {"Category: A > B > C": "Category: A"}
    table = labels_table(pd.Index(names), ": ")
    assert table["parent_id"].dropna().tolist() == ["Category: A"]


def test_a_taxonomy_of_paths_places_labels_that_are_paths():
    labels, _, _ = placed(
        ["Category: A", "Category: A > B"], taxonomy_from_paths(["a > b"]), separator=": "
    )
    assert labels["parent_id"].dropna().tolist() == ["Category: A"]
