"""Catalogs that are nested, that have thousands of fields, or one row a value."""

import json
import os
from pathlib import Path

import ibis
import pandas as pd
import pytest

from workbench.errors import ConfigError, InputError
from workbench.report import Report
from workbench.signals.catalog import read_catalog, read_long_catalog
from workbench.signals.values import ValueRules

DATA = Path(os.environ.get("WORKBENCH_DATA", Path(__file__).parents[3] / "shared" / "data"))
ICECAT = DATA / "icecat" / "products.jsonl.gz"


@pytest.fixture
def read(tmp_path):
    """Write records as JSON lines and read them; the report of the last call is `read.report`."""

    def write_and_read(*records, attributes=None, **options):
        path = tmp_path / "items.jsonl"
        lines = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        write_and_read.report = Report()
        return read_catalog(
            ibis.duckdb.connect(),
            path,
            attributes=attributes or {},
            report=write_and_read.report,
            **options,
        )

    return write_and_read


def labels_of(catalog, item_id="1"):
    carried = catalog.item_labels
    return carried.loc[carried["item_id"] == item_id, "label_id"].tolist()


def item(item_id=1, **fields):
    return {"id": item_id, "title": "a thing", **fields}


def test_a_dotted_name_reaches_into_an_object(read):
    catalog = read(item(specs={"color": "Red"}), attributes={"Color": "specs.color"})
    assert labels_of(catalog) == ["Color: Red"]


def test_fields_of_an_object_are_attributes_by_pattern(read):
    catalog = read(item(specs={"color": "Red", "heel_height": 5.0}), patterns=["specs.*"])
    assert labels_of(catalog) == ["Color: Red", "Heel height: 5"]


@pytest.mark.parametrize("key", ["name", "attribute", "key"])
def test_a_list_of_names_and_values_makes_attributes(read, key):
    specs = [{key: "Color", "value": ["Red", "Blue"]}, {key: "Depth", "value": 2, "unit": "cm"}]
    catalog = read(item(specs=specs), patterns=["specs.*"])
    assert labels_of(catalog) == ["Color: Blue", "Color: Red", "Depth: 2 cm"]


def test_columns_with_one_start_are_attributes_by_pattern(read):
    record = item(attr_t_type="Laser", attr_n_pages=6.0, attr_b_duplex=True, price=9)
    catalog = read(record, patterns=["attr_t_*", "attr_n_*", "attr_b_*"])
    assert labels_of(catalog) == ["Duplex: yes", "Pages: 6", "Type: Laser"]


def test_false_makes_no_label_and_is_counted(read):
    read(item(a_x="1", a_duplex=False), item(2, a_duplex=False), patterns=["a_*"])
    assert read.report.counted("values 'false', which make no label") == 1 + 1


def test_fields_that_are_left_out_are_no_attributes(read):
    record = item(attr_ean="123", attr_ean_2="124", attr_color="Red")
    assert labels_of(read(record, patterns=["attr_*"], without=["attr_ean*", "attr_ean"])) == [
        "Color: Red"
    ]


def test_a_field_may_be_a_text_here_and_a_list_there(read):
    catalog = read(
        item(1, color="Red"),
        item(2, color=["Red", "Blue"]),
        item(3, color=None),
        item(4, color=7),
        attributes={"Color": "color"},
    )
    found = [labels_of(catalog, str(i)) for i in range(1, 5)]
    assert found == [["Color: Red"], ["Color: Blue", "Color: Red"], [], ["Color: 7"]]


def test_an_object_where_a_value_was_expected_is_counted(read):
    read(item(1, color="Red"), item(2, color={"main": "Red"}), attributes={"Color": "color"})
    what = "objects where a text, a number or a list of them was expected"
    assert read.report.counted(what) == 1


def test_two_fields_of_one_attribute_are_counted(read):
    catalog = read(item(attr_t_size="M", attr_n_size=5), patterns=["attr_t_*", "attr_n_*"])
    assert labels_of(catalog) == ["Size: 5", "Size: M"]
    assert read.report.counted("attributes that are read from several fields") == 1


def test_rare_values_make_no_label_and_are_counted(read):
    records = [item(i, code=f"c{i}", color="Red") for i in range(4)]
    catalog = read(
        *records, attributes={"Color": "color", "Code": "code"}, rules=ValueRules(min_support=2)
    )
    assert catalog.labels["label_id"].tolist() == ["Color: Red"]
    assert read.report.counted("values of fewer than 2 items, which make no label") == 4


def test_rare_values_are_known_with_the_number_of_their_items(read):
    records = [item(i, color="Red" if i else "Mauve") for i in range(3)]
    catalog = read(*records, attributes={"Color": "color"}, rules=ValueRules(min_support=2))
    assert catalog.rare.find("color:  MAUVE") == "Color: Mauve"
    assert catalog.rare.told("Color: Mauve") == "Color: Mauve (1 item)"
    assert catalog.attributes == ["Color"]


CODED = [
    item(i, color="Red", a_changed=63903513, a_ean=f"40063813339{i}", a_page=f"https://x/{i % 2}")
    for i in range(10, 15)
]


def test_attributes_of_a_pattern_that_name_items_are_left_out_and_counted(read):
    catalog = read(*CODED, attributes={"Color": "color"}, patterns=["a_*"])
    assert catalog.labels["label_id"].tolist() == ["Color: Red"]
    lines = "\n".join(read.report.lines())
    assert "values are long numbers, left out; [inputs.catalog] keep takes one in: 2" in lines
    assert "'Ean: 5 values on 5 items'" in lines
    assert "'Page: 2 values on 5 items'" in lines


def test_attributes_that_name_items_are_taken_if_they_are_to_be_kept(read):
    rules = ValueRules(keep=("Changed",))
    catalog = read(*CODED, attributes={"Color": "color"}, patterns=["a_*"], rules=rules)
    assert catalog.labels["label_id"].tolist() == ["Changed: 63903513", "Color: Red"]


def test_a_catalog_of_codes_and_answers_alone_says_what_was_left_out(read):
    records = [{**one, "color": "N/A", "a_vegan": "no", "a_raw": False} for one in CODED]
    with pytest.raises(InputError, match="that makes a label; found ") as caught:
        read(*records, attributes={"Color": "color"}, patterns=["a_*"], without=["a_page"])
    told = str(caught.value)
    assert "[inputs.catalog] keep takes one in: 2 (such as" in told
    assert "'Ean: 5 values on 5 items'" in told
    assert "([inputs.catalog] empty), taken as empty: 5 (such as 'Color: N/A (5)')" in told
    assert "values that say no, which make no label: 5 (such as 'Vegan: 5')" in told
    assert "values 'false', which make no label: 5" in told
    assert "'without' of [inputs.catalog] takes out: 1 (such as 'a_page')" in told


def test_what_without_takes_out_and_its_unused_names_are_counted(read):
    read(
        item(a_ean="1", a_ean_2="2", a_color="Red"), patterns=["a_*"], without=["a_ean*", "a_eann"]
    )
    lines = read.report.lines()
    assert "attributes that 'without' of [inputs.catalog] takes out: 1 (such as 'a_ean_2')" in lines
    assert (
        "names in 'without' of [inputs.catalog] that take nothing out: 1 "
        "(such as 'a_eann (did you mean a_ean?)')"
    ) in lines


@pytest.mark.parametrize(
    ("content", "without", "options"),
    [
        ("id,title,a_ean,a_color\n1,t,7,Red\n", ["a_ean", "a_colour"], {"patterns": ["a_*"]}),
        ("item_id,attribute,value\n1,a_ean,7\n1,a_color,Red\n", ["a_ean", "a_colour"], None),
    ],
)
def test_without_is_counted_in_every_form_of_file(tmp_path, content, without, options):
    path = tmp_path / "items.csv"
    path.write_text(content)
    read = {"connection": ibis.duckdb.connect(), "path": path, "report": Report()}
    if options is None:
        read_long_catalog(**read, without=without)
    else:
        read_catalog(**read, attributes={}, without=without, **options)
    lines = "\n".join(read["report"].lines())
    assert "takes out: 1 (such as 'a_ean')" in lines
    assert "take nothing out: 1 (such as 'a_colour (did you mean a_color?)')" in lines


def test_a_named_attribute_that_names_items_makes_labels_and_is_counted(read):
    catalog = read(*CODED, attributes={"Changed": "a_changed"})
    assert catalog.labels["label_id"].tolist() == ["Changed: 63903513"]
    (told,) = [line for line in read.report.lines() if line.startswith("attributes named in")]
    assert "whose values are long numbers, each of them a label; take them out" in told


def test_no_value_that_is_often_enough_names_the_setting(read):
    with pytest.raises(InputError, match=r"min_support = 3 items or more \(found 1 value"):
        read(item(color="Red"), attributes={"Color": "color"}, rules=ValueRules(min_support=3))


def test_a_missing_field_names_those_that_there_are(read):
    expected = r"column 'colour' is missing \(found: color, id, title\).*set attributes\.Color"
    with pytest.raises(InputError, match=expected):
        read(item(color="Red"), attributes={"Color": "colour"})


def test_a_pattern_that_fits_nothing_is_refused(read):
    with pytest.raises(InputError, match=r"'attr_\*' fits no field \(found: color, id, title\)"):
        read(item(color="Red"), patterns=["attr_*"])


def test_a_pattern_without_a_star_is_refused(read):
    with pytest.raises(ConfigError, match=r"'attr_' must have one '\*'"):
        read(item(attr_x="1"), patterns=["attr_"])


def test_a_broken_line_is_named(read):
    with pytest.raises(InputError, match=r"every line must be a JSON object.*line 2"):
        read(item(color="Red"), '{"id": 2', attributes={"Color": "color"})


def test_a_broken_line_is_left_out_and_counted(read):
    catalog = read(
        item(color="Red"), '{"id": 2', item(3), attributes={"Color": "color"}, bad_rows="skip"
    )
    assert catalog.items["item_id"].tolist() == ["1", "3"]
    what = "items.jsonl: lines left out, every line must be a JSON object"
    assert read.report.counted(what) == 1


def test_an_item_without_a_key_is_named_by_its_line(read):
    with pytest.raises(InputError, match=r"'id' must not be empty, found 1 .*line 2"):
        read(item(color="Red"), {"title": "x", "color": "Red"}, attributes={"Color": "color"})


def test_parquet_of_any_types_reads_like_json(read, tmp_path):
    frame = pd.DataFrame(
        {"id": ["1", "2"], "title": ["a", "b"], "attr_n": [5.0, 2.5], "attr_x": [["p", "q"], None]}
    )
    frame.to_parquet(tmp_path / "items.parquet")
    nested = read_catalog(
        ibis.duckdb.connect(),
        tmp_path / "items.parquet",
        attributes={},
        patterns=["attr_*"],
        report=Report(),
    )
    records = ({"id": "1", "title": "a", "attr_n": 5.0, "attr_x": ["p", "q"]},)
    plain = read(*records, {"id": "2", "title": "b", "attr_n": 2.5}, patterns=["attr_*"])
    assert nested.item_labels.equals(plain.item_labels)


@pytest.mark.slow
@pytest.mark.skipif(not ICECAT.exists(), reason="icecat is not here; set WORKBENCH_DATA")
def test_icecat_is_read_by_three_patterns():
    report = Report()
    catalog = read_catalog(
        ibis.duckdb.connect(),
        ICECAT,
        attributes={"Brand": "supplier"},
        patterns=["attr_t_*", "attr_n_*", "attr_b_*"],
        rules=ValueRules(min_support=5),
        report=report,
    )
    assert len(catalog.items) == 19_406
    assert report.counted("attributes taken by pattern") == 5_354 - 16
    assert "Print technology: Laser printing" in labels_of(catalog, "3920564")
    # All of them were looked at: codes, links and dates, and the names of whole products.
    assert sum(report.counted(what) for what in _left_out(report)) == 18 + 2 + 2 + 1 + 1
    assert {"Capacity", "Size", "Processor model"} <= set(catalog.attributes)
    assert {"Last change", "Oem code"}.isdisjoint(catalog.attributes)
    assert "Duplex binding: yes" in set(catalog.labels["label_id"])


def _left_out(report):
    return [what for what in report.to_dict()["order"] if ", left out; " in what]


def test_sentences_of_their_own_on_most_items_are_free_text(read):
    told = [f"A light shoe, number {i}, by Nike" for i in range(30)]
    items = [item(i, color="Red", features=text) for i, text in enumerate(told)]
    catalog = read(*items, attributes={"Color": "color", "Features": "features"})
    assert catalog.free_text == ("Features",)
    assert "Features: A light shoe, number 7, by Nike" in set(catalog.labels["label_id"])
