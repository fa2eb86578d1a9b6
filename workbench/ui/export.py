"""The label versions with their lineage, how the next one is made, and what has been exported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from workbench.export import write_export
from workbench.ui import markup
from workbench.ui.data import read_unapplied
from workbench.ui.lacking import lacking
from workbench.ui.snapshot import Snapshot
from workbench.workspace import Artefact, LabelVersion

MAX_FILES = 40
# Of a folder with more files than these it is not even looked which are the newest.
MAX_SEEN = 5000
# A download is held in memory while it is sent.
MAX_DOWNLOAD = 50_000_000
# Instances of a version that is made for a download: some 30 MB of text at a time.
MAX_MADE = 100_000

_FOR = {
    "parquet": "Training, exact",
    "jsonl": "Training, one JSON object a line",
    "csv": "Training, exact: not for spreadsheets",
    "sheet": "People and spreadsheets, formulas escaped",
    "xmc": "The Extreme Classification Repository's readers",
    "npz": "PECOS, scipy, scikit-learn",
    "huggingface": "datasets.load_dataset",
}
# Formats that are one file, and what it is called.
_MADE = {
    "sheet": "sheet.csv",
    "csv": "instances.csv",
    "parquet": "instances.parquet",
    "jsonl": "instances.jsonl",
}


@dataclass(frozen=True)
class ExportedFile:
    """A file below the folder of exports: its place there, its size and when it was written."""

    path: Path
    name: str
    n_bytes: int
    written: datetime


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    here = snapshot.workspace.quoted
    lead = "The labels, version by version, and the files for whoever goes on with them."
    st.html(markup.title("Export", lead))
    if not snapshot.versions:
        st.html(markup.notice("No labels yet", "Make them with:", f"workbench run {here}"))
        return
    st.html(markup.block(markup.heading("Label versions"), _versions(snapshot.versions)))
    if told := lacking(snapshot):
        st.html(markup.block(told))
    st.html(_commands(here, done(snapshot), _compared(snapshot)))
    st.html(_look_back(here, snapshot.versions))
    st.html(_formats(here))
    _draw_making(snapshot)
    _draw_exports(snapshot.workspace.exports_folder)


def exported_files(folder: Path) -> list[ExportedFile]:
    """Return the files below a folder, the newest first; links that lead out of it are none."""
    if not folder.is_dir():
        return []
    files = []
    for path in islice(folder.rglob("*"), MAX_SEEN):
        name = path.relative_to(folder)
        is_hidden = any(part.startswith(".") for part in name.parts)
        if is_hidden or not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            continue
        about = path.stat()
        written = datetime.fromtimestamp(about.st_mtime, UTC)
        files.append(ExportedFile(path, name.as_posix(), about.st_size, written))
    return sorted(files, key=lambda file: (-file.written.timestamp(), file.name))


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


def done(snapshot: Snapshot) -> list[str]:
    """Return of each step what is known of it for the newest labels, empty if it is to be done.

    Nothing is returned where verdicts come from files too, which are not read here.
    """
    newest = snapshot.latest
    if newest is None or snapshot.has_verdict_files:
        return []
    unapplied = read_unapplied(snapshot, newest)
    waits = unapplied.n_decided or unapplied.n_automatic
    model = snapshot.workspace.current().get(f"model {newest.name}", "")
    compared = any(
        model in one.manifest["models"].values() for one in snapshot.workspace.comparisons()
    )
    is_exported = (snapshot.workspace.exports_folder / newest.name).is_dir()
    return [
        "" if waits else f"No decision waits: {newest.name} holds them all.",
        f"{newest.name} is exported."
        if is_exported
        else f"Not in {snapshot.workspace.exports_folder}; what --out wrote elsewhere is not seen.",
        f"There is a model of {newest.name}." if model else "",
        "There is one version only."
        if newest.parent is None
        else f"The model of {newest.name} is compared."
        if compared
        else "",
    ]


def _compared(snapshot: Snapshot) -> str:
    """Return the newest version and the last one before that has a model, as an argument."""
    newest, workspace = snapshot.latest, snapshot.workspace
    if newest is None or newest.parent is None:
        return ""
    before = [one.name for one in workspace.lineage(newest)[1:]]
    with_model = [name for name in before if f"model {name}" in workspace.current()]
    return f" {(with_model or before)[0]} {newest.name}"


def _commands(here: str, done: list[str], compared: str) -> str:
    steps = [
        ("Make the next version from the decisions", f"workbench apply {here}"),
        ("Export the newest labels in every format", f"workbench export {here}"),
        ("Train a model on them", f"workbench retrain {here}"),
        ("Compare it with the model before", f"workbench compare {here}{compared}"),
    ]
    coming = done.index("") if "" in done else -1
    lines = "".join(
        f"<li>{'<b>Next:</b> ' * (n == coming)}{markup.escape(what)}"
        f"{markup.soft(done[n]) if done and done[n] else ''}{markup.code(command)}</li>"
        for n, (what, command) in enumerate(steps)
    )
    return markup.block(
        markup.heading("What comes next"),
        markup.soft("The app shows; these commands make. A version never changes."),
        f'<ol class="wb-steps">{lines}</ol>',
    )


def _look_back(here: str, versions: tuple[LabelVersion, ...]) -> str:
    steps = [("Which decisions each version rests on", f"workbench log {here}")]
    if len(versions) > 1:
        older = versions[-1].parent or versions[-2].name
        command = f"workbench diff {here} {older} {versions[-1].name}"
        steps.append(("What the newest version changed, and why", command))
    lines = "".join(
        f"<li>{markup.escape(what)}{markup.code(command)}</li>" for what, command in steps
    )
    return markup.block(markup.heading("Looking back"), f'<ul class="wb-steps">{lines}</ul>')


def _formats(here: str) -> str:
    """Return what each format is for and the command that writes it."""
    rows = [
        [markup.escape(what), markup.code(f"workbench export {here} --format {name}")]
        for name, what in _FOR.items()
    ]
    extra = markup.code(f"workbench export {here} --with names,provenance")
    return markup.block(
        markup.heading("Formats"),
        markup.table(["For", "Command"], rows),
        markup.soft("With a table of the labels, and who said so of each pair:"),
        extra,
    )


def _draw_making(snapshot: Snapshot) -> None:
    """Offer a version as a file, made when it is asked for, where that takes little memory."""
    ingested = snapshot.stages.get("ingest")
    if ingested is None or ingested.n_rows("instances") > MAX_MADE:
        return
    base = snapshot.workspace.current().get("base")
    names = [one.name for one in snapshot.versions[::-1] if base in (None, one.base)]
    if not names:
        return
    st.html(markup.heading("Download a version"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Version", names, key="made_version", width=120)
        kind = st.selectbox("Format", list(_MADE), key="made_format", width=160)
        version = snapshot.workspace.label_version(name)
        st.download_button(
            "Make and download",
            partial(made_file, version, ingested, kind),
            f"{name}-{_MADE[kind]}",
            key="made_download",
            on_click="ignore",
        )


def made_file(version: LabelVersion, ingested: Artefact, kind: str) -> bytes:
    """Return the file of a format that is one file, made in a folder that is removed again."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / version.name
        instances = ingested.table("instances")
        write_export(folder, version.labels(), instances, formats=[kind])
        return (folder / _MADE[kind]).read_bytes()


def _draw_exports(folder: Path) -> None:
    files = exported_files(folder)
    if not files:
        empty = markup.soft(f"{folder} is empty.")
        st.html(markup.block(markup.heading("Exported files"), empty))
        return
    rows = [
        [markup.escape(file.name), _size(file.n_bytes), f"{file.written:%Y-%m-%d %H:%M}"]
        for file in files[:MAX_FILES]
    ]
    hidden = len(files) - MAX_FILES
    st.html(
        markup.heading("Exported files")
        + markup.soft(str(folder))
        + markup.table(["File", "Size", "Written (UTC)"], rows, numbers=[1, 2])
        + (
            markup.soft(f"The {MAX_FILES} newest of {len(files):,} are shown.")
            if hidden > 0
            else ""
        )
    )
    _draw_download(files)


def _draw_download(files: list[ExportedFile]) -> None:
    names = [file.name for file in files]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("File", names, key="export_file", width=320)
        file = files[names.index(chosen)]
        if file.n_bytes <= MAX_DOWNLOAD:
            st.download_button(
                "Download", file.path.read_bytes, file.path.name, key="download", on_click="ignore"
            )
    if file.n_bytes > MAX_DOWNLOAD:
        told = f"{_size(file.n_bytes)} are too much for a download here; the file is {file.path}"
        st.html(markup.soft(told))


def _size(n_bytes: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= scale:
            return f"{n_bytes / scale:.1f} {unit}"
    return f"{n_bytes} B"
