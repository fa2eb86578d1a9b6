"""Annotators who decide at a steady pace, as the script of the review card would for them."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.review_load.connection import Connection
from benchmarks.review_load.server import MemoryWatch, Server, link_workspace, serving
from workbench.review.store import DecisionStore

_VERDICTS = ("present", "absent", "absent", "unsure")
# As the script: with fewer cards at hand it asks for more.
_FEW_LEFT = 25
_PATIENCE_SECONDS = 120


@dataclass
class Annotator:
    """What one annotator did and saw.

    Parameters
    ----------
    name : str
    sent : dict of str to (str, str, str)
        Instance, label and verdict of each decision, by uid.
    savings : list of float
        Milliseconds from each decision to the answer that it is saved.
    dealings : list of float
        Milliseconds from asking for more cards to getting them.
    cards : set of str
        The instances that were dealt.
    refused : int
    n_idle : int
        Moments to decide at which no card was at hand.
    """

    name: str
    sent: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    savings: list[float] = field(default_factory=list)
    dealings: list[float] = field(default_factory=list)
    cards: set[str] = field(default_factory=set)
    refused: int = 0
    n_idle: int = 0


@dataclass(frozen=True)
class Load:
    """What a run under load showed.

    Parameters
    ----------
    where : str
        The kind of database.
    seconds : float
    annotators : list of Annotator
    n_saved, n_lost, n_doubled : int
        Decisions in the store; acknowledged ones that are not in it; pairs that are in it twice.
    n_shared : int
        Cards that two annotators got.
    megabytes : list of float
        What the server held, once a second.
    cpu_seconds : float
        Of the server.
    """

    where: str
    seconds: float
    annotators: list[Annotator]
    n_saved: int
    n_lost: int
    n_doubled: int
    n_shared: int
    megabytes: list[float]
    cpu_seconds: float


def review(
    workspace: Path, annotators: int, seconds: float, pause: float, database: str, seed: int
) -> Load:
    """Return what happens when people review a workspace at the same time."""
    with tempfile.TemporaryDirectory() as folder:
        copy = link_workspace(workspace, Path(folder), database)
        with serving(copy) as server:
            found = [Annotator(f"annotator {n + 1}") for n in range(annotators)]
            watch = MemoryWatch(server)
            cpu = asyncio.run(_run(server, found, watch, seconds, pause, seed))
        with DecisionStore(database or copy / "decisions.sqlite") as store:
            events = store.log()
    uids = set(events["event_uid"])
    dealt = [card for each in found for card in each.cards]
    return Load(
        where="PostgreSQL" if database else "SQLite",
        seconds=seconds,
        annotators=found,
        n_saved=len(events),
        n_lost=sum(uid not in uids for each in found for uid in each.sent),
        n_doubled=int(events.duplicated(["reviewer", "instance_id", "label_id"]).sum()),
        n_shared=len(dealt) - len(set(dealt)),
        megabytes=watch.megabytes,
        cpu_seconds=cpu,
    )


async def _run(
    server: Server,
    annotators: list[Annotator],
    watch: MemoryWatch,
    seconds: float,
    pause: float,
    seed: int,
) -> float:
    """Let all of them decide, and return the processor time that the server spent on it."""
    everybody_is_there = asyncio.Barrier(len(annotators) + 1)
    tasks = [
        asyncio.create_task(
            _annotate(server, each, everybody_is_there, seconds, pause, random.Random(seed + n))
        )
        for n, each in enumerate(annotators)
    ]
    await asyncio.wait_for(everybody_is_there.wait(), 600)
    cpu = server.cpu_seconds()
    watch.start()
    await asyncio.gather(*tasks)
    watch.stop()
    return server.cpu_seconds() - cpu


async def _annotate(
    server: Server,
    annotator: Annotator,
    ready: asyncio.Barrier,
    seconds: float,
    pause: float,
    chance: random.Random,
) -> None:
    query = f"reviewer={annotator.name.replace(' ', '+')}&queue=wrong"
    async with Connection(server.url, "review", query) as connection:
        hand = _Hand(annotator)
        hand.take(await asyncio.wait_for(connection.answer(), _PATIENCE_SECONDS))
        await ready.wait()
        end = time.monotonic() + seconds
        await asyncio.sleep(chance.uniform(0, pause))
        while time.monotonic() < end:
            due = time.monotonic() + chance.uniform(0.5, 1.5) * pause
            event = hand.decide(chance.choice(_VERDICTS))
            annotator.n_idle += event is None
            await _save(connection, hand, event)
            await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _save(connection: Connection, hand: _Hand, event: dict[str, Any] | None) -> None:
    """Send a decision, wait until the server has it, and ask for more cards if few are left."""
    start = time.perf_counter()
    if event is not None:
        answer = await _ask(connection, hand.message(event))
        hand.take(answer)
        assert event["event_uid"] in answer["saved"]
        hand.annotator.savings.append(1000 * (time.perf_counter() - start))
    start = time.perf_counter()
    if hand.is_low:
        answer = await _ask(connection, hand.message(None))
        while answer["busy"]:
            await asyncio.sleep(0.6)
            answer = await _ask(connection, hand.message(None))
        hand.take(answer)
        hand.annotator.dealings.append(1000 * (time.perf_counter() - start))


async def _ask(connection: Connection, message: dict[str, Any]) -> dict[str, Any]:
    await connection.send(message)
    while True:
        answer = await asyncio.wait_for(connection.answer(), _PATIENCE_SECONDS)
        if answer["number"] == message["number"]:
            return answer


class _Hand:
    """The cards that an annotator has, and what the script of the card would send."""

    def __init__(self, annotator: Annotator) -> None:
        self.annotator = annotator
        self._cards: list[dict[str, Any]] = []
        self._decided: set[tuple[str, str]] = set()
        self._number = 0
        self._told: dict[str, Any] = {}

    @property
    def is_low(self) -> bool:
        return len(self._open()) < _FEW_LEFT

    def take(self, answer: dict[str, Any]) -> None:
        known = {card["id"] for card in self._cards}
        self._cards += [card for card in answer["cards"] if card["id"] not in known]
        self.annotator.cards.update(card["id"] for card in answer["cards"])
        self.annotator.refused += len(answer["refused"])
        self._told = answer

    def decide(self, verdict: str) -> dict[str, Any] | None:
        for card in self._cards:
            for question in card["questions"]:
                pair = (card["id"], question["label"])
                if question["open"] and pair not in self._decided:
                    self._decided.add(pair)
                    uid = str(uuid.uuid4())
                    self.annotator.sent[uid] = (*pair, verdict)
                    about = {"instance_id": pair[0], "label_id": pair[1], "verdict": verdict}
                    return {"event_uid": uid, "note": "", "shown_ms": 1900, **about}
        return None

    def message(self, event: dict[str, Any] | None) -> dict[str, Any]:
        self._number += 1
        told = {
            "number": self._number,
            "events": [] if event is None else [event],
            "desk": self._told["desk"],
            "session": self._told["session"],
        }
        if event is None:
            have = [card["id"] for card in self._cards]
            told |= {"more": True, "have": have, "open": [card["id"] for card in self._open()]}
        return told

    def _open(self) -> list[dict[str, Any]]:
        return [
            card
            for card in self._cards
            if any(
                question["open"] and (card["id"], question["label"]) not in self._decided
                for question in card["questions"]
            )
        ]
