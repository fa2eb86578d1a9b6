import ibis
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.aliases import make_aliases
from workbench.signals.catalog import read_catalog, read_long_catalog
from workbench.signals.taxonomy import taxonomy_from_paths
from workbench.signals.values import ValueRules

RULES = ValueRules(separators=("/",), units={"Size": "cm"}, exclusive=("Size",))


@pytest.fixture(scope="module")
def connection():
    return ibis.duckdb.connect()


@pytest.fixture
def read(connection, tmp_path):
    """Write a wide catalog and read it; the report of the last call is `read.report`."""

    def write_and_read(content, attributes, **options):
        path = tmp_path / "items.csv"
        path.write_text(content, encoding="utf-8")
        write_and_read.report = Report()
        return read_catalog(
            connection,
            path,
            attributes=attributes,
            **{"rules": RULES, **options},
            report=write_and_read.report,
        )

    return write_and_read


def labels_of(catalog, item_id):
    carried = catalog.item_labels
    return carried.loc[carried["item_id"] == item_id, "label_id"].tolist()


def test_columns_become_labels(read):
    catalog = read(
        "id,title,brand,color\n1,Shoe,Nike,Red/Blue\n", {"Brand": "brand", "Color": "color"}
    )
    assert catalog.items.to_numpy().tolist() == [["1", "Shoe"]]
    assert labels_of(catalog, "1") == ["Brand: Nike", "Color: Blue", "Color: Red"]


def test_label_table_tells_attribute_and_value(read):
    labels = read("id,title,brand\n1,Shoe,Nike\n", {"Brand": "brand"}).labels
    assert list(labels.columns) == ["label_id", "attribute", "value", "path", "parent_id"]
    assert labels.iloc[0, :3].tolist() == ["Brand: Nike", "Brand", "Nike"]
    assert labels.iloc[0, 3:].isna().all()


def test_sizes_with_and_without_unit_are_one_label(read):
    catalog = read("id,title,size\n1,a,26\n2,b,26.0 cm\n3,c,M\n", {"Size": "size"})
    assert catalog.item_labels["label_id"].tolist() == ["Size: 26.0cm", "Size: 26.0cm", "Size: M"]


def test_category_comes_with_its_ancestors(read):
    taxonomy = taxonomy_from_paths(["Shoes > Boots", "Bags"])
    catalog = read("id,title,type\n1,a,shoes>boots\n", {}, category="type", taxonomy=taxonomy)
    assert labels_of(catalog, "1") == ["Category: Shoes", "Category: Shoes > Boots"]
    assert catalog.labels["parent_id"].tolist()[1] == "Category: Shoes"


def test_categories_without_items_are_no_labels(read):
    taxonomy = taxonomy_from_paths(["Shoes", "Bags"])
    catalog = read("id,title,type\n1,a,Shoes\n", {}, category="type", taxonomy=taxonomy)
    assert catalog.labels["label_id"].tolist() == ["Category: Shoes"]


def test_without_a_taxonomy_the_items_paths_make_one(read):
    catalog = read("id,title,type\n1,a,Shoes > Boots\n2,b,shoes>boots\n", {}, category="type")
    assert labels_of(catalog, "2") == ["Category: Shoes", "Category: Shoes > Boots"]


def test_unknown_categories_are_counted(read):
    taxonomy = taxonomy_from_paths(["Shoes"])
    content = "id,title,type\n1,a,Shoes\n2,b,Hats\n3,c,Hats\n"
    read(content, {}, category="type", taxonomy=taxonomy)
    assert read.report.counted("items whose category is not in the taxonomy") == 2


def test_items_without_a_value_are_counted(read):
    read("id,title,brand\n1,a,Nike\n2,b,\n3,c, \n", {"Brand": "brand"})
    assert read.report.counted("items without Brand") == 2


def test_cells_that_say_there_is_no_value_are_empty(read):
    content = "id,title,color,type\n1,a,Red,Shoes\n2,b,N/A,n/a\n3,c, － ,Shoes\n4,d,None,Shoes\n"
    catalog = read(content, {"Color": "color"}, category="type")
    assert catalog.labels["label_id"].tolist() == ["Category: Shoes", "Color: Red"]
    lines = read.report.lines()
    assert "items without Color: 3" in lines
    assert "items without Category: 1" in lines
    (told,) = [line for line in lines if line.startswith("cells that say there is no value")]
    assert ": 4 (such as " in told
    assert "'Color: N/A (1)'" in told


def test_none_is_a_value_where_the_alias_table_has_it(read):
    rows = pd.DataFrame({"attribute": ["Pattern"], "value": ["None"], "alias": ["plain"]})
    content = "id,title,pattern,color\n1,a,none,none\n2,b,Dots,Red\n"
    columns = {"Pattern": "pattern", "Color": "color"}
    catalog = read(content, columns, aliases=make_aliases(rows))
    assert labels_of(catalog, "1") == ["Pattern: None"]


def test_the_words_for_no_value_are_a_setting(read):
    content = "id,title,pattern\n1,a,none\n2,b,blank\n"
    catalog = read(content, {"Pattern": "pattern"}, rules=ValueRules(empty=("Blank",)))
    assert catalog.labels["label_id"].tolist() == ["Pattern: none"]


def test_aliases_unify_values(read):
    rows = pd.DataFrame({"attribute": ["Color"], "value": ["Blue"], "alias": ["青"]})
    catalog = read(
        "id,title,color\n1,a,青\n2,b,blue\n", {"Color": "color"}, aliases=make_aliases(rows)
    )
    assert catalog.labels["label_id"].tolist() == ["Color: Blue"]


def test_duplicate_ids_are_named(read):
    with pytest.raises(InputError, match=r"'id' must be unique.*'A1' 2 times"):
        read("id,title,brand\nA1,a,Nike\nA1,b,Puma\n", {"Brand": "brand"})


def test_missing_attribute_column_names_the_setting(read):
    expected = r"column 'colour' is missing \(found: id, title, color\).*set attributes\.Color"
    with pytest.raises(InputError, match=expected):
        read("id,title,color\n1,a,Red\n", {"Color": "colour"})


def test_catalog_without_any_value_is_refused(read):
    with pytest.raises(InputError, match="none of the items has a value of Brand"):
        read("id,title,brand\n1,a,\n", {"Brand": "brand"})


def test_long_catalog_reads_like_the_wide_one(connection, tmp_path, read):
    wide = read(
        "id,title,color,type\n1,Shoe,Red/Blue,Shoes\n2,Bag,,Bags\n",
        {"Color": "color"},
        category="type",
    )
    path = tmp_path / "long.csv"
    path.write_text(
        "item_id,attribute,value\n1,title,Shoe\n1,Color,Red\n1,Color,Blue\n1,type,Shoes\n"
        "2,title,Bag\n2,type,Bags\n2,Color,\n",
        encoding="utf-8",
    )
    long = read_long_catalog(connection, path, category="type", rules=RULES, report=Report())
    for name in ("items", "item_labels", "labels"):
        assert getattr(long, name).equals(getattr(wide, name)), name
