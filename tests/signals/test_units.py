import ibis
import pandas as pd
import pytest

from workbench.errors import ConfigError
from workbench.report import Report
from workbench.signals.catalog import read_catalog
from workbench.signals.dictionary import Dictionary
from workbench.signals.units import number_spellings
from workbench.signals.values import ValueRules

ROWS = "id,title,size,type\n1,a,26,Shoes > Boots\n2,b,26.0cm,Shoes\n3,c,26,Bags\n4,d,M,Shoes\n"


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, units, **options):
        path = tmp_path / "items.csv"
        path.write_text(content, encoding="utf-8")
        write_and_read.report = Report()
        return read_catalog(
            ibis.duckdb.connect(),
            path,
            attributes={"Size": "size"},
            rules=ValueRules(units=units),
            report=write_and_read.report,
            **({"category": "type"} | options),
        )

    return write_and_read


def sizes(catalog):
    labels = catalog.item_labels
    found = labels[labels["label_id"].str.startswith("Size")]
    return dict(zip(found["item_id"], found["label_id"].str.removeprefix("Size: "), strict=True))


def test_a_plain_number_gets_its_unit_in_the_branch_only(read):
    catalog = read(ROWS, {"Size": {"Shoes": "cm"}})
    assert sizes(catalog) == {"1": "26.0cm", "2": "26.0cm", "3": "26", "4": "M"}


def test_the_nearest_branch_counts(read):
    catalog = read(ROWS, {"Size": {"Shoes": "cm", "Shoes > Boots": "in"}})
    assert sizes(catalog)["1"] == "26.0in"


def test_a_star_is_for_all_other_items(read):
    catalog = read(ROWS, {"Size": {"Shoes": "cm", "*": "in"}})
    assert sizes(catalog) == {"1": "26.0cm", "2": "26.0cm", "3": "26.0in", "4": "M"}


def test_an_item_in_branches_of_two_units_has_none(read):
    content = ROWS.replace("\n2,", "\n1,a,26,Bags\n2,")
    catalog = read(content, {"Size": {"Shoes": "cm", "Bags": "in"}}, repeats="merge")
    assert sizes(catalog)["1"] == "26"
    what = "items in branches with different units, whose numbers get none"
    assert read.report.counted(what) == 1


def test_an_unknown_branch_is_named(read):
    with pytest.raises(ConfigError, match=r"every branch must be a category.*Size: 'Shoess'"):
        read(ROWS, {"Size": {"Shoess": "cm"}})


def test_branches_need_categories(read):
    with pytest.raises(ConfigError, match="depend on the category, but the items have none"):
        read(ROWS, {"Size": {"Shoes": "cm"}}, category=None)


@pytest.mark.parametrize("query", ["boots 26", "boots 26cm", "boots 26.0 cm", "boots 26.0"])
def test_numbers_of_a_branch_are_found_as_people_write_them(query):
    labels = pd.DataFrame(
        {"label_id": ["Size: 26.0cm"], "attribute": ["Size"], "value": ["26.0cm"]},
        dtype="str",
    ).assign(path=None, parent_id=None)
    aliases = number_spellings(labels, {"Size": {"Shoes": "cm"}})
    dictionary = Dictionary(aliases, labels, short_attributes=("Size",))
    assert [match.label_id for match in dictionary.find(query)] == ["Size: 26.0cm"]


def test_numbers_without_the_unit_have_no_spellings_of_it():
    labels = pd.DataFrame({"label_id": ["Size: 26"], "attribute": ["Size"], "value": ["26"]})
    assert number_spellings(labels, {"Size": {"Shoes": "cm"}}).empty
