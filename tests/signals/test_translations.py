import os
from pathlib import Path

import ibis
import pytest

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.aliases import make_aliases
from workbench.signals.empty_words import EMPTY_WORDS, EmptyWords
from workbench.signals.keyed_lines import has_keyed_lines, read_keyed_lines
from workbench.signals.taxonomy import read_taxonomy
from workbench.signals.taxonomy_votes import read_applicability
from workbench.signals.translations import read_value_lines, translate_categories

DATA = Path(os.environ.get("WORKBENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))
SHOPIFY = DATA / "shopify_taxonomy"
TREE = "# a comment\n\ngid://x/C/aa   : Apparel\ngid://x/C/aa-1 : Apparel > Shoes\n"
JAPANESE = "gid://x/C/aa : 服\ngid://x/C/aa-1 : 服 > 靴\n"


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path / name

    return write_file


@pytest.fixture
def taxonomy(write):
    return read_taxonomy(ibis.duckdb.connect(), write("tree.txt", TREE), report=Report())


def test_lines_of_keys_and_paths_are_a_taxonomy(taxonomy):
    assert taxonomy.categories["category_id"].tolist() == ["aa", "aa-1"]
    assert taxonomy.categories["path"].tolist() == ["Apparel", "Apparel > Shoes"]
    assert taxonomy.find("gid://x/C/aa-1") == taxonomy.find("aa-1") == taxonomy.find("shoes")


def test_a_table_may_have_keys_and_paths_too(write, taxonomy):
    path = write("tree.csv", "category_id,path\naa-1,Apparel > Shoes\naa,Apparel\n")
    read = read_taxonomy(ibis.duckdb.connect(), path, report=Report())
    assert read.find("aa-1") == taxonomy.find("aa-1")


def test_a_path_without_the_one_above_is_an_orphan(write):
    path = write("tree.txt", TREE + "gid://x/C/hg-1 : Home > Lamps\n")
    with pytest.raises(InputError, match=r"found 1 that are not \('hg-1' names 'Home'\)"):
        read_taxonomy(ibis.duckdb.connect(), path, report=Report())


@pytest.mark.parametrize("name", ["ja.txt", "ja.csv"])
def test_names_are_joined_by_id(write, taxonomy, name):
    content = JAPANESE if name == "ja.txt" else "category_id,name\naa,服\naa-1,靴\n"
    paths = {"ja": write(name, content)}
    names = translate_categories(taxonomy, paths, ibis.duckdb.connect(), report=Report()).names
    japanese = names.loc[names["locale"] == "ja", ["label_id", "alias"]].to_numpy().tolist()
    assert japanese == [["Category: Apparel", "服"], ["Category: Apparel > Shoes", "靴"]]


def test_names_of_other_categories_and_missing_names_are_counted(write, taxonomy):
    paths = {"ja": write("ja.txt", "aa-1 : 服 > 靴\nzz : 家\n")}
    report = Report()
    translate_categories(taxonomy, paths, ibis.duckdb.connect(), report=report)
    assert report.counted("ja.txt: names of categories that are not in the taxonomy") == 1
    assert report.counted("ja.txt: categories without a name") == 1


def test_names_of_nothing_known_are_refused(write, taxonomy):
    with pytest.raises(InputError, match="none of its 1 keys is a category"):
        translate_categories(
            taxonomy, {"ja": write("ja.txt", "zz : 家\n")}, ibis.duckdb.connect(), report=Report()
        )


def test_values_of_one_key_are_aliases(write):
    own = write("values.txt", "v/1 : Red [Color]\nv/2 : 1:10 [Scale]\nv/3 : Blue [Color]\n")
    other = write("ja_values.txt", "v/1 : 赤 [色]\nv/9 : 緑 [色]\n")
    report = Report()
    aliases = make_aliases(read_value_lines(own, {"ja": other}, report=report))
    assert aliases.find("Color", "赤") == "Red"
    assert aliases.find("Scale", "1:10") == "1:10"
    assert report.counted("ja_values.txt: values whose key values.txt does not have") == 1
    assert report.counted("ja_values.txt: values of values.txt without a name") == 2


def test_a_value_without_its_attribute_is_named(write):
    path = write("values.txt", "v/1 : Red\n")
    with pytest.raises(InputError, match=r"must be 'value \[Attribute\]', found 1 other \('Red'\)"):
        read_value_lines(path, {}, report=Report())


def test_lines_that_are_no_key_and_text_are_named(write):
    path = write("tree.txt", TREE + "what is this\ngid://x/C/aa : Again\n")
    with pytest.raises(InputError, match=r"line 5: 'what is this'.*once.*line 6: 'gid://x/C/aa'"):
        read_keyed_lines(path, report=Report())


def test_such_lines_are_left_out_and_counted(write):
    report = Report()
    path = write("tree.txt", TREE + "what is this\ngid://x/C/aa : Again\n")
    lines = read_keyed_lines(path, bad_rows="skip", report=report)
    assert lines["text"].tolist() == ["Apparel", "Apparel > Shoes"]
    assert sum("lines left out" in line for line in report.lines()) == 2


def test_a_table_with_tabs_is_not_taken_for_lines_of_keys(write):
    assert not has_keyed_lines(write("tree.txt", "category_id\tparent_id\tname\na\t\tShoes\n"))


def test_a_list_of_attributes_applies_to_its_category(write, taxonomy):
    path = write(
        "attributes.jsonl",
        '{"id": "aa", "attributes": ["color", "target_gender"]}\n'
        '{"id": "aa-1", "attributes": ["heel/sole_height", "aroma"]}\n'
        '{"id": "zz", "attributes": []}\n{"id": "yy", "attributes": ["color"]}\n',
    )
    report = Report()
    found = read_applicability(
        ibis.duckdb.connect(),
        path,
        taxonomy,
        attributes=["Color", "Target gender", "Heel/Sole height"],
        report=report,
    )
    assert found.to_numpy().tolist() == [
        ["Color", "Category: Apparel"],
        ["Target gender", "Category: Apparel"],
        ["Heel/Sole height", "Category: Apparel > Shoes"],
    ]
    assert report.counted("attributes.jsonl: attributes that no item has") == 1
    assert report.counted("attributes.jsonl: categories not in the taxonomy") == 1


@pytest.mark.skipif(not SHOPIFY.exists(), reason="shopify_taxonomy is not here; set WORKBENCH_DATA")
def test_every_category_of_shopify_has_a_japanese_name_and_all_its_ancestors():
    connection, report = ibis.duckdb.connect(), Report()
    taxonomy = read_taxonomy(connection, SHOPIFY / "categories.txt", report=report)
    paths = {"ja": SHOPIFY / "ja_categories.txt"}
    taxonomy = translate_categories(taxonomy, paths, connection, report=report)
    assert (taxonomy.names["locale"] == "ja").sum() == len(taxonomy.categories) == 10_595
    depths = taxonomy.categories["path"].str.count(">")
    assert len(taxonomy.ancestors) == depths.sum()
    assert not any("without a name" in line for line in report.lines())


@pytest.mark.skipif(not SHOPIFY.exists(), reason="the taxonomy is not here; set WORKBENCH_DATA")
def test_none_and_no_are_values_where_a_real_list_of_values_has_them():
    rows = read_value_lines(SHOPIFY / "attribute_values.txt", {}, report=Report())
    words = EmptyWords(EMPTY_WORDS, make_aliases(rows))
    assert not words.include("Closure type", "none")
    assert words.include("Pattern", "none")
    kept = {name for name in rows["attribute"].unique() if not words.include(name, "None")}
    assert kept == {"Personalization options", "Closure type", "Graphics card type"}
