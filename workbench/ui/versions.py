"""The label versions with their lineage, and what has been exported."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.plurals import plural
from workbench.ui import markup
from workbench.ui.snapshot import Snapshot
from workbench.workspace import LabelVersion

MAX_FILES = 40


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    here = snapshot.workspace.quoted
    st.html(markup.title("Versions", "A label version never changes; each names its parent."))
    if not snapshot.versions:
        st.html(markup.notice("No labels yet", "Make them with:", f"workbench run {here}"))
        return
    st.html(markup.block(_versions(snapshot.versions)))
    left, right = st.columns(2, gap="large")
    with left:
        st.html(
            _command(
                "Make the next version from the decisions",
                "Every pair that was judged present or absent is set; the rest stays.",
                f"workbench apply {here}",
            )
        )
    with right:
        st.html(
            _command(
                "Export the newest labels",
                "Parquet, JSON lines, CSV and the format of the Extreme Classification Repository.",
                f"workbench export {here}",
            )
        )
    st.html(_exports(snapshot.workspace.exports_folder))


def _versions(versions: tuple[LabelVersion, ...]) -> str:
    header = ["Version", "Made from", "By", "When (UTC)", "Given pairs", "Added", "Removed"]
    rows = [_row(version) for version in versions[::-1]]
    return markup.table(header, rows, numbers=[4, 5, 6])


def _row(version: LabelVersion) -> list[str]:
    manifest = version.artefact.manifest
    counts = [
        markup.count(int(manifest[name])) if manifest.get(name) is not None else ""
        for name in ("n_given", "added", "removed")
    ]
    when = str(manifest.get("created_at", ""))[:16].replace("T", " ")
    return [
        f"<b>{markup.escape(version.name)}</b>",
        markup.escape(version.parent or "the inputs"),
        markup.escape(str(manifest.get("made_by", "")).replace("_", " ")),
        markup.escape(when),
        *counts,
    ]


def _command(heading: str, text: str, command: str) -> str:
    return markup.block(
        f'<div class="wb-heading">{markup.escape(heading)}</div>',
        markup.soft(text),
        f'<p><code class="wb-code">{markup.escape(command)}</code></p>',
    )


def _exports(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.exists() else []
    heading = '<div class="wb-heading">Exports</div>'
    if not files:
        return markup.block(heading, markup.soft(f"{folder} is empty."))
    rows = [
        [markup.escape(path.relative_to(folder).as_posix()), _size(path.stat().st_size)]
        for path in files[:MAX_FILES]
    ]
    hidden = len(files) - MAX_FILES
    more = markup.soft(f"and {plural(hidden, 'more file')}") if hidden > 0 else ""
    return markup.block(
        heading, markup.soft(str(folder)), markup.table(["File", "Size"], rows, numbers=[1]), more
    )


def _size(n_bytes: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= scale:
            return f"{n_bytes / scale:.1f} {unit}"
    return f"{n_bytes} B"
