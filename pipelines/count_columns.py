"""Which columns of a log of events look like counts, by their names or by their numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

# Stems of "click", and of "impression" and "view", wherever they stand in a name.
_CLICKS = re.compile(
    r"[ck]li[ckq]|κλικ|клик|нажати|tıkla|tikla|nhấp|نقر|คลิก|क्लिक|クリック|点击|點擊|点擊|클릭"
)
_IMPRESSIONS = re.compile(
    r"impress|impresi|einblendung|aufruf|pageview|(?<![a-z])views?(?![a-z])|viewc"
    r"|(?<![a-z])vues?(?![a-z])|visuali[sz]a|vertoning|weergave|visning|wyświetl|wyswietl"
    r"|показ|просмотр|gösterim|gosterim|表示|閲覧|インプレッション|展示|展现|曝光|浏览|瀏覽"
    r"|노출|조회"
)
# "Number of", perhaps of rows, as the whole name: "n" may count clicks, "n results" does not.
_NUMBERS = re.compile(
    r"n|nr|num|counts?|cnt|freq|frequency|(an)?zahl|häufigkeit|haeufigkeit|nombre|conteo|contagem"
    r"|conteggio|antall?|aantal|liczba|число|количество|sayı|sayi|数|回数|件数|件數|次数|次數"
    r"|횟수|건수|((n|num|number of) )?(events|searches|queries|rows)"
    r"|(events?|search|query|rows?) (count|cnt)"
)
# What else such a name may say: whose key it is, when, at which place, at what price.
_OTHERS = re.compile(
    r"(?<![a-z])(u?u?ids?|keys?|time|timestamp|ts|date|ms|seconds?|position|pos|rank|place|slot"
    r"|index|offset|page|price|cents|[xy])(?![a-z])"
    r"|zeit|datum|preis|日時|時刻|日付|順位|位置|時間|时间|排名|价格"
)
# Keys, dates such as 20260105 and seconds since 1970 are larger than any of this, counts are not.
_TOO_LARGE = 1_000_000
_MIN_ROWS = 20
_REPEATED_SHARE = 0.05


def is_named_like_clicks(name: str) -> bool:
    """Return whether a column's name says "clicks", in one of many languages."""
    return bool(_CLICKS.search(_words(name)))


def looks_like_counts(name: str, cells: Sequence[Any], pairs: Sequence[tuple[str, str]]) -> bool:
    """Return whether a column seems to count what happened with a pair of query and item.

    Its numbers are whole, and its name says so, or its numbers do: no event says that nothing
    happened, and popular pairs have many events; a table of counts has one row a pair, and most of
    its numbers are 0, 1 or 2.

    Parameters
    ----------
    name : str
    cells : sequence
        As text or as numbers; None and "" are empty.
    pairs : sequence of (query, item)
        Of the rows that have both.

    Examples
    --------
    >>> names = ("klicks", "pageViews", "n", "クリック数")
    >>> [looks_like_counts(name, [3, 12], []) for name in names]
    [True, True, True, True]
    >>> names = ("click_id", "reviews", "n_results", "year")
    >>> [looks_like_counts(name, [3, 12], []) for name in names]
    [False, False, False, False]
    """
    filled = [cell for cell in cells if cell not in (None, "")]
    if not all(map(_is_whole, filled)):
        return False
    numbers, words = [float(cell) for cell in filled], _words(name)
    if min(numbers, default=_TOO_LARGE) >= _TOO_LARGE or _OTHERS.search(words):
        return False
    if any((_CLICKS.search(words), _IMPRESSIONS.search(words), _NUMBERS.fullmatch(words))):
        return True
    n_repeated = len(pairs) - len(set(pairs))
    is_one_row_a_pair = len(pairs) >= _MIN_ROWS and n_repeated <= _REPEATED_SHARE * len(pairs)
    n_small = sum(number <= 2 for number in numbers)
    return is_one_row_a_pair and {0, 1, 2} < set(numbers) and 2 * n_small >= len(numbers)


def _is_whole(cell: Any) -> bool:
    if isinstance(cell, str):
        return cell.strip().isdecimal()
    is_number = isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool)
    return is_number and cell % 1 == 0


def _words(name: str) -> str:
    """Return a name in lower case with its words parted by blanks, "pageview" as one word."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\W_]+", " ", parted.casefold()).strip().replace("page view", "pageview")
