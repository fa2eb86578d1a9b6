import ibis
import pandas as pd
import pytest

from workbench.errors import InputError
from workbench.report import Report
from workbench.signals.aliases import label_aliases, make_aliases, no_aliases, read_aliases
from workbench.signals.rare_labels import RareLabels
from workbench.signals.taxonomy import taxonomy_from_paths
from workbench.signals.values import ValueRules, canonical_values


def aliases_of(*rows):
    return make_aliases(pd.DataFrame(rows, columns=["attribute", "value", "alias"]))


def test_spelling_stands_for_its_value_in_any_case_and_width():
    aliases = aliases_of(("Color", "Blue", "ブルー"))
    assert aliases.find("Color", "ﾌﾞﾙｰ") == "Blue"


def test_value_stands_for_itself():
    assert aliases_of(("Color", "Blue", "青")).find("Color", "blue") == "Blue"


def test_spelling_of_two_values_stands_for_none():
    aliases = aliases_of(("Color", "Navy", "紺"), ("Color", "Blue", "紺"))
    assert aliases.find("Color", "紺") is None
    assert aliases.ambiguous == ("Color '紺': Navy, Blue",)


def test_value_wins_over_an_alias_of_another_value():
    aliases = aliases_of(("Color", "Blue", "navy"), ("Color", "Navy", "紺"))
    assert aliases.find("Color", "navy") == "Navy"


def test_same_spelling_in_two_attributes_is_no_trouble():
    aliases = aliases_of(("Color", "Orange", "オレンジ"), ("Brand", "Orange", "オレンジ"))
    assert aliases.find("Brand", "オレンジ") == "Orange"
    assert aliases.ambiguous == ()


def test_ambiguous_spellings_of_a_file_are_counted(tmp_path):
    path = tmp_path / "aliases.csv"
    path.write_text("attribute,value,alias\nColor,Navy,紺\nColor,Blue,紺\n", encoding="utf-8")
    report = Report()
    read_aliases(ibis.duckdb.connect(), path, report=report)
    assert report.lines()[-1] == (
        "aliases.csv: spellings that stand for two values, and so for none: 1 "
        "(such as \"Color '紺': Navy, Blue\")"
    )


def test_file_without_aliases_is_refused(tmp_path):
    path = tmp_path / "aliases.csv"
    path.write_text("attribute,value,alias\nColor,Navy,\n", encoding="utf-8")
    with pytest.raises(InputError, match="'alias' must not be empty, found 1 empty value"):
        read_aliases(ibis.duckdb.connect(), path, report=Report())


@pytest.fixture
def labels():
    return pd.DataFrame(
        {
            "label_id": ["Color: Blue", "Category: Shoes", "Category: Shoes > Boots"],
            "attribute": ["Color", "Category", "Category"],
            "value": ["Blue", "Shoes", "Boots"],
            "path": [None, "Shoes", "Shoes > Boots"],
            "parent_id": [None, None, "Category: Shoes"],
        }
    ).astype("str")


def spelled(frame):
    return sorted(zip(frame["label_id"], frame["alias"], strict=True))


def test_every_label_is_spelled_as_its_value(labels):
    taxonomy = taxonomy_from_paths(["Shoes > Boots"])
    assert spelled(label_aliases(labels, no_aliases(), taxonomy, report=Report())) == [
        ("Category: Shoes", "Shoes"),
        ("Category: Shoes > Boots", "Boots"),
        ("Color: Blue", "Blue"),
    ]


def test_aliases_of_categories_are_found_by_path_or_name(labels):
    taxonomy = taxonomy_from_paths(["Shoes > Boots"])
    aliases = aliases_of(("Category", "shoes>boots", "長靴"), ("Category", "boots", "ブーツ"))
    found = spelled(label_aliases(labels, aliases, taxonomy, report=Report()))
    assert ("Category: Shoes > Boots", "長靴") in found
    assert ("Category: Shoes > Boots", "ブーツ") in found


def test_aliases_of_unknown_values_are_counted(labels):
    report = Report()
    label_aliases(labels, aliases_of(("Color", "Beige", "ベージュ")), None, report=report)
    assert report.lines() == ["aliases of values that no item has: 1 (such as 'Color: Beige')"]


def test_aliases_of_rare_values_and_of_unknown_attributes_are_told_apart(labels):
    rows = pd.DataFrame({"label_id": ["Color: Mauve"], "attribute": "Color", "value": "Mauve"})
    rare = RareLabels(rows.assign(n_items=4), min_support=5)
    given = aliases_of(("Color", "mauve", "lila"), ("Colour", "Blue", "bleu"))
    report = Report()
    label_aliases(labels, given, None, rare=rare, report=report)
    assert report.lines() == [
        "aliases of values on fewer items than min_support = 5 of [inputs.catalog]: 1 "
        "(such as 'Color: Mauve (4 items)')",
        "aliases of attributes that no item has: 1 (such as 'Colour (did you mean Color?)')",
    ]


def test_aliases_of_attributes_left_out_as_codes_are_told_apart(labels):
    report = Report()
    given = aliases_of(("ean", "4006381333931", "pen"))
    label_aliases(labels, given, None, item_codes=["EAN"], report=report)
    assert report.lines() == [
        "aliases of attributes left out, for their values name single items: 1 (such as 'ean')"
    ]


def test_case_and_width_of_an_attribute_never_matter(labels):
    aliases = aliases_of(("color", "blue", "bleu"), ("ＣＯＬＯＲ", "Navy", "navy"))
    assert (aliases.find("Color", "Bleu"), aliases.find("color", "NAVY")) == ("blue", "Navy")
    found = spelled(label_aliases(labels, aliases, None, report=Report()))
    assert ("Color: Blue", "bleu") in found


def test_one_value_in_two_cases_is_not_ambiguous():
    aliases = aliases_of(("Color", "Navy", "紺"), ("color", "navy", "紺"))
    assert (aliases.find("Color", "紺"), aliases.ambiguous) == ("Navy", ())


def test_an_alias_brings_a_size_in_another_unit():
    rows = pd.DataFrame({"attribute": ["Size"], "value": ["26.0cm"], "alias": ["260mm"]})
    cells = pd.DataFrame(
        {"attribute": ["Size"] * 2, "raw": ["260MM", "26"], "unit": ["cm"] * 2, "n": [1, 1]}
    )
    found = canonical_values(cells, ValueRules(), make_aliases(rows), report=Report())
    assert found["value"].tolist() == ["26.0cm", "26.0cm"]
