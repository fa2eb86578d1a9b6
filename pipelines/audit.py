"""``workbench audit``: draw a random sample of pairs for people to fill in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from pipelines.candidates import scores_of_candidates, with_further
from pipelines.config import read_config
from pipelines.config_inputs import ReviewedInput
from pipelines.console import Terminal
from pipelines.out_files import check_out_file, path_to_write
from pipelines.review_effect import ENOUGH_OF_A_STATE, more_to_draw
from pipelines.reviewed import REVIEWED, read_reviewed_file
from pipelines.stages import Run
from workbench.errors import InputError, MissingArtefactError
from workbench.export.writers import safe_cells
from workbench.label_model import draw_audit, extend_audit
from workbench.matrices import LabelMatrix, PairScores, pairs_in
from workbench.report import MAX_EXAMPLES, Report
from workbench.tables import connect, find_columns
from workbench.workspace import Workspace, replace_file

_PAIR = ["instance_id", "label_id"]
_COLUMNS = ["text", "label_id", "verdict", "instance_id", "audit", "weight"]


def draw_audit_sample(
    folder: Path, *, draw: int, out: Path, seed: int, overwrite: bool, terminal: Terminal
) -> pd.DataFrame:
    """Write the sample as a CSV with an empty column ``verdict``, and return it.

    Raises
    ------
    InputError
        If the file exists.
    MissingArtefactError
        If the workspace was not run, or by an earlier version that kept less.
    """
    workspace = Workspace(folder)
    check_out_file(out, overwrite=overwrite, holds="verdicts")
    pool = _pool(workspace)
    sample = draw_audit(pool.pairs, draw, random_state=seed).assign(verdict="", audit=True)
    sheet = _write(workspace, sample, out)
    terminal.say(f"wrote {out}: {len(sheet):,} of {len(pool.pairs):,} {pool.what}, drawn at random")
    _tell_what_is_left_out(workspace, terminal)
    n, n_wanted = len(sample), _tell_states(sample, pool, terminal)
    if n_wanted:
        terminal.say(f"  draw {n + n_wanted:,} with --draw {n + n_wanted} --overwrite")
    _tell_what_to_do(workspace, out, terminal)
    return sheet


def extend_audit_sample(
    folder: Path, *, more: int, out: Path, seed: int, overwrite: bool, terminal: Terminal
) -> pd.DataFrame:
    """Write the configured file of reviewed pairs with further pairs, and return it.

    All rows of the file keep their verdict; those of its random sample and the further ones are one
    random sample, by new weights.

    Raises
    ------
    InputError
        If ``out`` exists, no reviewed pairs are configured, their file breaks its contract, or all
        pairs are drawn already.
    """
    workspace = Workspace(folder)
    run = Run(workspace, read_config(workspace.config_path), terminal)
    source = run.config.inputs.reviewed
    if source is None:
        raise InputError(
            f"--more adds to the file of [inputs.reviewed], which {workspace.config_path} does not "
            "name; draw a first sample with --draw"
        )
    check_out_file(out, overwrite=overwrite, holds="verdicts")
    pool = _pool(workspace)
    known = _known_rows(run, source)
    sample = extend_audit(pool.pairs, known[known["audit"]], more, random_state=seed)
    rows = _with_sample(known, sample)
    sheet = _write(workspace, rows, out)
    terminal.say(
        f"wrote {out}: the {len(known):,} rows of {source.path} with their verdicts, and "
        f"{len(rows) - len(known):,} more; {len(sample):,} of {len(pool.pairs):,} {pool.what} are "
        "drawn at random now"
    )
    _tell_outside(known[known["audit"]], sample, pool, terminal)
    _tell_dropped_columns(run, source, terminal)
    n_wanted = _tell_states(sample, pool, terminal)
    if n_wanted:
        terminal.say(f"  add {n_wanted:,} with --more {n_wanted}, once this file is configured")
    _tell_what_to_do(workspace, out, terminal)
    return sheet


@dataclass(frozen=True)
class _Pool:
    """What a sample is drawn from.

    Parameters
    ----------
    pairs : DataFrame with instance_id, label_id, posterior
        In bands of ``posterior``. Where nothing was voted it is the score, and there is a column
        ``given`` beside it.
    what : str
        What messages call the pairs.
    has_votes : bool
    """

    pairs: pd.DataFrame
    what: str
    has_votes: bool


def _pool(workspace: Workspace) -> _Pool:
    labelled = workspace.artefact("label")
    posterior = labelled.table("posterior")
    if posterior.empty:
        kept = workspace.artefact("score")
        if not kept.holds("voted.shape.npy"):
            raise MissingArtefactError(workspace.made_earlier("the scores"))
        scored = _scored(labelled.labels(), scores_of_candidates(kept))
        first = workspace.latest_labels().base
        what = f"given pairs of labels {first} and candidates for missing ones"
        return _Pool(scored, what, has_votes=False)
    voted = posterior[posterior["votes_for"] + posterior["votes_against"] > 0]
    return _Pool(voted, "pairs with a vote", has_votes=True)


def _scored(given: LabelMatrix, scores: PairScores) -> pd.DataFrame:
    """Return the given and the scored pairs with their score; those that were not judged have 0."""
    unjudged = csr_array(
        (np.zeros(given.n_given, np.float32), given.values.indices, given.values.indptr),
        shape=given.values.shape,
    )
    pairs = with_further(scores, PairScores(unjudged, given.instance_ids, given.label_ids))
    rows, columns = pairs.rows_of_pairs(), pairs.values.indices
    return pd.DataFrame(
        {
            "instance_id": given.instance_ids.take(rows),
            "label_id": given.label_ids.take(columns),
            "posterior": pairs.values.data,
            "given": pairs_in(given.values, rows, columns) >= 0,
        }
    )


def _known_rows(run: Run, source: ReviewedInput) -> pd.DataFrame:
    """Return all rows of the configured file, with verdict "" where it is not filled in."""
    ingested = run.workspace.artefact("ingest")
    instance_ids = ingested.table("instances", columns=["instance_id"])["instance_id"]
    label_ids = ingested.table("labels", columns=["label_id"])["label_id"]
    known = read_reviewed_file(
        run, source, pd.Index(instance_ids), pd.Index(label_ids), "error", Report()
    )
    return known.assign(verdict=known["verdict"].fillna(""))


def _with_sample(known: pd.DataFrame, sample: pd.DataFrame) -> pd.DataFrame:
    """Return the known rows with the weights of the sample, then its further pairs."""
    known, weight = known.set_index(_PAIR), sample.set_index(_PAIR)["weight"]
    further = weight[~weight.index.isin(known.index)].to_frame().assign(verdict="", audit=True)
    # A pair that was reviewed for a reason may be drawn too.
    known["audit"] |= known.index.isin(weight.index)
    known["weight"] = weight.reindex(known.index).fillna(known["weight"])
    return pd.concat([known, further]).reset_index()


def _write(workspace: Workspace, sample: pd.DataFrame, out: Path) -> pd.DataFrame:
    """Write the sample with the text of its instances, as people want to read it."""
    instances = workspace.artefact("ingest").table("instances", columns=["instance_id", "text"])
    rows = sample.merge(instances, how="left", on="instance_id")
    sheet = rows.assign(
        text=rows["text"].fillna(""), audit=rows["audit"].map({True: "true", False: "false"})
    )[_COLUMNS]
    escaped = {n: safe_cells(sheet[n]) for n in ("instance_id", "text", "label_id")}
    # The sign at the beginning tells spreadsheets that it is UTF-8.
    replace_file(out, "\ufeff" + sheet.assign(**escaped).to_csv(index=False))
    return sheet


def _tell_states(sample: pd.DataFrame, pool: _Pool, terminal: Terminal) -> int:
    """Say how many pairs of each state to expect; return how many more to draw if one is rare."""
    if not pool.has_votes:
        n_given = int(sample.merge(pool.pairs)["given"].sum())
        terminal.say(
            f"{n_given:,} of them are given; 'weight' says how many pairs each stands for. Filled "
            "in, the sample corrects the estimated numbers of wrong and missing pairs; workbench "
            "apply corrects its pairs"
        )
        return 0
    n_pairs, sample = len(pool.pairs), sample.merge(pool.pairs)
    n, n_present = len(sample), float(sample["posterior"].sum())
    terminal.say(f"if the label model is right, about {n_present:.0f} of them are present")
    n_rare = min(n_present, n - n_present)
    if n_rare >= ENOUGH_OF_A_STATE:
        return 0
    what = f"to compare label models {ENOUGH_OF_A_STATE} of each state are better"
    if n == n_pairs:
        terminal.say(f"{what}, but all pairs with a vote are drawn already")
        return 0
    terminal.say(f"{what}:")
    return min(more_to_draw(n, n_rare), n_pairs - n)


def _tell_what_is_left_out(workspace: Workspace, terminal: Terminal) -> None:
    """Say that verdicts of a file that is configured already are not in a new one."""
    source = read_config(workspace.config_path).inputs.reviewed
    if source is not None:
        terminal.warn(
            f"the verdicts of {source.path}, which [inputs.reviewed] names, are not in it and no "
            "longer count once it takes that place; --more draws further pairs beside them"
        )


def _tell_outside(
    drawn: pd.DataFrame, sample: pd.DataFrame, pool: _Pool, terminal: Terminal
) -> None:
    """Say how many pairs drawn before are no longer among those that are drawn from."""
    inside = pd.MultiIndex.from_frame(sample[_PAIR])
    outside = drawn.loc[~pd.MultiIndex.from_frame(drawn[_PAIR]).isin(inside), _PAIR]
    if len(outside):
        examples = [" / ".join(pair) for pair in outside.head(MAX_EXAMPLES).to_numpy().tolist()]
        terminal.say(
            f"pairs drawn before that are none of the {pool.what} today: {len(outside):,}, such as "
            f"{examples}; their rows keep verdict and weight, but stand for no pair while they are "
            f"none: without them the weights add up to {len(pool.pairs):,}"
        )


def _tell_dropped_columns(run: Run, source: ReviewedInput, terminal: Terminal) -> None:
    """Say which columns of the user's own are not in the new file."""
    kept = {source.columns.get(column.name, column.name) for column in REVIEWED.columns}
    found = find_columns(connect(), run.path(source.path))
    dropped = [name for name in found if name not in kept | {"text"}]
    if dropped:
        terminal.say(f"left out are the columns of {source.path} that are not read: {dropped}")
    if source.columns:
        terminal.say("the new file has our names of columns: remove 'columns' of [inputs.reviewed]")


def _tell_what_to_do(workspace: Workspace, out: Path, terminal: Terminal) -> None:
    terminal.say(
        "fill in 'verdict' with present, absent or unsure; then write into "
        f"{workspace.config_path}, or, if [inputs.reviewed] is there, change its path:"
    )
    terminal.say("[inputs.reviewed]")
    terminal.say(f"path = {path_to_write(out, workspace.root)}")
