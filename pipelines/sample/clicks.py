"""The search log: who searched for what, when, what was shown and what was clicked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from pipelines.sample.assumptions import Assumptions
from pipelines.sample.catalog import Item
from pipelines.sample.chance import Wheel, happens, pick, zipf_weights
from pipelines.sample.queries import Query
from pipelines.sample.retrieval import Candidates, SearchEngine
from pipelines.sample.shoppers import Clicker, wanted_labels, wish_for
from pipelines.sample.spelling import respell

FIRST_DAY = int(datetime(2025, 4, 1, tzinfo=UTC).timestamp())
JAPAN_IS_AHEAD = 9 * 3600
HOURS_OF_DAY = [2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 7, 9, 7, 6, 6, 6, 7, 8, 10, 13, 14, 12, 6]
BLANKS = ("", " ", "  ", "\u3000")


@dataclass(frozen=True)
class Visit:
    """One client's session.

    Parameters
    ----------
    session_id, client_id, device : str
    started_at : int
        Seconds since 1970, UTC.
    searches : tuple of int
        Positions of the queries; -1 is a search without text.
    bot, fickle : bool
    """

    session_id: str
    client_id: str
    device: str
    started_at: int
    searches: tuple[int, ...]
    bot: bool = False
    fickle: bool = False


@dataclass
class EventLog:
    """Events in columns named as in User Behavior Insights; ``wanted`` stays here."""

    action_name: list[str] = field(default_factory=list)
    client_id: list[str] = field(default_factory=list)
    session_id: list[str] = field(default_factory=list)
    query_id: list[str] = field(default_factory=list)
    user_query: list[str] = field(default_factory=list)
    object_id: list[str] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    timestamp: list[int] = field(default_factory=list)
    device: list[str] = field(default_factory=list)
    wanted: list[bool] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.action_name)

    def in_order_of_time(self) -> EventLog:
        """Return the events by timestamp; those of the same second keep their order."""
        order = sorted(range(len(self)), key=lambda event: self.timestamp[event])
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        return EventLog(
            **{name: [values[event] for event in order] for name, values in columns.items()}
        )


@dataclass(frozen=True)
class _Page:
    """A search and the items shown for it."""

    visit: Visit
    query_id: str
    text: str
    item_ids: list[str]
    wishes: NDArray[np.float64]
    searched_at: int


class Simulator:
    """Plays the shoppers' visits and writes down the events.

    Parameters
    ----------
    items : sequence of Item
    queries : sequence of Query
    engine : SearchEngine
    assumptions : Assumptions
    rng : numpy Generator
    """

    def __init__(
        self,
        items: Sequence[Item],
        queries: Sequence[Query],
        engine: SearchEngine,
        assumptions: Assumptions,
        rng: np.random.Generator,
    ) -> None:
        self._items = items
        self._queries = queries
        self._engine = engine
        self._assumptions = assumptions
        self._rng = rng
        self._clicker = Clicker(assumptions, rng)
        self._wanted = [wanted_labels(query) for query in queries]
        self._found: dict[int, Candidates] = {}
        self._n_searches = 0

    def run(self) -> EventLog:
        """Return the events of all visits in order of time."""
        log = EventLog()
        by_bots = self._bot_searches()
        visits = [*self._bot_visits(by_bots), *self._human_visits(by_bots)]
        for visit in sorted(visits, key=lambda visit: (visit.started_at, visit.session_id)):
            self._play(visit, log)
        self._discontinue(log)
        return log.in_order_of_time()

    def _bot_searches(self) -> list[int]:
        """Return the queries that bots search once each; people search all of them too."""
        n_searches = sum(query.n_searches for query in self._queries)
        repeated = [place for place, q in enumerate(self._queries) if q.n_searches > 1]
        shuffled: list[int] = self._rng.permutation(np.array(repeated)).tolist()
        return shuffled[: round(n_searches * self._assumptions.bot_search_share)]

    def _human_visits(self, by_bots: Sequence[int]) -> Iterator[Visit]:
        searches = self._human_searches(by_bots)
        numbers = range(1, self._assumptions.n_clients + 1)
        clients = Wheel(list(numbers), zipf_weights(len(numbers), 0.4))
        fickle = self._rng.random(len(numbers)) < self._assumptions.fickle_client_share
        devices = [self._device() for _ in numbers]
        at, number = 0, 0
        while at < len(searches):
            length = pick(self._rng, [1, 2, 3, 4, 5], [45, 25, 15, 10, 5])
            client = clients.spin(self._rng)
            number += 1
            yield Visit(
                session_id=f"s{number:05d}",
                client_id=f"c{client:05d}",
                device=devices[client - 1],
                started_at=self._moment(),
                searches=tuple(searches[at : at + length]),
                fickle=bool(fickle[client - 1]),
            )
            at += length

    def _human_searches(self, by_bots: Sequence[int]) -> list[int]:
        counts = np.array([query.n_searches for query in self._queries])
        counts[list(by_bots)] -= 1
        blanks = np.full(self._assumptions.n_blank_searches, -1)
        searches = np.concatenate([np.repeat(np.arange(len(counts)), counts), blanks])
        return self._rng.permutation(searches).tolist()  # type: ignore[no-any-return]

    def _bot_visits(self, by_bots: Sequence[int]) -> Iterator[Visit]:
        parts = np.array_split(np.array(by_bots), self._assumptions.n_bots)
        for number, part in enumerate(parts, start=1):
            yield Visit(
                session_id=f"s{90000 + number}",
                client_id=f"c{90000 + number}",
                device="desktop",
                started_at=self._moment(),
                searches=tuple(part.tolist()),
                bot=True,
            )

    def _device(self) -> str:
        return pick(self._rng, ["mobile", "desktop", "tablet"], [62, 31, 7])

    def _moment(self) -> int:
        day = int(self._rng.integers(self._assumptions.n_days))
        hour = pick(self._rng, range(24), HOURS_OF_DAY)
        second = int(self._rng.integers(3600))
        return FIRST_DAY + 86400 * day + 3600 * hour + second - JAPAN_IS_AHEAD

    def _play(self, visit: Visit, log: EventLog) -> None:
        now = visit.started_at
        for place in visit.searches:
            page = self._search(visit, place, now)
            self._log_page(page, log)
            now = self._log_clicks(page, log)
            now += 2 if visit.bot else int(self._rng.integers(15, 120))

    def _search(self, visit: Visit, place: int, now: int) -> _Page:
        self._n_searches += 1
        shown = self._shown(self._candidates(place))
        items = [self._items[index] for index in shown]
        wanted = self._wanted[place] if place >= 0 else []
        return _Page(
            visit=visit,
            query_id=f"q{self._n_searches:06d}",
            text=self._typed(place),
            item_ids=[item.item_id for item in items],
            wishes=np.array([wish_for(item, wanted) for item in items]),
            searched_at=now,
        )

    def _candidates(self, place: int) -> Candidates:
        if place not in self._found:
            self._found[place] = (
                self._engine.find(self._queries[place].phrase)
                if place >= 0
                else self._engine.find_popular()
            )
        return self._found[place]

    def _shown(self, found: Candidates) -> list[int]:
        noise = self._rng.standard_normal(len(found.scores)) * self._assumptions.engine_noise
        order = np.argsort(-(found.scores + noise), kind="stable")
        n_shown = pick(self._rng, self._assumptions.page_sizes)
        return found.item_indices[order[:n_shown]].tolist()  # type: ignore[no-any-return]

    def _typed(self, place: int) -> str:
        if place < 0:
            return pick(self._rng, BLANKS)
        text = self._queries[place].phrase.text
        odd = happens(self._rng, self._assumptions.odd_spelling_share)
        return respell(text, self._rng) if odd else text

    def _log_page(self, page: _Page, log: EventLog) -> None:
        for index in range(len(page.item_ids)):
            self._log(page, "impression", index, page.searched_at, log)

    def _log_clicks(self, page: _Page, log: EventLog) -> int:
        """Log what is clicked and return when the visitor was done with the page."""
        now = page.searched_at
        if page.visit.bot:
            for index in range(len(page.item_ids)):
                now += 1
                self._log(page, "click", index, now, log)
            return now
        clicked = self._clicker.clicked(page.wishes, fickle=page.visit.fickle)
        for index in np.flatnonzero(clicked).tolist():
            now += int(self._rng.integers(3, 40))
            self._log(page, "click", index, now, log)
            if happens(self._rng, self._assumptions.repeat_click_share):
                now += int(self._rng.integers(2, 20))
                self._log(page, "click", index, now, log)
            if happens(self._rng, self._assumptions.cart_share * page.wishes[index]):
                now += int(self._rng.integers(5, 60))
                self._log(page, "add_to_cart", index, now, log)
        return now

    def _log(self, page: _Page, action: str, index: int, moment: int, log: EventLog) -> None:
        log.action_name.append(action)
        log.client_id.append(page.visit.client_id)
        log.session_id.append(page.visit.session_id)
        log.query_id.append(page.query_id)
        log.user_query.append(page.text)
        log.object_id.append(page.item_ids[index])
        log.position.append(index + 1)
        log.timestamp.append(moment)
        log.device.append(page.visit.device)
        log.wanted.append(bool(page.wishes[index] == 1.0))

    def _discontinue(self, log: EventLog) -> None:
        """Make some events speak of items that have left the catalog."""
        n_events = self._assumptions.n_discontinued_events
        for event in self._rng.permutation(len(log))[:n_events].tolist():
            log.object_id[event] = f"P{9001 + int(self._rng.integers(12))}"
            log.wanted[event] = False
