"""Automatic corrections as label versions hold them."""

from __future__ import annotations

import pandas as pd

from workbench.review.decisions import PAIR
from workbench.workspace.label_versions import LabelVersion
from workbench.workspace.layout import Workspace

# The table of a label version with the corrections that nobody decided.
AUTOMATIC = "automatic"


def made_so_far(
    workspace: Workspace, newest: LabelVersion, *, undone: bool = False
) -> pd.DataFrame:
    """Return the automatic corrections in the lineage of a version, or those taken back in it."""
    standing, past = no_corrections(), no_corrections()
    for version in workspace.lineage(newest)[::-1]:
        if "undid_automatic" in version.artefact.manifest:
            past, standing = pd.concat([past, standing], ignore_index=True), no_corrections()
        if version.artefact.holds(f"{AUTOMATIC}.parquet"):
            made = version.artefact.table(AUTOMATIC)
            standing = pd.concat([standing, made], ignore_index=True)
    return past if undone else standing


def no_corrections() -> pd.DataFrame:
    """Return the table of corrections without a row."""
    types = dict.fromkeys((*PAIR, "verdict", "kind", "attribute"), "str") | {"band": "float64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})
