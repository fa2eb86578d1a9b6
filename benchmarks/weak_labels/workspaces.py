"""A workspace with votes, made by the pipeline's own first two stages."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipelines.config import read_config
from pipelines.console import Terminal
from pipelines.ingest import ingest
from pipelines.init import InitRequest, init_workspace
from pipelines.label import label
from pipelines.stages import Run
from workbench.workspace import Workspace

QUIET = Terminal(quiet=True)


def make_workspace(folder: Path, request: InitRequest) -> Workspace:
    """Return a fresh workspace in which signals were read and votes cast."""
    shutil.rmtree(folder, ignore_errors=True)
    workspace = init_workspace(folder, request, QUIET)
    run = Run(workspace, read_config(workspace.config_path), QUIET)
    label(run, ingest(run))
    run.settle()
    return workspace
