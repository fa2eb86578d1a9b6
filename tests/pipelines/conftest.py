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

from pipelines.audit import draw_audit_sample
from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.init import InitRequest, init_workspace
from pipelines.label import label
from pipelines.make_sample import write_sample
from pipelines.run import run_pipeline
from pipelines.sample.assumptions import Assumptions
from pipelines.stages import Run
from workbench.report import Report
from workbench.review.decisions import Decision
from workbench.review.store import DecisionStore
from workbench.workspace import Artefact, Workspace

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
    """A workspace that started from the shop's true labels, a tenth wrong, a tenth missing.

    They are plain names, for parted by attribute so few suspects are too few of a band.
    """
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
    config = init_workspace(root / "workspace", files, Terminal(quiet=True)).config_path
    parted = 'attribute_separator = ": "'
    assert parted in config.read_text()
    config.write_text(config.read_text().replace(parted, 'attribute_separator = ""'))
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

    def decide(
        workspace: Path, pairs: pd.DataFrame, verdict: str, *, batch_id: str | None = None
    ) -> None:
        decisions = [
            Decision(
                event_uid=str(uuid.uuid4()),
                decided_at=datetime(2026, 1, 5, tzinfo=UTC),
                reviewer="mika",
                instance_id=one.instance_id,
                label_id=one.label_id,
                verdict=verdict,
                batch_id=batch_id,
            )
            for one in pairs.itertuples()
        ]
        with DecisionStore(Workspace(workspace).decisions_location()) as store:
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


@pytest.fixture
def configure() -> Callable[..., None]:
    """Add lines to the configuration of a workspace, or choose its label model."""

    def add(folder: Path, text: str, method: str = "auto") -> None:
        path = folder / "workbench.toml"
        # The first is that of [label].
        told = path.read_text().replace('method = "auto"', f'method = "{method}"', 1)
        path.write_text(told + text)

    return add


@pytest.fixture
def labelled() -> Callable[[Path], tuple[Artefact, Report]]:
    """Bring the label stage up to date and return its artefact and report."""

    def bring_up_to_date(folder: Path) -> tuple[Artefact, Report]:
        workspace = Workspace(folder)
        run = Run(workspace, read_config(workspace.config_path), Terminal(quiet=True))
        with workspace.lock():
            artefact = label(run, ingest(run)).artefact
            run.settle()
        return artefact, Report.from_dict(artefact.json("report"))

    return bring_up_to_date


@pytest.fixture
def filled_in(configure: Callable[..., None]) -> Callable[..., pd.DataFrame]:
    """Draw an audit sample, let the known truth of the shop fill it in, and name it."""

    def fill_in(folder: Path, n: int = 200) -> pd.DataFrame:
        pair, out = ["instance_id", "label_id"], folder / "audit.csv"
        quiet = Terminal(quiet=True)
        draw_audit_sample(folder, draw=n, out=out, seed=1, overwrite=True, terminal=quiet)
        sheet = pd.read_csv(out, dtype="str", keep_default_na=False, encoding="utf-8-sig")
        truth = pd.read_parquet(folder.parent / "data" / "truth.parquet")
        known = pd.MultiIndex.from_frame(truth[pair])
        ids = sheet[pair].apply(lambda cells: cells.str.removeprefix("'"))
        present = pd.MultiIndex.from_frame(ids).isin(known)
        sheet["verdict"] = pd.Series(present).map({True: "present", False: "absent"})
        sheet.to_csv(out, index=False)
        configure(folder, '\n[inputs.reviewed]\npath = "audit.csv"\n')
        return sheet

    return fill_in


@pytest.fixture(scope="session")
def packed() -> Path:
    """A workspace as 0.1.0 laid it out, with its inputs, packed; see tests/fixtures."""
    return Path(__file__).parents[1] / "fixtures" / "workspace-0.1.0.tar.xz"
