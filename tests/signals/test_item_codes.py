import pytest

from workbench.signals.item_codes import (
    ALL_DIFFER,
    DATES,
    HASHES,
    LINKS,
    NEARLY_ALL_DIFFER,
    NUMBERS,
    PRICES,
    why_no_labels,
)


def once(*texts):
    return dict.fromkeys(texts, 1)


@pytest.mark.parametrize(
    ("why", "values"),
    [
        (NUMBERS, {"63903513": 759, "64870217": 2, "64826818": 1}),
        (NUMBERS, once("4006381333931", "87 10895 99857 4", "609585-170926")),
        (NUMBERS, once("978-1-4028-9462-6", "8473 30 81", "0800-1234567")),
        (NUMBERS, {"8473301180": 190, "8473408000": 30}),
        (DATES, {"2009-12-10T00:00:00Z": 7, "2010/1/3": 2}),
        (DATES, once("14.02.2020", "2020年2月14日", "2020-02-14 10:00")),
        (DATES, once("2019.01.02", "2/14/2020", "31-12-1999")),
        (LINKS, {"https://a.example/b": 8, "www.b.example": 1}),
        (LINKS, once("front.jpg", "img/back.png?size=2", "a@b.example")),
        (HASHES, once("9f86d081884c7d659a2f", "550e8400-e29b-41d4-a716-446655440000")),
        (PRICES, {"$19.99": 4, "20 EUR": 2, "¥4,290": 1, "4290 JPY": 2}),
        (ALL_DIFFER, once(*(f"item {i} of ours" for i in range(20)))),
        (ALL_DIFFER, once(*(str(i) for i in range(500, 600)))),
        (NEARLY_ALL_DIFFER, {"AB-1": 6, **once(*(f"AB-{i}" for i in range(2, 100)))}),
    ],
)
def test_what_names_single_items_is_told(why, values):
    assert why_no_labels(values) == why


@pytest.mark.parametrize(
    "values",
    [
        {"63": 3, "64": 2, "65": 4},
        {"2019": 8, "2020": 9},
        {"128 GB": 30, "256 GB": 20},
        {"16777216": 40, "15000000": 4, "1073741824": 9},
        {"12/24": 2, "1.5/2.0": 2, "10-11-12": 1},
        {"Node.js": 2, "U.S.A.": 1},
        {"cafe": 3, "facade": 2},
        {f"{i / 8} kg": 1 for i in range(99)},
        {f"RX-{i}": 1 + i % 2 for i in range(200)},
        {},
    ],
)
def test_what_people_search_for_stays(values):
    assert why_no_labels(values) is None


RANGES = ["2010-2015", "2009 - 2012", "1999 2004 2010", "1310-1550", "1920 1080", "10000-20000"]
VERSIONS = ["2019.1.2", "2020.3.4", "2021.10.1"]


@pytest.mark.parametrize("text", [*RANGES, *VERSIONS, "100-240 50-60", "32.12.2020", "13/13/2020"])
def test_ranges_sizes_and_versions_are_no_codes_and_no_dates(text):
    assert why_no_labels({text: 1}) is None


@pytest.mark.parametrize("text", ["5000-15-20", "2020-13-01", "2020-12-32", "2020-00-10"])
def test_a_date_has_a_month_and_a_day_that_there_are(text):
    assert why_no_labels({text: 1}) != DATES


def test_a_shop_with_nearly_as_many_brands_as_items_keeps_them():
    letters = "abcdefghijklmnopqrstuvwxyz"
    brands = {f"{a}{b}co": 1 for a in letters for b in letters}
    assert why_no_labels(brands | {"aaco": 2}) is None


def test_one_strange_cell_in_five_changes_nothing():
    assert why_no_labels({"63903513": 4, "see above": 1}) == NUMBERS
    assert why_no_labels({"63903513": 3, "see above": 1}) is None


def test_every_so_many_of_a_great_many_values_are_enough():
    assert why_no_labels({str(10**12 + 7 * i): 1 for i in range(100_000)}) == NUMBERS
