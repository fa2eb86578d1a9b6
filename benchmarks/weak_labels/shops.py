"""Generated shops: their votes, what their queries mean, and which items answer them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.weak_labels.click_evidence import ClickData
from benchmarks.weak_labels.workspaces import make_workspace
from pipelines.init import InitRequest
from pipelines.make_sample import write_sample
from pipelines.sample.shop import Shop
from pipelines.sample.shoppers import wanted_labels, wish_for
from workbench.workspace import Workspace


@dataclass(frozen=True, eq=False)
class MeasuredShop:
    """A generated shop and the workspace made of its signals.

    Parameters
    ----------
    shop : Shop
    workspace : Workspace
    truth : pd.DataFrame
        ``instance_id, label_id``.
    clicks : ClickData
    """

    shop: Shop
    workspace: Workspace
    truth: pd.DataFrame
    clicks: ClickData

    def wanted(self, pairs: pd.DataFrame) -> pd.Series:
        """Return of pairs ``instance_id, item_id`` whether the item is all that is asked for."""
        items = {item.item_id: item for item in self.shop.items}
        wishes = {query.instance_id: wanted_labels(query) for query in self.shop.queries}
        found = [
            wish_for(items[item_id], wishes[instance_id]) == 1.0
            for instance_id, item_id in zip(pairs["instance_id"], pairs["item_id"], strict=True)
        ]
        return pd.Series(found, index=pairs.index)


def measure_shop(work: Path, seed: int) -> MeasuredShop:
    """Generate the shop of a seed and cast the votes of its signals."""
    data = work / f"shop_{seed}"
    shop = write_sample(data, seed=seed)
    workspace = make_workspace(
        data / "workspace",
        InitRequest(
            clicks=data / "events.parquet",
            catalog=data / "items.csv",
            taxonomy=data / "taxonomy.csv",
            aliases=data / "aliases.csv",
        ),
    )
    ingested = workspace.artefact("ingest")
    clicks = ClickData(
        pd.read_parquet(data / "events.parquet"),
        ingested.table("clicks"),
        ingested.table("item_labels"),
        len(ingested.table("items")),
    )
    return MeasuredShop(shop, workspace, pd.read_parquet(data / "truth.parquet"), clicks)
