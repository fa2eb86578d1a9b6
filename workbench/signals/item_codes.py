"""Attributes that name single items, such as a product code or a date of change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from itertools import chain, islice

import pandas as pd

from workbench.report import Report
from workbench.signals.free_text import MIN_CELLS
from workbench.signals.taxonomy import CATEGORY

LINKS, DATES, HASHES = "links or names of files", "dates", "hashes"
NUMBERS, PRICES = "long numbers", "prices"
NEARLY_ALL_DIFFER, ALL_DIFFER = "different on nearly every item", "different on every item"
LEFT_OUT_AS = "attributes whose values are"
_TAKES_IN = "; [inputs.catalog] keep takes one in"
_TAKES_OUT = ", each of them a label; take them out of 'attributes', or name them in 'keep' too"
# Of an attribute's filled cells so many have to look alike, or differ where they are codes.
_MOST = 0.8
_NEARLY_ALL = 0.9
# Of few cells most differ by chance: 25 draws from 200 model numbers are 94 % different, 100 are
# 79 %. That sizes or weights are different on all of twenty items says nothing at all.
_MANY_CELLS = 100
# Of more different values every so many are enough.
_MOST_LOOKED_AT = 1000
# A quantity of eight digits is round (15,000,000 pages) or a power of two (16,777,216 colours).
_MIN_DIGITS, _MIN_SIGNIFICANT = 8, 6
_GROUPS = re.compile(r"\d+([ -]+\d+)*")
# Ends of a range and sizes have so many digits, most often; so have the parts of an ISBN.
_MOST_IN_RANGE = 4
_LINK = re.compile(
    r"(https?|ftp)://\S+|www\.\S+|[^\s@]+@[^\s@]+\.\w+"
    r"|\S+\.(jpe?g|png|gif|webp|svg|tiff?|bmp|pdf|html?|mp4)(\?\S*)?",
    re.IGNORECASE,
)
# Versions look like dates (2019.1.2): behind a year, points part two digits each.
_YEAR, _MONTH, _DAY = r"(1[89]|20|21)\d\d", r"(0?[1-9]|1[0-2])", r"(0?[1-9]|[12]\d|3[01])"
_DATE = re.compile(
    rf"({_YEAR}(?P<a>[-/]){_MONTH}(?P=a){_DAY}|{_YEAR}\.(?=\d\d\.\d\d){_MONTH}\.{_DAY}"
    rf"|({_DAY}(?P<b>[-/.]){_MONTH}|{_MONTH}(?P<c>[-/.]){_DAY})((?P=b)|(?P=c)){_YEAR}"
    rf"|{_YEAR}年{_MONTH}月{_DAY}日)([T ]+\d{{1,2}}:\d\d.*)?"
)
_HASH = re.compile(r"(?=.*[a-f])(?=.*\d)([0-9a-f]{12,}|[0-9a-f]{8}(-[0-9a-f]{4,12}){3,4})", re.I)
# Whole numbers of four digits and more are as likely numbers of items.
_QUANTITY = re.compile(r"[<>~±+-]?\s?(\d{1,3}|\d+[.,]\d+|\d+([.,]\d+)?\s?[^\d\s.,-]\S{0,9})")
_MONEY = r"([$€£¥₩₹円元]|usd|eur|gbp|jpy|chf|cny|krw|inr)"
_PRICE = re.compile(rf"{_MONEY}\s?\d[\d.,']*|\d[\d.,']*\s?{_MONEY}", re.IGNORECASE)


def why_no_labels(values: Mapping[str, int]) -> str | None:
    """Return what the values of an attribute are if they name single items, or None.

    Links, full dates, hashes, prices and numbers of eight digits or more are told from their form,
    where four of five cells have it, however often each comes again: a time of change is one
    number on many items. Two groups of at most four digits are a range (2010-2015), and so are
    more whose signs differ (100-240 50-60) or that are years. Codes of no such form are told from
    100 filled cells or more of which nine in ten differ and contain digits. Names without digits
    have to differ on all of 20 items or more, for there are shops with nearly as many brands as
    items; quantities on all of 100.

    Parameters
    ----------
    values : mapping of str to int
        The different contents of an attribute's cells, and on how many items each is.

    Examples
    --------
    >>> why_no_labels({"63903513": 759, "64870217": 2}), why_no_labels({"4006381333931": 1})
    ('long numbers', 'long numbers')
    >>> why_no_labels({"128 GB": 3, "2019": 1}), why_no_labels({"16777216": 40, "15000000": 1})
    (None, None)
    """
    n_cells = sum(values.values())
    if not n_cells:
        return None
    sample = dict(islice(values.items(), 0, None, -(-len(values) // _MOST_LOOKED_AT)))
    for what, has_form in _FORMS.items():
        n_alike = sum(n for text, n in sample.items() if has_form(text.strip()))
        if n_alike >= _MOST * sum(sample.values()):
            return what
    if n_cells < MIN_CELLS:
        return None
    n_quantities = sum(n for text, n in values.items() if _QUANTITY.fullmatch(text.strip()))
    if len(values) == n_cells and (n_cells >= _MANY_CELLS or n_quantities < _MOST * n_cells):
        return ALL_DIFFER
    n_codes = sum(n for text, n in values.items() if any(map(str.isdigit, text)))
    is_code = n_codes >= _MOST * n_cells and len(values) >= _NEARLY_ALL * n_cells
    return NEARLY_ALL_DIFFER if is_code and n_cells >= _MANY_CELLS else None


def find_item_codes(
    cells: pd.DataFrame, named: Collection[str], keep: Collection[str], *, report: Report
) -> pd.Series:
    """Return which of the different cells are of attributes whose values name single items.

    What the user named is none of them, and is counted apart.

    Parameters
    ----------
    cells : pd.DataFrame
        ``attribute, raw, n``: the different contents of cells, and on how many items each is.
    named : collection of str
        Attributes that the user named.
    keep : collection of str
        Attributes that make labels whatever their values.
    report : Report
    """
    others = cells[~cells["attribute"].isin([CATEGORY, *keep])]
    values: dict[str, Counter[str]] = {}
    for attribute, raw, n in others[["attribute", "raw", "n"]].itertuples(index=False, name=None):
        values.setdefault(attribute, Counter())[raw] += int(n)
    found: dict[str, list[str]] = {}
    for attribute in sorted(values, key=lambda name: -values[name].total()):
        why = why_no_labels(values[attribute])
        if why is not None:
            found.setdefault(why, []).append(attribute)
    for why, attributes in sorted(found.items()):
        left_out = [name for name in attributes if name not in named]
        own = [name for name in attributes if name in named]
        for names, what in (
            (left_out, f"{LEFT_OUT_AS} {why}, left out{_TAKES_IN}"),
            (own, f"attributes named in [inputs.catalog] whose values are {why}{_TAKES_OUT}"),
        ):
            report.count(what, len(names), [_told_sizes(name, values[name]) for name in names])
    return cells["attribute"].isin(set(chain(*found.values())).difference(named))


def _told_sizes(attribute: str, values: Counter[str]) -> str:
    return f"{attribute}: {len(values):,} values on {values.total():,} items"


def _is_long_number(text: str) -> bool:
    if not (text.isascii() and _GROUPS.fullmatch(text)) or _is_range(text):
        return False
    digits = re.sub(r"[ -]", "", text)
    if len(digits) < _MIN_DIGITS:
        return False
    number = int(digits)
    is_power = number > 0 and number & (number - 1) == 0
    # A leading zero is none of a quantity.
    return not is_power and (digits[0] == "0" or _n_significant(digits) >= _MIN_SIGNIFICANT)


def _is_range(text: str) -> bool:
    """Whether groups of digits are numbers of their own: 2010-2015, 1920 1080, 100-240 50-60."""
    groups = re.split(r"[ -]+", text)
    if len(groups) == 1:
        return False
    if len(groups) == 2 and sum(map(_n_significant, groups)) < _MIN_SIGNIFICANT:
        return True  # 10000-20000
    if max(map(len, groups)) > _MOST_IN_RANGE:
        return False
    is_mixed = len(set(re.findall(r"[ -]+", text))) > 1
    return len(groups) == 2 or is_mixed or all(re.fullmatch(_YEAR, group) for group in groups)


def _n_significant(digits: str) -> int:
    return len(digits.rstrip("0"))


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


# In this order: a date without signs is a long number, a name of a file may hold a hash.
_FORMS: Mapping[str, Callable[[str], bool]] = {
    LINKS: _matches(_LINK),
    DATES: _matches(_DATE),
    NUMBERS: _is_long_number,
    HASHES: _matches(_HASH),
    PRICES: _matches(_PRICE),
}
