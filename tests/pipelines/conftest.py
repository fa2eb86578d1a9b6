"""A small generated shop and a workspace that was run on it once."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.console import Terminal
from pipelines.init import InitRequest, init_workspace
from pipelines.make_sample import write_sample
from pipelines.run import run_pipeline
from pipelines.sample.assumptions import Assumptions
from workbench.review.decisions import Decision
from workbench.review.store import DecisionStore
from workbench.workspace import Workspace

SMALL = Assumptions(n_items=400, n_lines=40, n_queries=700, n_draws=2500, n_searches=1800)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small shop."""
    folder = tmp_path_factory.mktemp("shop")
    write_sample(folder, seed=3, assumptions=SMALL)
    return folder


@pytest.fixture(scope="session")
def finished(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace beside the files of its shop, run once; not to be changed."""
    root = tmp_path_factory.mktemp("finished")
    shutil.copytree(shop, root / "data")
    request = InitRequest(
        clicks=root / "data" / "events.parquet",
        catalog=root / "data" / "items.csv",
        taxonomy=root / "data" / "taxonomy.csv",
        aliases=root / "data" / "aliases.csv",
    )
    init_workspace(root / "workspace", request, Terminal(quiet=True))
    run_pipeline(root / "workspace", terminal=Terminal(quiet=True), show=0)
    return root


@pytest.fixture(scope="session")
def finished_labels(shop: Path, finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that started from the shop's true labels, a tenth wrong, a tenth missing."""
    root = tmp_path_factory.mktemp("labels")
    (root / "data").mkdir()
    pairs = ["instance_id", "label_id"]
    true = pd.read_parquet(shop / "truth.parquet", columns=pairs)
    texts = Workspace(finished / "workspace").artefact("ingest").table("instances")
    rng = np.random.default_rng(0)
    fate = rng.random(len(true))
    other = pd.Series(rng.permutation(true["label_id"]), true.index)
    given = true.assign(label_id=true["label_id"].where(fate > 0.1, other))[fate < 0.9]
    true.to_parquet(root / "data" / "truth.parquet")
    texts[["instance_id", "text"]].to_csv(root / "data" / "texts.csv", index=False)
    given.drop_duplicates().to_csv(root / "data" / "labels.csv", index=False)
    files = InitRequest(texts=root / "data" / "texts.csv", labels=root / "data" / "labels.csv")
    init_workspace(root / "workspace", files, Terminal(quiet=True))
    run_pipeline(root / "workspace", terminal=Terminal(quiet=True), show=0)
    return root


@pytest.fixture
def workspace(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished workspace, free to be changed; its data lies in ``../data``."""
    shutil.copytree(finished, tmp_path / "copy")
    return tmp_path / "copy" / "workspace"


@pytest.fixture(scope="session")
def decide_in() -> Callable[[Path, pd.DataFrame, str], None]:
    """Record a verdict on many pairs of a workspace."""

    def decide(workspace: Path, pairs: pd.DataFrame, verdict: str) -> None:
        decisions = [
            Decision(
                event_uid=str(uuid.uuid4()),
                decided_at=datetime(2026, 1, 5, tzinfo=UTC),
                reviewer="mika",
                instance_id=one.instance_id,
                label_id=one.label_id,
                verdict=verdict,
            )
            for one in pairs.itertuples()
        ]
        with DecisionStore(Workspace(workspace).decisions_path) as store:
            store.record_many(decisions)

    return decide


@pytest.fixture
def decide_pairs(
    workspace: Path, decide_in: Callable[[Path, pd.DataFrame, str], None]
) -> Callable[[pd.DataFrame, str], None]:
    """Record a verdict on many pairs of the test's own workspace."""
    return partial(decide_in, workspace)


@pytest.fixture
def set_issues(workspace: Path) -> Callable[[str], None]:
    """Write a line under [issues] of the workspace's configuration, in place of the same key."""

    def write(line: str) -> None:
        path, key = workspace / "workbench.toml", line.split(" = ")[0]
        kept = [one for one in path.read_text().splitlines() if not one.startswith(f"{key} = ")]
        at = kept.index("[issues]") + 1
        path.write_text("\n".join([*kept[:at], line, *kept[at:]]) + "\n")

    return write
