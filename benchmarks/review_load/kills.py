"""The app's server is killed while people review, again and again: is what it took still there?"""

from __future__ import annotations

import asyncio
import random
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException

from benchmarks.review_load.connection import Connection
from benchmarks.review_load.server import Server, link_workspace
from workbench.review.store import DecisionStore

_PAUSE_SECONDS = 0.03
_PATIENCE_SECONDS = 60


@dataclass
class Outbox:
    """What one reviewer decided: kept until it is acknowledged, sent again until then."""

    name: str
    waiting: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    decided: set[tuple[str, str]] = field(default_factory=set)


def kill_again_and_again(
    workspace: Path, n_kills: int, reviewers: int, database: str, seed: int
) -> str:
    """Return in a line what was acknowledged, and what of it is in the store.

    Parameters
    ----------
    workspace : Path
    n_kills : int
        The server is ended by SIGKILL so many times, at random moments.
    reviewers : int
        Who decide all the time, and send again to the next server what the last one did not answer.
    database : str
        URL of an empty database; empty for SQLite.
    seed : int
    """
    chance = random.Random(seed)
    outboxes = [Outbox(f"reviewer {n + 1}") for n in range(reviewers)]
    with tempfile.TemporaryDirectory() as folder:
        copy = link_workspace(workspace, Path(folder), database)
        for _ in range(n_kills):
            _round(copy, outboxes, kill_after=chance.uniform(0.2, 2.0))
        n_unanswered = sum(len(each.waiting) for each in outboxes)
        _round(copy, outboxes, kill_after=None)
        with DecisionStore(database or copy / "decisions.sqlite") as store:
            events = store.log()
            projected = store.current()
            store.rebuild()
            is_same = projected.equals(store.current())
    acknowledged = [uid for each in outboxes for uid in each.acknowledged]
    n_lost = len(set(acknowledged) - set(events["event_uid"]))
    n_pairs = sum(len(each.decided) for each in outboxes)
    return (
        f"{n_kills} kills: {len(acknowledged)} decisions acknowledged, {n_lost} of them lost; "
        f"{n_unanswered} unanswered at the last kill; {n_pairs} decided, {len(events)} in the log, "
        f"projection {'equals' if is_same else 'DIFFERS FROM'} a rebuild"
    )


def _round(workspace: Path, outboxes: list[Outbox], kill_after: float | None) -> None:
    server = Server(workspace)
    try:
        server.wait()
        asyncio.run(_review(server, outboxes, kill_after))
    finally:
        server.process.kill()
        server.process.wait()


async def _review(server: Server, outboxes: list[Outbox], kill_after: float | None) -> None:
    somebody_is_there = asyncio.Event()
    tasks = [
        asyncio.create_task(_decide(server, each, somebody_is_there, is_last=kill_after is None))
        for each in outboxes
    ]
    if kill_after is not None:
        await asyncio.wait_for(somebody_is_there.wait(), 2 * _PATIENCE_SECONDS)
        await asyncio.sleep(kill_after)
        server.process.kill()
    await asyncio.gather(*tasks)


async def _decide(
    server: Server, outbox: Outbox, is_there: asyncio.Event, *, is_last: bool
) -> None:
    """Decide until the server is gone; in the last round only send what is unanswered."""
    query = f"reviewer={outbox.name.replace(' ', '+')}&queue=wrong"
    try:
        async with Connection(server.url, "review", query) as connection:
            answer = await asyncio.wait_for(connection.answer(), _PATIENCE_SECONDS)
            is_there.set()
            number, cards = 0, {card["id"]: card for card in answer["cards"]}
            while outbox.waiting or not is_last:
                if not is_last:
                    _take(outbox, cards)
                number += 1
                about = {"desk": answer["desk"], "session": answer["session"]}
                message = about | {"number": number, "events": list(outbox.waiting)}
                if not _is_open(outbox, cards):
                    message |= {"more": True, "have": list(cards), "open": []}
                await connection.send(message)
                while answer["number"] != number:
                    answer = await asyncio.wait_for(connection.answer(), _PATIENCE_SECONDS)
                cards |= {card["id"]: card for card in answer["cards"]}
                saved = set(answer["saved"])
                outbox.acknowledged += answer["saved"]
                outbox.waiting = [e for e in outbox.waiting if e["event_uid"] not in saved]
                await asyncio.sleep(_PAUSE_SECONDS)
    except (WebSocketException, OSError, TimeoutError):
        if is_last:
            raise


def _pairs(cards: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (card["id"], question["label"])
        for card in cards.values()
        for question in card["questions"]
        if question["open"]
    ]


def _is_open(outbox: Outbox, cards: dict[str, Any]) -> bool:
    return any(pair not in outbox.decided for pair in _pairs(cards))


def _take(outbox: Outbox, cards: dict[str, Any]) -> None:
    """Decide the next open pair, if there is one."""
    pair = next((pair for pair in _pairs(cards) if pair not in outbox.decided), None)
    if pair is not None:
        outbox.decided.add(pair)
        about = {"instance_id": pair[0], "label_id": pair[1], "verdict": "absent"}
        outbox.waiting.append({"event_uid": str(uuid.uuid4()), "shown_ms": 50, **about})
