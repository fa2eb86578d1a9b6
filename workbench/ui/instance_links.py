"""Links to the review card of an instance, where it has flagged pairs."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.ui import markup
from workbench.ui.data import read_issues
from workbench.ui.links import link
from workbench.ui.snapshot import Snapshot


def flagged_queues(snapshot: Snapshot, instance_ids: list[str]) -> Mapping[str, str]:
    """Return the queue in which each of these instances is asked, if it has flagged pairs."""
    if "flag" not in snapshot.stages:
        return {}
    issues = read_issues(snapshot, snapshot.key)
    mine = issues[issues["instance_id"].isin(instance_ids)].drop_duplicates("instance_id")
    return dict(zip(mine["instance_id"].astype("str"), mine["kind"].astype("str"), strict=True))


def instance_link(flagged: Mapping[str, str], instance_id: str, text: str) -> str:
    """Return the text, as a link to its card if the instance is in a queue."""
    if instance_id not in flagged:
        return markup.escape(text)
    where = {"queue": flagged[instance_id], "instance": instance_id, "decided": "yes"}
    return link(text, "review", told=f"Review {text}", **where)
