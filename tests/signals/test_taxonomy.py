import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.taxonomy import make_taxonomy, read_taxonomy, taxonomy_from_paths


def tree(*rows):
    frame = pd.DataFrame(rows, columns=["category_id", "parent_id", "name"], dtype="str")
    return make_taxonomy(frame, name="taxonomy.csv")


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, **options):
        path = tmp_path / "taxonomy.csv"
        path.write_text(content, encoding="utf-8")
        return read_taxonomy(ibis.duckdb.connect(), path, report=Report(), **options)

    return write_and_read


def test_paths_and_parents_are_labels():
    taxonomy = tree(("1", None, "Shoes"), ("2", "1", "Sneakers"))
    assert taxonomy.categories.to_dict("list") == {
        "category_id": ["1", "2"],
        "label_id": ["Category: Shoes", "Category: Shoes > Sneakers"],
        "name": ["Shoes", "Sneakers"],
        "path": ["Shoes", "Shoes > Sneakers"],
        "parent_id": [pytest.approx(float("nan"), nan_ok=True), "Category: Shoes"],
    }


def test_children_may_come_before_their_parents():
    taxonomy = tree(("2", "1", "Sneakers"), ("1", None, "Shoes"))
    assert taxonomy.categories["path"].tolist() == ["Shoes > Sneakers", "Shoes"]


def test_several_roots_are_fine():
    assert len(tree(("1", None, "Shoes"), ("2", "", "Bags")).categories) == 2


def test_ancestors_reach_the_root():
    taxonomy = taxonomy_from_paths(["A > B > C"])
    pairs = set(taxonomy.ancestors.itertuples(index=False, name=None))
    assert pairs == {
        ("Category: A > B", "Category: A"),
        ("Category: A > B > C", "Category: A"),
        ("Category: A > B > C", "Category: A > B"),
    }


def test_lineages_are_the_ancestors_and_each_category_itself():
    taxonomy = taxonomy_from_paths(["A > B", "C"])
    assert len(taxonomy.lineages) == len(taxonomy.ancestors) + 3


@pytest.mark.parametrize("text", ["2", "Shoes > Sneakers", "SHOES>sneakers", "ｓneakers"])
def test_category_is_found_by_key_path_or_name(text):
    taxonomy = tree(("1", None, "Shoes"), ("2", "1", "Sneakers"))
    assert taxonomy.find(text) == "Category: Shoes > Sneakers"


def test_name_that_two_categories_share_finds_none():
    taxonomy = taxonomy_from_paths(["Men > Shoes", "Women > Shoes"])
    assert taxonomy.find("shoes") is None


def test_most_frequent_spelling_names_a_category():
    taxonomy = taxonomy_from_paths(["shoes>boots", "Shoes > Boots", "Shoes > Boots"])
    assert taxonomy.categories["path"].tolist() == ["Shoes", "Shoes > Boots"]


names = st.sampled_from(["a", "A", "b", "c"])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(names, min_size=1, max_size=3).map(" > ".join), min_size=1), st.randoms())
def test_order_of_paths_does_not_matter(paths, random):
    shuffled = random.sample(paths, len(paths))
    one, other = taxonomy_from_paths(paths), taxonomy_from_paths(shuffled)
    pd.testing.assert_frame_equal(one.categories, other.categories)


def test_circle_is_shown():
    with pytest.raises(InputError, match=r"found 1 circle .child → parent: a → b → c → a"):
        tree(("a", "b", "A"), ("b", "c", "B"), ("c", "a", "C"), ("d", "a", "D"))


def test_category_cannot_be_its_own_parent():
    with pytest.raises(InputError, match="a → a"):
        tree(("a", "a", "A"))


def test_missing_parent_is_named():
    with pytest.raises(InputError, match=r"found 1 that are not .'2' names '9'.; add the parent"):
        tree(("1", None, "Shoes"), ("2", "9", "Sneakers"))


def test_all_complaints_come_at_once():
    with pytest.raises(InputError, match=r"(?s)that are not.*circle.*must not contain '>'"):
        tree(("a", "a", "A"), ("b", "z", "B > C"))


def test_twins_under_one_parent_are_refused():
    with pytest.raises(InputError, match=r"'Shoes' is '1' and '2'.; rename or merge them"):
        tree(("1", None, "Shoes"), ("2", None, "SHOES"))


def test_file_brings_translations(read):
    taxonomy = read("category_id,parent_id,name,name_ja\n1,,Shoes,靴\n2,1,Boots,\n")
    assert taxonomy.names.to_numpy().tolist()[:2] == [
        ["Category: Shoes", "Shoes", pytest.approx(float("nan"), nan_ok=True)],
        ["Category: Shoes > Boots", "Boots", pytest.approx(float("nan"), nan_ok=True)],
    ]
    assert taxonomy.names.to_numpy().tolist()[2:] == [["Category: Shoes", "靴", "ja"]]


def test_translation_column_can_be_mapped(read):
    content = "category_id,parent_id,name,名前\n1,,Shoes,靴\n"
    assert read(content, columns={"name_ja": "名前"}).names["alias"].tolist() == ["Shoes", "靴"]


def test_file_of_paths_is_read(read):
    assert read("path\nShoes > Boots\n").categories["path"].tolist() == ["Shoes", "Shoes > Boots"]


def test_duplicate_keys_are_named(read):
    with pytest.raises(InputError, match=r"'category_id' must be unique.*'1' 2 times"):
        read("category_id,parent_id,name\n1,,Shoes\n1,,Bags\n")
