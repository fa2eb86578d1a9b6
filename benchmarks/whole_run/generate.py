"""Write the generated shop: events, catalog, taxonomy, and what its queries mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.whole_run.catalog import make_shop, write_catalog
from benchmarks.whole_run.log import find_results, write_log
from benchmarks.whole_run.queries import make_queries, write_truth
from benchmarks.whole_run.shape import ShopShape


def generate_shop(shape: ShopShape, folder: Path, *, seed: int = 0) -> None:
    """Write ``events/``, ``items.parquet``, ``taxonomy.csv`` and ``truth.parquet``.

    A folder that has all of them is left as it is.
    """
    done = folder / f"{shape.name}-{seed}.done"
    if done.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    shop = make_shop(shape, rng)
    write_catalog(shop, folder, rng)
    queries = make_queries(shop, shape.n_queries, rng)
    write_truth(shop, queries, folder / "truth.parquet")
    results = find_results(shop, queries, rng)
    write_log(shop, queries, results, shape.n_events, folder / "events", rng)
    done.touch()
