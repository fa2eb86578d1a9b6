"""The left side of the review page: which queue, which filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import streamlit as st

from workbench.review.dealing import Asked, Dealer, Deck
from workbench.review.queue import QueueFilter, QueueOrder
from workbench.review.team import Member
from workbench.ui import markup
from workbench.ui.data import read_issues
from workbench.ui.queue_address import key_of, read_address, unknown, write_address
from workbench.ui.queue_data import (
    MAX_BRANCHES,
    MAX_LABELS,
    MAX_PATTERNS,
    PatternChoice,
    flagged_labels,
    has_audit,
    has_gain_ranks,
    pattern_sizes,
    read_attributes,
    read_branches,
    read_patterns,
    read_source_names,
)
from workbench.ui.shell import calmly
from workbench.ui.snapshot import Snapshot

_WRONG, _MISSING, _GAIN, _SECOND, _CONFLICTS, _SAMPLE, _AUDIT = (
    *("wrong", "missing", "gain", "second", "conflicts", "sample", "audit"),
)
_TITLES = {
    _WRONG: "Likely wrong",
    _MISSING: "Likely missing",
    _GAIN: "Most worth to the model",
    _SECOND: "Second opinion",
    _CONFLICTS: "Conflicts",
    _SAMPLE: "Sample of a pattern",
    _AUDIT: "Random pairs",
}
# Suspicion is 1 - label quality.
SUSPICIONS = {"90-100": (0.9, 1.01), "75-90": (0.75, 0.9), "50-75": (0.5, 0.75), "0-50": (0, 0.5)}
SUPPORTS = {"0-5": (0, 5), "6-50": (6, 50), "51-500": (51, 500), "501+": (501, 2**62)}
_SPLITS = ("train", "test")
_ORDERS = {"rank": "By rank", "label": "By label"}
COUNT_AGAIN = "5s"
_BLIND = "Blind: hide all opinions"


@dataclass(frozen=True)
class Choice:
    """What a reviewer has chosen to see.

    Parameters
    ----------
    queue : str
        The name of the queue in the page's address.
    deck : Deck
    is_blind : bool
        Sources, model and other people keep silent.
    unknown : mapping of str to str
        What the address asks for and this queue does not have, by the name of the filter.
    """

    queue: str
    deck: Deck
    is_blind: bool
    unknown: Mapping[str, str] = field(default_factory=dict)

    @property
    def deck_id(self) -> str:
        """The same for the same choice."""
        return repr((self.deck, self.is_blind))

    @property
    def unfiltered(self) -> Deck:
        """The queue without its filters."""
        where = QueueFilter(kind=self.deck.where.kind)
        return replace(self.deck, where=where, source=None, branch=None)

    @property
    def is_narrow(self) -> bool:
        """Whether any filter is set."""
        return self.deck != self.unfiltered


def draw_queues(snapshot: Snapshot, dealer: Dealer, member: Member) -> Choice:
    """Draw the choice of queue and the filters into the sidebar and return what is chosen."""
    read_address()
    with st.sidebar:
        queue = _draw_queue(snapshot, dealer, member, [])
        if queue == _AUDIT:
            # A filter would make them random no longer, and what others think does not belong here.
            write_address()
            return Choice(queue, Deck(Asked.AUDIT), is_blind=True, unknown=dict(unknown()))
        kind = queue if queue in (_WRONG, _MISSING) else None
        st.html(f'<div class="wb-section">{markup.caption("Filter")}</div>')
        where, source, branch = _draw_filter(snapshot, kind)
        st.html(f'<div class="wb-section">{markup.caption("View")}</div>')
        order = st.selectbox(
            "Order",
            list(_ORDERS),
            format_func=_ORDERS.__getitem__,
            key=key_of("order"),
            persist_state="session",
            disabled=queue == _GAIN,
        )
        shows_all = _toggle("Decided ones too", "decided", off=queue in (_SECOND, _CONFLICTS))
        if queue == _SECOND:
            is_blind = st.toggle(_BLIND, value=True, key="review_always_blind", disabled=True)
        else:
            is_blind = _toggle(_BLIND, "blind", off=False)
    write_address()
    asked = {_SECOND: Asked.SECOND, _CONFLICTS: Asked.CONFLICTS}.get(
        queue, Asked.ALL if shows_all else Asked.OPEN
    )
    chosen: QueueOrder = "gain_rank" if queue == _GAIN else "label" if order == "label" else "rank"
    sample = where.pattern_id if queue == _SAMPLE else None
    return Choice(
        queue,
        Deck(asked, where, chosen, source=source, branch=branch, sample=sample),
        # A second opinion that knows the first is none.
        is_blind=is_blind,
        unknown=dict(unknown()),
    )


@st.fragment(run_every=COUNT_AGAIN)
def _draw_queue(snapshot: Snapshot, dealer: Dealer, member: Member, drawn: list[str]) -> str:
    """Draw the choice of queue; now and then by itself, so that counts follow the decisions.

    ``drawn`` keeps the queue that the page was drawn for: another choice is for the whole page.
    """
    with calmly("queue"):
        dealer.refresh()
    queues = [_WRONG, _MISSING, *([_GAIN] if has_gain_ranks(snapshot) else []), _SECOND]
    if member.is_adjudicator:
        queues.append(_CONFLICTS)
    if st.session_state.get(key_of("queue")) == _SAMPLE and st.session_state.get(key_of("pattern")):
        queues.append(_SAMPLE)
    if has_audit(snapshot):
        queues.append(_AUDIT)
    counts = [_count(dealer, member, queue) if queue != _SAMPLE else None for queue in queues]
    st.html(f'<div class="wb-section">{markup.caption("Queue")}</div>')
    wanted = st.session_state.get(key_of("queue"))
    if wanted not in queues:
        st.session_state[key_of("queue")] = queues[0]
        if wanted is not None:
            unknown()["Queue"] = str(wanted)
    queue = st.radio(
        "Queue",
        queues,
        format_func=_TITLES.__getitem__,
        # Not in the names: by them the browser says what is chosen.
        captions=["" if count is None else markup.count(count) for count in counts],
        key=key_of("queue"),
        label_visibility="collapsed",
        persist_state="session",
    )
    if drawn and queue != drawn[0]:
        st.rerun()
    drawn[:] = [queue]
    return queue


def _count(dealer: Dealer, member: Member, queue: str) -> int:
    standing = dealer.standing
    if queue == _SECOND:
        return int(standing.second_opinions(member.name).sum())
    if queue == _CONFLICTS:
        return int(standing.is_disputed.sum())
    if queue == _AUDIT:
        return dealer.n_open(Deck(Asked.AUDIT), member.name)
    deck = Deck(where=QueueFilter(kind=None if queue == _GAIN else queue))
    return int(dealer.asked(deck, member.name).sum())


def _draw_filter(
    snapshot: Snapshot, kind: str | None
) -> tuple[QueueFilter, str | None, str | None]:
    key = snapshot.key
    attribute = _choice("Attribute", "attribute", read_attributes(snapshot, key))
    labels = flagged_labels(snapshot, key, kind, attribute)
    found = "most flagged are offered; the page Labels finds the others"
    label = _choice("Label", "label", _offered("label", labels, MAX_LABELS, found))
    branches = read_branches(snapshot, key)
    first = "first by name are offered; the page Labels finds the others"
    branch = _choice("Branch", "branch", _offered("branch", branches, MAX_BRANCHES, first))
    source = _choice("Voted by", "source", read_source_names(snapshot, key))
    band = _choice("Suspicion", "band", list(SUSPICIONS), lambda told: f"{told} %")
    support = _choice("Support", "support", list(SUPPORTS))
    pattern = _pattern(_patterns(snapshot, kind))
    split = _choice("Split", "split", list(_SPLITS))
    instance = _instance(snapshot)
    text = st.text_input(
        "Text",
        key=key_of("text"),
        placeholder="any",
        persist_state="session",
    )
    where = QueueFilter(
        kind=kind,
        attribute=attribute,
        label_id=label,
        instance_id=instance,
        split=split,
        pattern_id=pattern,
        suspicion=SUSPICIONS[band] if band else None,
        support=SUPPORTS[support] if support else None,
        text=text or "",
    )
    return where, source, branch


def _offered(key: str, known: list[str], limit: int, told: str) -> list[str]:
    """Return what a box offers: the first ones, and the one that is chosen."""
    wanted = st.session_state.get(key_of(key))
    offered = known[:limit]
    if len(known) > limit:
        st.html(markup.soft(f"Of {len(known):,} the {limit:,} {told}."))
    if wanted and wanted not in offered and wanted in known:
        offered = [str(wanted), *offered]
    return offered


def _instance(snapshot: Snapshot) -> str | None:
    """Return the one instance that a link asks for; nobody chooses it here."""
    wanted = st.session_state.get(key_of("instance"))
    if wanted is None:
        return None
    flagged = read_issues(snapshot, snapshot.key)["instance_id"].cat.categories
    return _choice("Instance", "instance", [str(wanted)] if wanted in flagged else [])


def _patterns(snapshot: Snapshot, kind: str | None) -> PatternChoice:
    choice = read_patterns(snapshot, snapshot.key, kind)
    wanted = st.session_state.get(key_of("pattern"))
    if wanted in choice.told or wanted not in pattern_sizes(snapshot, snapshot.key):
        return choice
    return read_patterns(snapshot, snapshot.key, kind, str(wanted))


def _pattern(choice: PatternChoice) -> str | None:
    if not choice.told:
        return None
    offered = list(choice.told)
    pattern = _choice("Pattern", "pattern", offered, lambda told: choice.told.get(told, told))
    if pattern in choice.told:
        # The box cuts the sentence off.
        sentence = choice.told[pattern].partition(" · ")[2]
        st.html(markup.soft(f"{sentence}: {choice.expected[pattern]}."))
    if choice.n_known > len(choice.told):
        n_offered, known = markup.count(MAX_PATTERNS), markup.count(choice.n_known)
        st.html(markup.soft(f"The {n_offered} patterns of the largest gain, of {known}."))
    return pattern


def _choice(
    name: str, key: str, options: Sequence[str], told: Callable[[str], str] = str
) -> str | None:
    chosen = st.session_state.get(key_of(key))
    if chosen is not None and chosen not in options:
        st.session_state[key_of(key)] = None
        unknown()[name] = chosen
    if not options:
        return None
    picked = st.selectbox(
        name,
        options,
        index=None,
        key=key_of(key),
        placeholder="any",
        format_func=told,
        persist_state="session",
    )
    if picked is not None:
        unknown().pop(name, None)
    return picked


def _toggle(name: str, key: str, *, off: bool) -> bool:
    return st.toggle(name, key=key_of(key), persist_state="session", disabled=off)
