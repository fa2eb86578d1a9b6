"""``workbench predict``: label texts with a trained model."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.console import Terminal
from pipelines.out_files import check_out_file
from pipelines.training import Model, load_model
from workbench.errors import InputError, MissingArtefactError
from workbench.features import TextFeatures
from workbench.sparse import rows_of
from workbench.workspace import Artefact, Workspace


def predict_texts(
    folder: Path,
    *,
    text: str | None,
    file: Path | None,
    out: Path | None,
    labels: str | None,
    k: int,
    explain: bool,
    terminal: Terminal,
) -> pd.DataFrame:
    """Print the best labels of each text, or write them as a table; return that table.

    Returns
    -------
    DataFrame
        Columns row (the line of the text in the file, from 1; blank lines count and have no
        label), text, label_id, score; the best label of a text first.

    Raises
    ------
    InputError
        If there is no text to label or both a text and a file, or ``out`` is of an unknown kind.
    """
    workspace = Workspace(folder)
    numbered = _texts(text, file)
    texts = list(numbered.values())
    if out is not None:
        check_out_file(out, overwrite=True)
        if out.suffix not in (".csv", ".parquet"):
            raise InputError(f"--out {out}: expected a name that ends in .csv or .parquet")
    artefact = newest_model(workspace, labels)
    model, vectoriser = load_model(artefact), load_features(workspace, artefact)
    label_ids = _label_ids(workspace, artefact)
    X = vectoriser.transform(texts)
    predicted = model.predict(X, k=k)
    known = np.diff(X.indptr) > 0
    # Without a word that the model knows, its answer is the same for every text.
    frame = _table(predicted[known], numbered, known, label_ids)
    if out is not None:
        _write(frame, out)
        terminal.say(f"wrote {len(frame):,} labels of {len(texts):,} texts to {out}")
        if not known.all():
            terminal.say(
                f"{int((~known).sum()):,} texts have no word that the model knows: no label"
            )
        return frame
    terminal.say(f"model {artefact.folder.name}")
    for row, one in enumerate(texts):
        if not terminal.is_read:
            break
        terminal.say()
        terminal.say(one)
        _print_labels(predicted, X, row, model, vectoriser, label_ids, terminal, explain=explain)
    return frame


def newest_model(workspace: Workspace, labels: str | None) -> Artefact:
    """Return the current model of a label version, by default of the newest that has one.

    Raises
    ------
    MissingArtefactError
    """
    if labels is not None:
        return workspace.current_model(workspace.label_version(labels).name)
    trained = [name for name in workspace.current() if name.startswith("model v")]
    if not trained:
        raise MissingArtefactError(
            f"{workspace.root} has no model yet; make it with: workbench run {workspace.quoted}"
        )
    newest = max(int(name.removeprefix("model v")) for name in trained)
    return workspace.current_model(f"v{newest}")


def load_features(workspace: Workspace, model: Artefact) -> TextFeatures:
    """Return the vectoriser that the model was trained with.

    Raises
    ------
    MissingArtefactError
    """
    artefact = workspace.find_artefact("features", model.manifest["features"])
    if artefact is None:
        raise MissingArtefactError(
            f"the features of model {model.folder.name} are gone; train it again with: "
            f"workbench retrain --labels {model.manifest['label_version']}"
        )
    return TextFeatures.load(artefact.folder / "vectoriser")


def _label_ids(workspace: Workspace, model: Artefact) -> pd.Index:
    return workspace.label_version(model.manifest["label_version"]).labels().label_ids


def _texts(text: str | None, file: Path | None) -> dict[int, str]:
    """Return the texts by the number of their line; blank ones are left out."""
    if text is not None and file is not None:
        raise InputError(f"found both --file {file} and the text {text!r}; give one of them")
    if file is not None:
        if not file.is_file():
            raise InputError(f"--file {file} does not exist")
        try:
            lines = file.read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise InputError(f"{file} is not UTF-8 (byte {error.start}); convert it") from error
    elif text is not None:
        lines = [text]
    elif not sys.stdin.isatty():
        lines = sys.stdin.read().split("\n")
    else:
        lines = []
    numbered = {number: line for number, line in enumerate(lines, start=1) if line.strip()}
    if not numbered:
        raise InputError("nothing to label: give a text, --file, or texts on standard input")
    return numbered


def _table(
    predicted: csr_array, numbered: dict[int, str], known: NDArray[np.bool_], label_ids: pd.Index
) -> pd.DataFrame:
    """Return the predictions of the texts that are known, one row a label."""
    texts = pd.Series(numbered, dtype="str")[known]
    rows = rows_of(predicted)
    frame = pd.DataFrame(
        {
            "row": texts.index.to_numpy()[rows],
            "text": texts.to_numpy()[rows],
            "label_id": label_ids.to_numpy()[predicted.indices],
            "score": predicted.data,
        }
    )
    return frame.sort_values(["row", "score"], ascending=[True, False], ignore_index=True)


def _write(frame: pd.DataFrame, out: Path) -> None:
    if out.suffix == ".csv":
        frame.to_csv(out, index=False)
    else:
        frame.to_parquet(out, index=False)


def _print_labels(
    predicted: csr_array,
    X: csr_array,
    row: int,
    model: Model,
    vectoriser: TextFeatures,
    label_ids: pd.Index,
    terminal: Terminal,
    *,
    explain: bool,
) -> None:
    begin, end = predicted.indptr[row], predicted.indptr[row + 1]
    if begin == end or X.indptr[row] == X.indptr[row + 1]:
        terminal.say("  no word of this text is known to the model")
        return
    best = begin + np.argsort(-predicted.data[begin:end], kind="stable")
    for position in best:
        label = int(predicted.indices[position])
        words = ""
        if explain:
            found = model.explain(X[[row]], label, top=4)
            words = "  ".join(
                f"{vectoriser.feature_names_[feature]} {value:+.1f}" for feature, value in found
            )
        terminal.say(f"  {predicted.data[position]:.2f}  {label_ids[label]:<44} {words}")
