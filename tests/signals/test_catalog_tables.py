"""Catalogs that are tables: a row an item, or a row a value."""

import ibis
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.catalog import read_catalog, read_long_catalog
from workbench.signals.values import ValueRules


def labels_of(catalog, item_id="1"):
    carried = catalog.item_labels
    return carried.loc[carried["item_id"] == item_id, "label_id"].tolist()


def test_nested_columns_of_parquet_are_attributes_by_pattern(tmp_path):
    path = tmp_path / "items.parquet"
    frame = pd.DataFrame({"id": ["1"], "title": ["a"], "brand": ["Nike"], "s": [{"color": "Red"}]})
    frame.to_parquet(path)
    catalog = read_catalog(
        ibis.duckdb.connect(),
        path,
        attributes={"Brand": "brand"},
        patterns=["s.*"],
        report=Report(),
    )
    assert labels_of(catalog) == ["Brand: Nike", "Color: Red"]


def test_a_pattern_that_fits_no_column_of_a_csv_is_refused(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("id,title,color\n1,a,Red\n")
    with pytest.raises(InputError, match=r"no column fits 'specs\.\*' of patterns \(found: id,"):
        read_catalog(
            ibis.duckdb.connect(),
            path,
            attributes={"Color": "color"},
            patterns=["specs.*"],
            report=Report(),
        )


def test_columns_of_a_csv_are_attributes_by_pattern(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text("id,title,attr_color,attr_size,price\n1,a,Red,,9\n2,b,Red,M,8\n")
    catalog = read_catalog(
        ibis.duckdb.connect(), path, attributes={}, patterns=["attr_*"], report=Report()
    )
    assert catalog.labels["label_id"].tolist() == ["Color: Red", "Size: M"]


def test_a_long_table_takes_the_named_attributes_and_counts_the_others(tmp_path):
    path = tmp_path / "values.csv"
    path.write_text("item_id,attribute,value\n1,colour,Red\n1,weight,3\n1,title,a\n1,cat,Shoes\n")
    report = Report()
    catalog = read_long_catalog(
        ibis.duckdb.connect(), path, category="cat", attributes={"Color": "colour"}, report=report
    )
    assert labels_of(catalog) == ["Category: Shoes", "Color: Red"]
    assert report.counted("attributes of the catalog that 'attributes' does not name") == 1


def test_a_long_table_leaves_out_what_is_named_and_what_names_items(tmp_path):
    path = tmp_path / "values.csv"
    rows = [
        f"{i},{what}" for i in range(3) for what in (f"EAN,40063813339{i}1", "Color,Red", "P,9")
    ]
    path.write_text("\n".join(["item_id,attribute,value", *rows]) + "\n")
    read = {"connection": ibis.duckdb.connect(), "path": path, "report": Report()}
    catalog = read_long_catalog(**read, without=["P"])
    assert catalog.labels["label_id"].tolist() == ["Color: Red"]
    kept = read_long_catalog(**read, without=["P"], rules=ValueRules(keep=("EAN",)))
    assert len(kept.labels) == 1 + 3


def test_a_long_table_takes_numbers(tmp_path):
    path = tmp_path / "values.parquet"
    frame = pd.DataFrame({"item_id": [1, 2], "attribute": ["Size", "Size"], "value": [26.0, 2.5]})
    frame.to_parquet(path)
    catalog = read_long_catalog(ibis.duckdb.connect(), path, report=Report())
    assert catalog.labels["label_id"].tolist() == ["Size: 2.5", "Size: 26"]


@pytest.mark.slow
def test_an_attribute_of_100_000_values_is_named_in_the_report(tmp_path):
    path = tmp_path / "items.csv"
    lines = (f"{i},thing,code{i},Red" for i in range(100_000))
    path.write_text("id,title,code,color\n" + "\n".join(lines) + "\n")
    report = Report()
    catalog = read_catalog(
        ibis.duckdb.connect(), path, attributes={"Code": "code", "Color": "color"}, report=report
    )
    assert len(catalog.labels) == 100_000 + 1
    (told,) = [line for line in report.lines() if line.startswith("attributes that make more")]
    assert "more than 10,000 labels each (none was left out)" in told
    assert "Code: 100,000 values" in told


def test_a_second_title_of_an_item_is_refused_or_counted(tmp_path):
    path = tmp_path / "values.csv"
    path.write_text("item_id,attribute,value\n1,title,a\n1,title,b\n1,Color,Red\n2,title,c\n")
    with pytest.raises(InputError, match=r"one title an item, found 1 item .*\('1': 'a', 'b'\)"):
        read_long_catalog(ibis.duckdb.connect(), path, report=Report())
    report = Report()
    catalog = read_long_catalog(ibis.duckdb.connect(), path, repeats="merge", report=report)
    assert catalog.items["title"].tolist() == ["b", "c"]
    what = "values.csv: items with several titles, the last in the alphabet kept"
    assert report.counted(what) == 1
