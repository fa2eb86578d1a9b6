"""A workspace of the generated shop, made and run by the command as a user would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

_COMMAND = [sys.executable, "-c", "from pipelines.cli import main; main()"]
_ATTRIBUTES = ("brand", "series", "model", "compatibility", "style", "material", "color", "size")


def make_workspace(shop: Path, folder: Path) -> None:
    """Start a workspace, and name the attributes that `workbench init` leaves out."""
    shutil.rmtree(folder, ignore_errors=True)
    inputs = {
        "--clicks": shop / "events",
        "--catalog": shop / "items.parquet",
        "--taxonomy": shop / "taxonomy.csv",
    }
    options = [str(part) for option in inputs.items() for part in option]
    subprocess.run([*_COMMAND, "init", str(folder), *options, "--quiet"], check=True)
    config = folder / "workbench.toml"
    named = ", ".join(f'{name.capitalize()} = "{name}"' for name in _ATTRIBUTES)
    text = config.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^attributes = .*$", f"attributes = {{ {named} }}", text)
    config.write_text(text, encoding="utf-8")


def run_workspace(folder: Path, *, n_threads: int) -> list[dict[str, Any]]:
    """Run the pipeline in a process of its own; return what the run report says of its stages."""
    threads = {f"{name}_NUM_THREADS": str(n_threads) for name in ("OMP", "OPENBLAS", "NUMBA")}
    subprocess.run([*_COMMAND, "run", str(folder)], check=True, env=os.environ | threads)
    report = json.loads((folder / "reports" / "run.json").read_text(encoding="utf-8"))
    stages: list[dict[str, Any]] = report["stages"]
    return stages
