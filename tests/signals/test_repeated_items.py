import ibis
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.catalog import read_catalog
from workbench.signals.values import ValueRules

SAME = "items.csv: rows that repeat another one, counted once"
MERGED = "items.csv: items with different rows, which have the values of all"


@pytest.fixture
def read(tmp_path):
    def write_and_read(*rows, **options):
        path = tmp_path / "items.csv"
        path.write_text("\n".join(["id,title,color,brand", *rows]) + "\n", encoding="utf-8")
        write_and_read.report = Report()
        return read_catalog(
            ibis.duckdb.connect(),
            path,
            attributes={"Color": "color", "Brand": "brand"},
            rules=ValueRules(exclusive=("Brand",)),
            report=write_and_read.report,
            **options,
        )

    return write_and_read


def test_rows_that_say_the_same_count_once(read):
    catalog = read("1,a,Red,Nike", "2,b,Red,", "1,a,Red,Nike", "1,a,Red,Nike")
    assert catalog.items.to_numpy().tolist() == [["1", "a"], ["2", "b"]]
    assert read.report.counted(SAME) == 2


def test_rows_that_differ_are_refused_with_the_difference(read):
    expected = (
        r"'id' must be unique, found 1 value on more than one row \('1' 2 times "
        r"\(Color: 'Red', 'Blue'\)\).*repeats = \"merge\""
    )
    with pytest.raises(InputError, match=expected):
        read("1,a,Red,Nike", "1,a,Blue,Nike")


def test_merged_items_have_the_values_of_all_rows(read):
    catalog = read("1,a,Red,Nike", "1,b,Blue,Nike", repeats="merge")
    assert catalog.items.to_numpy().tolist() == [["1", "b"]]
    assert catalog.item_labels["label_id"].tolist() == ["Brand: Nike", "Color: Blue", "Color: Red"]
    assert read.report.counted(MERGED) == 1


def test_the_order_of_merged_rows_does_not_matter(read):
    rows = ("1,a,Red,Nike", "2,x,Red,Puma", "1,b,Blue,", "1,a,Red,Nike")
    first, second = (read(*order, repeats="merge") for order in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(first.items, second.items)
    pd.testing.assert_frame_equal(first.item_labels, second.item_labels)


def test_two_values_of_an_exclusive_attribute_are_kept_and_counted(read):
    read("1,a,Red,Nike", "1,a,Red,Puma", repeats="merge")
    what = "items with several values of an exclusive attribute"
    assert read.report.counted(what) == 1
    assert "1: Brand: Nike, Brand: Puma" in "".join(read.report.lines())


def test_with_bad_rows_skipped_the_first_row_is_kept(read):
    catalog = read("1,a,Red,Nike", "1,b,Blue,Nike", bad_rows="skip")
    assert catalog.item_labels["label_id"].tolist() == ["Brand: Nike", "Color: Red"]
    what = "items.csv: rows left out, 'id' must be unique; the first row is kept"
    assert read.report.counted(what) == 1


def test_repeated_records_are_settled_like_rows(tmp_path):
    path = tmp_path / "items.jsonl"
    path.write_text('{"id": 1, "title": "a", "color": ["Red"]}\n{"id": "1", "color": "Blue"}\n')
    catalog = read_catalog(
        ibis.duckdb.connect(),
        path,
        attributes={"Color": "color"},
        repeats="merge",
        report=Report(),
    )
    assert catalog.items.to_numpy().tolist() == [["1", "a"]]
    assert catalog.item_labels["label_id"].tolist() == ["Color: Blue", "Color: Red"]
