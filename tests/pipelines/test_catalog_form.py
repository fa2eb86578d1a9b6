import json
import re

import pandas as pd
import pytest

from pipelines.catalog_form import find_catalog_form
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.init import InitRequest, init_workspace
from pipelines.stages import Run
from workbench.errors import InputError


@pytest.fixture
def find(tmp_path):
    def write_and_find(content, name="items.jsonl"):
        path = tmp_path / name
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text + "\n", encoding="utf-8", newline="")
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


def test_a_catalog_of_two_kinds_of_line_ends_names_the_lines(find):
    rows = "".join(f"{i},a,b\r\n" for i in range(300))
    with pytest.raises(InputError, match=r"one kind of line end\), found 300 other lines \(line 2"):
        find("id,title,brand\n" + rows, "items.csv")


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


RECORDS = [
    {
        "sku": f"P{i}",
        "product_name": f"Trail shoe {i}",
        "product_type": "Shoes > Boots",
        "brand": "ABCD"[i % 4],
        "specs": {
            "Size": f"{26 + i % 3} cm",
            "Year": 2019 + i % 2,
            "Capacity": "128 GB",
            "Last change": 63903513 + i % 2,
            "Page": f"https://x.example/{i % 6}",
            "GTIN": 4006381333931 + i,
            "price": 20 + i % 5,
        },
    }
    for i in range(30)
]
FLAT = [{k: v for k, v in r.items() if k != "specs"} | r["specs"] for r in RECORDS]
FORMS = {
    "items.jsonl": lambda: "\n".join(map(json.dumps, RECORDS)) + "\n",
    "items.csv": lambda: pd.DataFrame(FLAT).to_csv(index=False),
    "long.csv": lambda: pd.DataFrame(FLAT).melt("sku", var_name="attribute").to_csv(index=False),
}


@pytest.fixture(params=FORMS)
def set_up(request, tmp_path, capsys):
    """One catalog in each form, set up and read: the settings, what was printed, the labels."""
    (tmp_path / request.param).write_text(FORMS[request.param](), encoding="utf-8")
    (tmp_path / "clicks.csv").write_text("user_query,object_id,clicks\nq,P1,1\n")
    named = InitRequest(clicks=tmp_path / "clicks.csv", catalog=tmp_path / request.param)
    workspace = init_workspace(tmp_path / "w", named, Terminal())
    config = read_config(workspace.config_path)
    with workspace.lock():
        ingested = ingest(Run(workspace, config, Terminal(quiet=True)))
    printed = capsys.readouterr().out
    return config.inputs.catalog, printed, ingested.table("labels")["label_id"].tolist()


def test_a_catalog_makes_the_same_labels_whatever_its_form(set_up):
    settings, _, labels = set_up
    assert (settings.min_support, settings.units) == (1, {"Size": "cm"})
    # A long table names its attributes itself, even in lower case.
    assert sorted(label.replace("brand", "Brand") for label in labels) == [
        *(f"Brand: {letter}" for letter in "ABCD"),
        "Capacity: 128 GB",
        "Category: Shoes",
        "Category: Shoes > Boots",
        *(f"Size: {n}.0cm" for n in (26, 27, 28)),
        "Year: 2019",
        "Year: 2020",
    ]


def test_every_guess_is_printed_whatever_the_form(set_up):
    printed = set_up[1]
    for line in (
        r"read: .*'sku', title from .*'product_name', category from .*'product_type'",
        r"left out, about the offer: .*GTIN'.*price'",
        r"left out( by the run)?, long numbers: 'Last change'",
        r"left out( by the run)?, links or names of files: 'Page'",
        r"one value an item \(exclusive\): [Bb]rand, Size",
        r"unit of plain numbers \(units\): Size in cm",
        "min_support = 1, for 4 attributes: one item is enough for a label",
    ):
        assert re.search(line, printed), line


def test_sizes_have_no_unit_where_none_says_so(find):
    assert find({"id": 1, "title": "a", "size": 63})["units"] == {}


def test_as_many_columns_as_nobody_looks_at_need_more_items_a_value(find):
    form = find({"id": 1, "title": "a"} | {f"c{i}x": "red" for i in range(20)})
    assert (len(form["attributes"]), form["min_support"]) == (20, 5)


def test_fields_of_an_object_that_is_no_list_of_offers_keep_their_names(find):
    form = find({"id": 1, "title": "a", "maker": {"name": "Nike", "url": "https://n.example"}})
    assert (form["patterns"], form["without"]) == (["maker.*"], ["maker.url"])
