import json

import pytest

from pipelines.catalog_form import find_catalog_form
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace


@pytest.fixture
def find(tmp_path):
    def write_and_find(content, name="items.jsonl"):
        path = tmp_path / name
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text + "\n", encoding="utf-8")
        return find_catalog_form(path).settings

    return write_and_find


def test_a_product_feed_gives_what_describes_the_item(find):
    header = (
        "g:id\tg:title\tg:description\tg:link\tg:price\tg:brand\tg:color\tg:size\tg:age_group\t"
        "g:google product category\tg:item_group_id\tg:custom_label_0"
    )
    form = find(header + "\n1\ta\tb\tc\t1\tNike\tRed\t26\tadult\tShoes\t1\tx", "feed.tsv")
    assert form["columns"] == {"id": "g:id", "title": "g:title"}
    assert form["category"] == "g:google product category"
    assert form["attributes"] == {
        "Brand": "g:brand",
        "Color": "g:color",
        "Size": "g:size",
        "Age group": "g:age_group",
    }


def test_many_columns_with_one_start_are_a_pattern(find):
    record = {"id": 1, "title": "a", "brand": "b"} | {f"attr_{i}": "x" for i in range(20)}
    form = find(record)
    assert (form["attributes"], form["patterns"]) == ({"Brand": "brand"}, ["attr_*"])
    assert form["min_support"] == 5


def test_a_start_that_splits_into_families_is_none_itself(find):
    record = {"id": 1, "title": "a"} | {f"attr_{k}_{i}": "x" for k in "tn" for i in range(20)}
    assert find(record)["patterns"] == ["attr_t_*", "attr_n_*"]


def test_a_few_columns_with_one_start_are_attributes(find):
    form = find({"id": 1, "title": "a", "heel_height": "x", "heel_shape": "y"})
    assert form["attributes"] == {"Heel height": "heel_height", "Heel shape": "heel_shape"}


@pytest.mark.parametrize("specs", [{"color": "Red", "size": 5}, [{"name": "Color", "value": "R"}]])
def test_an_object_and_a_list_of_names_are_a_pattern(find, specs):
    assert find({"id": 1, "title": "a", "specs": specs})["patterns"] == ["specs.*"]


def test_a_table_of_values_is_long(find):
    form = find("sku,attribute,value\n1,Color,Red", "values.csv")
    assert (form["form"], form["columns"]) == ("long", {"item_id": "sku"})


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "clicks.csv").write_text("user_query,object_id,clicks\nq,1,1\n")
    (tmp_path / "items.csv").write_text("item_id,attribute,value\n1,Color,Red\n")
    (tmp_path / "tree.txt").write_text("c/a : Shoes\n")
    (tmp_path / "ja_tree.txt").write_text("c/a : 靴\n", encoding="utf-8")
    (tmp_path / "old_tree.txt").write_text("c/a : Shoes\n")
    (tmp_path / "values.txt").write_text("v/1 : Red [Color]\n")
    (tmp_path / "ja_values.txt").write_text("v/1 : 赤 [色]\n", encoding="utf-8")
    (tmp_path / "categories_with_attributes.jsonl").write_text('{"id": "c/a", "attributes": []}\n')
    return tmp_path


def test_files_of_translations_and_applicability_are_found(shop):
    request = InitRequest(
        clicks=shop / "clicks.csv",
        catalog=shop / "items.csv",
        taxonomy=shop / "tree.txt",
        aliases=shop / "values.txt",
    )
    workspace = init_workspace(shop / "w", request, Terminal(quiet=True))
    inputs = read_config(workspace.config_path).inputs
    assert inputs.catalog.form == "long"
    assert inputs.taxonomy.translations == {"ja": "../ja_tree.txt"}
    assert inputs.taxonomy.attributes_path == "../categories_with_attributes.jsonl"
    assert inputs.aliases.translations == {"ja": "../ja_values.txt"}
