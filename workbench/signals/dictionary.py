"""Values and their aliases found literally in the text of an instance."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import ahocorasick_rs
import pandas as pd

from workbench.report import Report
from workbench.signals.values import number_with_unit
from workbench.signals.votes import AGAINST, make_votes, no_votes
from workbench.text import normalise

SOURCE = "dictionary"
LITERAL, SHORT = 2, 1

# Scripts that do not put spaces between words.
_HIRAGANA = "\u3041-\u309f"
_KATAKANA = "\u30a0-\u30ff\u31f0-\u31ff"
_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_THAI_LAO_MYANMAR_KHMER = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = _HIRAGANA + _KATAKANA + _HAN + _THAI_LAO_MYANMAR_KHMER
# A word of a spaced script: letters and digits, and the points and commas inside a number.
_WORD = re.compile(rf"(?:[^\W{_UNSPACED}]|(?<=\d)[.,](?=\d))+")
_BORDER = "\x1f"
# Two signs of one of these, side by side, may belong to one word.
_WITHIN_A_WORD = re.compile(
    f"[{_HIRAGANA}]{{2}}|[{_KATAKANA}]{{2}}|[{_HAN}]{{2}}|[{_THAI_LAO_MYANMAR_KHMER}]{{2}}"
)


_Levels = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Match:
    """A spelling found in a text.

    Parameters
    ----------
    text : str
        What was matched, normalised.
    label_id : str
    level : int
        2 for a value or alias; 1 for a short form (a letter, a bare number), for a spelling of
        several labels that another word of the text decides, and for a part of a longer word.
    partial : bool
        Whether it is, in a script without spaces, a part of a longer word.
    """

    text: str
    label_id: str
    level: int
    partial: bool = False


class Dictionary:
    """Finds labels by their spellings, longest first, with one pass over a text.

    Parameters
    ----------
    aliases : pd.DataFrame
        ``label_id, alias``: spellings of labels, the value itself included.
    labels : pd.DataFrame
        Label table; a label's ancestors decide between spellings shared by categories.
    units : mapping of str to str
        Attribute to the unit of its numbers: "26", "26cm" and "26.0 cm" all find "26.0cm".
    short_attributes : tuple of str
        The only attributes whose values a single letter or a bare number can name, and only as
        a word between spaces.
    support : mapping of str to int, optional
        Number of items that carry a label. Of labels that share a spelling, those with less than
        ``min_support_share`` of the support of the first do not count: one item with "Material:
        Black" must not silence "black".
    min_support_share : float

    Notes
    -----
    Words of scripts with spaces match as a whole: "blue" is not in "blueberry". Scripts without
    spaces match anywhere. A border sign around every word of a spaced script, in texts and
    spellings alike, does both: the longest match is right by construction. In scripts without
    spaces a match is a part of a longer word if the sign beside it is of its own script and
    belongs to no other match: 白 in 面白い, but not in コート白 or in ナイキ白.

    Examples
    --------
    >>> labels = pd.DataFrame({
    ...     "label_id": ["Brand: adidas", "Size: 26.0cm"], "attribute": ["Brand", "Size"],
    ...     "value": ["adidas", "26.0cm"], "path": None, "parent_id": None})
    >>> aliases = pd.DataFrame({
    ...     "label_id": ["Brand: adidas", "Brand: adidas", "Size: 26.0cm"],
    ...     "alias": ["adidas", "アディダス", "26.0cm"]})
    >>> dictionary = Dictionary(aliases, labels, units={"Size": "cm"})
    >>> [(match.label_id, match.level) for match in dictionary.find("アディダスの靴 26")]
    [('Brand: adidas', 2), ('Size: 26.0cm', 1)]
    """

    def __init__(
        self,
        aliases: pd.DataFrame,
        labels: pd.DataFrame,
        *,
        units: Mapping[str, str] | None = None,
        short_attributes: tuple[str, ...] = ("Size",),
        support: Mapping[str, int] | None = None,
        min_support_share: float = 0.05,
    ) -> None:
        attributes = dict(zip(labels["label_id"], labels["attribute"], strict=True))
        self._parents = {
            label: parent
            for label, parent in zip(labels["label_id"], labels["parent_id"], strict=True)
            if isinstance(parent, str)
        }
        found: dict[str, dict[str, int]] = {}
        for label_id, alias in zip(aliases["label_id"], aliases["alias"], strict=True):
            attribute = str(attributes.get(label_id))
            for text in _spellings(alias, (units or {}).get(attribute)):
                if is_short(text) and attribute not in short_attributes:
                    continue
                level = SHORT if is_short(text) else LITERAL
                found.setdefault(text, {})[label_id] = level
        self._spellings = [
            (text, _well_supported(levels, support or {}, min_support_share))
            for text, levels in found.items()
        ]
        self._automaton = ahocorasick_rs.AhoCorasick(
            [_with_borders(text) for text, _ in self._spellings],
            matchkind=ahocorasick_rs.MatchKind.LeftmostLongest,
        )

    @property
    def shared(self) -> list[str]:
        """Spellings that stand for several labels, in words."""
        return [
            f"{text}: {', '.join(label for label, _ in levels)}"
            for text, levels in self._spellings
            if len(levels) > 1
        ]

    def find(self, text: str) -> list[Match]:
        """Return the matches in a normalised text, one a label."""
        return self.find_all(text)[0]

    def find_all(self, text: str) -> tuple[list[Match], list[str]]:
        """Return the matches, and the spellings that abstain for they stand for several labels."""
        sure: list[Match] = []
        open_: list[tuple[str, _Levels]] = []
        marked = _with_borders(text)
        spans = self._automaton.find_matches_as_indexes(marked)
        starts, ends = {start for _, start, _ in spans}, {end for _, _, end in spans}
        for index, start, end in spans:
            spelling, levels = self._spellings[index]
            if is_short(spelling) and not _stands_alone(marked, start, end):
                continue
            if len(levels) > 1:
                open_.append((spelling, levels))
            elif (start not in ends and _runs_on(marked, start)) or (
                end not in starts and _runs_on(marked, end)
            ):
                sure.append(Match(spelling, levels[0][0], SHORT, partial=True))
            else:
                sure.append(Match(spelling, *levels[0]))
        whole = {match.label_id for match in sure if not match.partial}
        decided, undecided = self._decide(open_, whole)
        best: dict[str, Match] = {}
        for match in [*sure, *decided]:
            known = best.setdefault(match.label_id, match)
            if match.level > known.level:
                best[match.label_id] = match
        return list(best.values()), undecided

    def _decide(
        self, open_: Sequence[tuple[str, _Levels]], named: set[str]
    ) -> tuple[list[Match], list[str]]:
        """Settle spellings of several labels by what else the text names.

        A spelling stands for a label that the text names in another way, or for the only one
        below a category that it names.
        """
        decided, undecided = [], []
        for spelling, levels in open_:
            candidates = [label for label, _ in levels if label in named]
            candidates = candidates or [label for label, _ in levels if self._below(label, named)]
            if len(candidates) == 1:
                decided.append(Match(spelling, candidates[0], SHORT))
            else:
                undecided.append(spelling)
        return decided, undecided

    def _below(self, label_id: str, named: set[str]) -> bool:
        parent = self._parents.get(label_id)
        while parent is not None:
            if parent in named:
                return True
            parent = self._parents.get(parent)
        return False


def dictionary_votes(
    instances: pd.DataFrame,
    dictionary: Dictionary,
    labels: pd.DataFrame,
    *,
    candidates: pd.DataFrame | None = None,
    exclusive: Iterable[str] = (),
    report: Report,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Return the votes of the source "dictionary".

    Level 2: the text has the value or an alias of it. Level 1: it has a short form, or one
    inside a longer word, or a spelling of several labels that another word decides. Level 0: the
    text names another value of the same exclusive attribute, while this one is a candidate.

    Parameters
    ----------
    instances : pd.DataFrame
        ``instance_id, text``.
    dictionary : Dictionary
    labels : pd.DataFrame
        Label table.
    candidates : pd.DataFrame, optional
        ``instance_id, label_id`` of the pairs that other sources vote on.
    exclusive : iterable of str
        Attributes of which an instance has one value at most.
    report : Report
        Gets the spellings that abstain for they stand for several labels.
    progress : callable (done, total), optional

    Returns
    -------
    pd.DataFrame
        Vote table; ``detail`` is the matched text, at level 0 that of the value that is named.
    """
    rows: list[tuple[str, str, int, str, bool]] = []
    undecided: Counter[str] = Counter()
    texts = zip(instances["instance_id"], instances["text"], strict=True)
    for done, (instance_id, text) in enumerate(texts, start=1):
        matches, unclear = dictionary.find_all(normalise(text))
        rows.extend((instance_id, m.label_id, m.level, m.text, m.partial) for m in matches)
        undecided.update(unclear)
        if progress is not None and done % 10_000 == 0:
            progress(done, len(instances))
    report.count(
        "words that stand for several labels, and so for none",
        undecided.total(),
        sorted(undecided, key=lambda spelling: (-undecided[spelling], spelling))[:5],
    )
    found = pd.DataFrame(rows, columns=["instance_id", "label_id", "level", "detail", "partial"])
    named = make_votes(
        found["instance_id"],
        found["label_id"],
        source=SOURCE,
        level=found["level"],
        detail=found["detail"],
    )
    against = _other_values(found[~found["partial"].astype(bool)], labels, candidates, exclusive)
    return pd.concat([named, against], ignore_index=True)


def _other_values(
    named: pd.DataFrame,
    labels: pd.DataFrame,
    candidates: pd.DataFrame | None,
    exclusive: Iterable[str],
) -> pd.DataFrame:
    """Return the votes against candidates of an exclusive attribute with another value named."""
    if candidates is None or named.empty:
        return no_votes()
    attributes = labels.loc[labels["attribute"].isin(list(exclusive)), ["label_id", "attribute"]]
    pairs = candidates[["instance_id", "label_id"]].drop_duplicates().merge(attributes)
    said = named[["instance_id", "label_id", "detail"]].merge(attributes)
    first = said.drop_duplicates(["instance_id", "attribute"])
    met = pairs.merge(
        first[["instance_id", "attribute", "detail"]], on=["instance_id", "attribute"]
    )
    marked = met.merge(
        said[["instance_id", "label_id"]],
        how="left",
        on=["instance_id", "label_id"],
        indicator=True,
    )
    others = marked[marked["_merge"] == "left_only"]
    return make_votes(
        others["instance_id"],
        others["label_id"],
        source=SOURCE,
        level=AGAINST,
        detail=others["detail"],
    )


def is_short(text: str) -> bool:
    """Return whether a normalised spelling is one Latin letter or a bare number."""
    return re.fullmatch(r"[a-z]|\d+(?:[.,]\d+)?", text) is not None


def _spellings(alias: str, unit: str | None) -> list[str]:
    """Return the normalised forms of a spelling; a number with its unit has several."""
    text = normalise(alias)
    number = None if unit is None else number_with_unit(text, unit)
    if number is None or unit is None:
        return [text] if text else []
    long = normalise(number).removesuffix(normalise(unit))
    numbers = [long, long.removesuffix(".0")]
    units = ("", normalise(unit), " " + normalise(unit))
    return list(dict.fromkeys(n + u for n in numbers for u in units))


def _well_supported(
    levels: Mapping[str, int], support: Mapping[str, int], min_share: float
) -> _Levels:
    """Return the labels of a spelling without those that hardly any item carries."""
    most = max(support.get(label_id, 0) for label_id in levels)
    kept = {label: n for label, n in levels.items() if support.get(label, 0) >= min_share * most}
    return tuple(kept.items())


def _runs_on(marked: str, position: int) -> bool:
    """Return whether the signs on both sides of a position may belong to one word."""
    return (
        position > 0 and _WITHIN_A_WORD.fullmatch(marked[position - 1 : position + 1]) is not None
    )


def _with_borders(text: str) -> str:
    return _WORD.sub(rf"{_BORDER}\g<0>{_BORDER}", text)


def _stands_alone(marked: str, start: int, end: int) -> bool:
    """Return whether a match has white space or an end of the text on both sides."""
    before, after = marked[:start], marked[end:]
    return (not before or before[-1].isspace()) and (not after or after[0].isspace())
