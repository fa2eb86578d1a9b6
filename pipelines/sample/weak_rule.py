"""A plain rule that labels queries from the log and the aliases, to tell how hard the shop is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.sample.clicks import EventLog
from workbench.text import normalise

N_PSEUDO_CLICKS = 2


@dataclass(frozen=True)
class Outcome:
    """How labels compare with the truth.

    Parameters
    ----------
    n_given : int
    wrong_share : float
        Share of the given pairs that are not true.
    missing_share : float
        Share of the true pairs that are not given.
    """

    n_given: int
    wrong_share: float
    missing_share: float


class AliasMatcher:
    """Finds the labels whose name or alias stands in a text; of nested matches the longest.

    Parameters
    ----------
    aliases : sequence of dict
        Rows of the alias table.
    """

    def __init__(self, aliases: Sequence[Mapping[str, str]]) -> None:
        self._labels: dict[str, set[str]] = defaultdict(set)
        for row in aliases:
            self._labels[normalise(row["alias"])].add(f"{row['attribute']}: {row['value']}")
        self._longest = max(map(len, self._labels))

    def find(self, text: str) -> set[str]:
        """Return the labels named in a normalised text."""
        spans = [
            (start, stop)
            for start in range(len(text))
            for stop in range(start + 1, min(len(text), start + self._longest) + 1)
            if text[start:stop] in self._labels and _is_whole(text, start, stop)
        ]
        outer = [
            span
            for span in spans
            if not any(o != span and o[0] <= span[0] and span[1] <= o[1] for o in spans)
        ]
        return {label for start, stop in outer for label in self._labels[text[start:stop]]}


def click_shares(
    log: EventLog, labels_of_items: Mapping[str, Iterable[str]]
) -> tuple[dict[str, Counter[str]], dict[str, int]]:
    """Return, by query, its clicks on items of each label, and all its clicks.

    A session's repeated click on an item counts once; items without labels are left out.
    """
    clicks: dict[str, Counter[str]] = defaultdict(Counter)
    totals: dict[str, int] = defaultdict(int)
    events = zip(log.action_name, log.user_query, log.object_id, log.session_id, strict=True)
    clicked = {
        (normalise(text), item, session)
        for action, text, item, session in events
        if action == "click"
    }
    for text, item, _ in clicked:
        if text and item in labels_of_items:
            totals[text] += 1
            clicks[text].update(labels_of_items[item])
    return clicks, totals


def label_by_clicks(
    clicks: Mapping[str, Counter[str]],
    totals: Mapping[str, int],
    *,
    share: float,
    n_pseudo_clicks: int = 0,
) -> dict[str, set[str]]:
    """Return the labels carried by more than ``share`` of the items clicked for each query."""
    return {
        text: {
            label
            for label, count in counts.items()
            if count / (totals[text] + n_pseudo_clicks) > share
        }
        for text, counts in clicks.items()
    }


def compare_with_truth(
    given: Mapping[str, set[str]], truth: Mapping[str, frozenset[str]]
) -> Outcome:
    """Return how the given labels of all queries compare with the true ones."""
    n_given = sum(len(labels) for labels in given.values())
    n_true = sum(len(labels) for labels in truth.values())
    n_right = sum(len(labels & truth[text]) for text, labels in given.items())
    return Outcome(n_given, 1 - n_right / n_given, 1 - n_right / n_true)


def _is_whole(text: str, start: int, stop: int) -> bool:
    """Return whether a span does not cut a word of Latin letters or digits."""
    return not (_joined(text, start) or _joined(text, stop))


def _joined(text: str, place: int) -> bool:
    if place in (0, len(text)):
        return False
    return all(
        character.isascii() and character.isalnum() for character in text[place - 1 : place + 1]
    )
