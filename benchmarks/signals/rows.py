"""Events of searches as a table in the columns of User Behavior Insights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FIRST_DAY = np.datetime64("2025-01-01T00:00:00", "us")
LOOKED_AT = {"desktop": 1 / np.arange(1, 9) ** 0.6, "mobile": 1 / np.arange(1, 9) ** 1.1}
_DEVICES = np.array(list(LOOKED_AT))
_LOOKED_AT = np.stack(list(LOOKED_AT.values()))

SCHEMA = pa.schema(
    {
        "action_name": pa.string(),
        "client_id": pa.string(),
        "session_id": pa.string(),
        "query_id": pa.string(),
        "user_query": pa.string(),
        "object_id": pa.string(),
        "position": pa.int64(),
        "timestamp": pa.timestamp("us"),
        "device": pa.string(),
    }
)


@dataclass(frozen=True, eq=False)
class Searches:
    """Some searches in the order of time, and the clients that made them.

    Parameters
    ----------
    begun : ndarray of float64, shape (n_searches,)
        Microseconds since the first day.
    query, session, client : ndarray of int64, shape (n_searches,)
        Positions of the query among all; of the session, which has ids of its own here, and of the
        client, which has the same id in every call.
    clients : pa.Array of str
    """

    begun: NDArray[np.float64]
    query: NDArray[np.int64]
    session: NDArray[np.int64]
    client: NDArray[np.int64]
    clients: pa.Array

    @property
    def device(self) -> NDArray[np.int64]:
        """0 for a desktop, 1 for a mobile device; a client has one."""
        return (self.client % 5 > 1).astype(np.int64)

    @property
    def looked_at(self) -> NDArray[np.float64]:
        """How likely each of eight places is looked at, shape (n_searches, 8)."""
        looked: NDArray[np.float64] = _LOOKED_AT[self.device]
        return looked

    @property
    def is_bot(self) -> NDArray[np.bool_]:
        """Whether a bot searches, which clicks on all it sees."""
        return self.client % 1000 == 0


def event_rows(
    searches: Searches,
    ids: tuple[pa.Array, pa.Array],
    queries: pa.Array,
    items: pa.Array,
    clicked: NDArray[np.bool_],
    bought: NDArray[np.bool_],
) -> pa.Table:
    """Return an impression a shown item, the clicks and what was put in the cart, by time.

    Parameters
    ----------
    searches : Searches
    ids : tuple of pa.Array of str
        Of the searches, and of the sessions.
    queries : pa.Array of str
        The text of each query.
    items : pa.Array of str, length n_searches * n_shown
        The ids of the items shown, search by search.
    clicked, bought : ndarray of bool, shape (n_searches, n_shown)
    """
    shown = clicked.shape[1]
    parts = [
        (np.ones(clicked.shape, bool), "impression", 0),
        (clicked, "click", 4e6),
        (bought, "add_to_cart", 9e6),
    ]
    search = np.concatenate([np.nonzero(mask)[0] for mask, _, _ in parts])
    place = np.concatenate([np.nonzero(mask)[1] for mask, _, _ in parts])
    names = np.repeat([name for _, name, _ in parts], [int(mask.sum()) for mask, _, _ in parts])
    later = np.repeat([delay for _, _, delay in parts], [int(mask.sum()) for mask, _, _ in parts])
    when = searches.begun[search] + later
    rank = np.argsort(when, kind="stable")
    search, place, when = search[rank], place[rank], when[rank]
    return pa.table(
        {
            "action_name": pa.array(names[rank]),
            "client_id": searches.clients.take(pa.array(searches.client[search])),
            "session_id": ids[1].take(pa.array(searches.session[search])),
            "query_id": ids[0].take(pa.array(search)),
            "user_query": queries.take(pa.array(searches.query[search])),
            "object_id": items.take(pa.array(search * shown + place)),
            "position": pa.array(place + 1),
            "timestamp": pa.array(FIRST_DAY + when.astype("timedelta64[us]")),
            "device": pa.array(_DEVICES[searches.device[search]]),
        },
        schema=SCHEMA,
    )


def uuids(rng: np.random.Generator, n: int) -> pa.Array:
    """Return ids as real logs have them."""
    raw = rng.bytes(16 * n).hex()
    parts = (raw[i : i + 32] for i in range(0, 32 * n, 32))
    return pa.array([f"{r[:8]}-{r[8:12]}-{r[12:16]}-{r[16:20]}-{r[20:]}" for r in parts])
