"""``workbench predict``: label texts with a trained model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from pipelines.console import Terminal
from pipelines.out_files import check_out_file
from pipelines.out_tables import TABLE_ENDINGS, write_out_table
from pipelines.texts_to_label import read_texts
from workbench.errors import InputError
from workbench.features import TextFeatures
from workbench.plurals import plural
from workbench.sparse import rows_of
from workbench.ui.words import unknown_words
from workbench.workspace import Artefact, Workspace
from workbench.workspace.trained_models import (
    Model,
    features_of,
    load_model,
    load_vectoriser,
    newest_model,
)

_MAX_WORDS = 4


def predict_texts(
    folder: Path,
    *,
    text: str | None,
    file: Path | None,
    out: Path | None,
    labels: str | None,
    k: int,
    explain: bool,
    model_id: str | None = None,
    threshold: float = 0.0,
    column: str | None = None,
    overwrite: bool = False,
    terminal: Terminal,
) -> pd.DataFrame:
    """Print the best labels of each text, or write them as a table; return that table.

    Parameters
    ----------
    file : Path, optional
        One text a line, or a table: .csv, .tsv, .parquet, .jsonl.
    labels : str, optional
        The label version whose current model is asked.
    model_id : str, optional
        The model that is asked, instead.
    threshold : float
        Labels of a lower score are left out.
    column : str, optional
        Which column of a table holds the texts.
    overwrite : bool
        Replace a file that lies there.

    Returns
    -------
    DataFrame
        Columns row (the line of the text in the file, or the row of the table, from 1; blank ones
        count and have no label), text, label_id, score, and if explained words; the best label of
        a text first.

    Raises
    ------
    InputError
        If there is no text to label or both a text and a file, or ``out`` is of an unknown kind
        or lies there already.
    MissingArtefactError
        If there is no such model, or its features are gone.
    """
    workspace = Workspace(folder)
    if labels is not None and model_id is not None:
        raise InputError(f"found both --labels {labels} and --model {model_id}; give one of them")
    numbered = read_texts(text, file, column)
    if out is not None:
        check_out_file(out, overwrite=overwrite, endings=TABLE_ENDINGS)
    artefact = newest_model(workspace, labels) if model_id is None else workspace.model(model_id)
    asked = _Asked(
        load_model(artefact),
        load_vectoriser(features_of(workspace, artefact)),
        _label_ids(workspace, artefact),
    )
    X = asked.vectoriser.transform(list(numbered.values()))
    predicted = _at_least(threshold, asked.model.predict(X, k=k))
    known = np.diff(X.indptr) > 0
    # Without a word that the model knows, its answer is the same for every text.
    frame = _table(predicted[known], numbered, known, asked.label_ids)
    if explain:
        frame = _with_words(frame, asked, X, numbered)
    if out is None:
        terminal.say(f"model {artefact.folder.name}")
        _print_texts(frame, threshold, asked, X, numbered, terminal)
    else:
        write_out_table(frame, out)
        terminal.say(
            f"wrote {plural(len(frame), 'label')} of {plural(len(numbered), 'text')} to {out}, by "
            f"model {artefact.folder.name}"
        )
        _tell_without_labels(predicted, known, threshold, terminal)
    return frame


@dataclass(frozen=True, eq=False)
class _Asked:
    """A model with the names of both axes."""

    model: Model
    vectoriser: TextFeatures
    label_ids: pd.Index


def _at_least(threshold: float, scores: csr_array) -> csr_array:
    if threshold > 0:
        scores.data[scores.data < threshold] = 0
        scores.eliminate_zeros()
    return scores


def _label_ids(workspace: Workspace, model: Artefact) -> pd.Index:
    return workspace.label_version(model.manifest["label_version"]).labels().label_ids


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


def _with_words(
    frame: pd.DataFrame, asked: _Asked, X: csr_array, numbered: dict[int, str]
) -> pd.DataFrame:
    """Return the table with the features that count most for each label, and by how much."""
    places = {number: row for row, number in enumerate(numbered)}
    columns = asked.label_ids.get_indexer(pd.Index(frame["label_id"]))
    words = []
    for number, column in zip(frame["row"], columns, strict=True):
        found = asked.model.explain(X[[places[number]]], int(column), top=_MAX_WORDS)
        names = asked.vectoriser.feature_names_
        words.append("  ".join(f"{names[feature]} {value:+.1f}" for feature, value in found))
    return frame.assign(words=pd.Series(words, frame.index, dtype="str"))


def _tell_without_labels(
    predicted: csr_array, known: NDArray[np.bool_], threshold: float, terminal: Terminal
) -> None:
    """Say how many texts are not in the table, and why."""
    if n_unknown := int((~known).sum()):
        have = plural(n_unknown, "text has", "texts have")
        terminal.say(f"{have} no word that the model knows: no label")
    if n_below := int((np.diff(predicted.indptr)[known] == 0).sum()):
        have = plural(n_below, "text has", "texts have")
        terminal.say(f"{have} no label of a score of {threshold:g} or more")


def _print_texts(
    frame: pd.DataFrame,
    threshold: float,
    asked: _Asked,
    X: csr_array,
    numbered: dict[int, str],
    terminal: Terminal,
) -> None:
    """Print every text with its labels, until nobody reads on."""
    by_row = dict(list(frame.groupby("row", sort=False)))
    for row, (number, text) in enumerate(numbered.items()):
        if not terminal.is_read:
            break
        terminal.say()
        terminal.say(text)
        _print_labels(by_row.get(number), threshold, asked, X[[row]], text, terminal)


def _print_labels(
    found: pd.DataFrame | None,
    threshold: float,
    asked: _Asked,
    x: csr_array,
    text: str,
    terminal: Terminal,
) -> None:
    """Print the labels of one text, and which of its words are unknown."""
    if not x.nnz:
        terminal.say("  no word of this text is known to the model")
        return
    for row in [] if found is None else found.to_dict("records"):
        words = str(row.get("words", ""))
        terminal.say(f"  {row['score']:.2f}  {row['label_id']:<44} {words}".rstrip())
    if found is None:
        terminal.say(f"  no label has a score of {threshold:g} or more")
    names = [str(asked.vectoriser.feature_names_[feature]) for feature in x.indices]
    if unknown := unknown_words(text, names):
        terminal.say(f"  unknown to the model: {', '.join(unknown)}")
