"""The patterns as HTML: a row of the list, the rows of a sample, what a promise says."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from workbench.plurals import plural
from workbench.review.batches import LEAST_SHARE
from workbench.review.samples import Promise, Tally
from workbench.ui import markup

_VERDICT_CLASS = {"right": "wb-for", "wrong": "wb-against"}


def list_row(row: Mapping[Hashable, Any], n_decided: int, tally: Tally) -> str:
    """Return the figures of a pattern beside its name in the list."""
    n_issues = int(row["n_issues"])
    decided = f"{markup.count(n_decided)} of {markup.count(n_issues)} decided"
    n_errors, by = expected_errors(row, tally)
    # The gain is the model's: it says nothing more once people have looked.
    gain = f"gain {row['gain']:.1f} errors" if tally.expected_errors(n_issues) is None else by
    return (
        '<div class="wb-rows"><div class="wb-row wb-pattern">'
        f'<span>about {markup.escape(n_errors)} errors<br><span class="wb-soft wb-small">'
        f"{markup.escape(gain)}</span></span>"
        f'<span>{markup.bar(n_decided / max(n_issues, 1))}<span class="wb-soft wb-small">'
        f"{markup.escape(decided)}</span></span>"
        f'<span class="wb-soft wb-small">{markup.escape(sample_told(tally))}</span></div></div>'
    )


def expected_errors(row: Mapping[Hashable, Any], tally: Tally) -> tuple[str, str]:
    """Return how many issues of a pattern are likely errors, and who says so."""
    n_issues = int(row["n_issues"])
    of_sample = tally.expected_errors(n_issues)
    if of_sample is None:
        return markup.count(round(row["expected_errors"])), "errors expected by the model"
    return markup.count(round(of_sample)), "errors expected by the sample"


def sample_told(tally: Tally) -> str:
    """Return how far a sample is judged and what it said."""
    n_judged = tally.n_sample - tally.n_unjudged
    if not n_judged:
        return "sample not judged yet"
    unsure = f", {tally.n_unsure} unsure" if tally.n_unsure else ""
    of = "" if not tally.n_unjudged else f" of {tally.n_sample}"
    return f"sample: {tally.n_right} right of {n_judged} judged{of}{unsure}"


def sample_table(sample: pd.DataFrame) -> str:
    """Return the rows of a sample with text, label, reason and verdict."""
    rows = []
    for row in sample.to_dict("records"):
        verdict, said = row["verdict"], row["said"]
        chip = '<span class="wb-soft">open</span>'
        if pd.notna(said):
            tone = _VERDICT_CLASS.get(str(said), "")
            chip = f'<span class="wb-word wb-verdict {tone}">{markup.escape(verdict)}</span>'
        rows.append(
            [
                f"<b>{markup.escape(str(row['text'])[:300])}</b>",
                markup.escape(row["label_id"]),
                markup.escape(f"{row['kind']}?"),
                f'<span class="wb-soft wb-small">{markup.escape(row["reason"])}</span>',
                chip,
            ]
        )
    table = markup.table(["Text", "Label", "Flag", "Reason", "Verdict"], rows)
    return markup.block(f'<div class="wb-sample">{table}</div>')


def promise_told(promise: Promise) -> str:
    """Return in a sentence what the sample promises about the open pairs."""
    if promise.n_unjudged:
        told = (
            f"{plural(promise.n_unjudged, 'pair')} of the sample to judge before the others can be "
            "decided in one go."
        )
        if promise.n_pairs > promise.n_sample and promise.best_share < LEAST_SHARE:
            told += (
                f" Too many are wrong to promise {LEAST_SHARE:.0%}, whatever the rest is: "
                "another pattern may be better worth your time."
            )
        return told
    share = f"{promise.n_right} of {promise.n_sample} sampled flags are right"
    unsure = f" ({promise.n_unsure} unsure, counted as wrong)" if promise.n_unsure else ""
    if not promise.n_open:
        return f"{share}{unsure}. Every pair of this pattern is decided."
    if not promise.n_open_right:
        open_ones = plural(promise.n_open, "open one", "open ones")
        return f"{share}{unsure}: that promises nothing about the {open_ones}."
    return (
        f"{share}{unsure}: with 95 % confidence at least {markup.count(promise.n_open_right)} of "
        f"the {markup.count(promise.n_open)} open ones are right too."
    )


def too_little(promise: Promise, is_adjudicator: bool) -> str:
    """Return why a pattern cannot be decided in one go as it is, and what a member may do."""
    n_wrong = markup.count(promise.n_open - promise.n_open_right)
    way_out = (
        f"accept that up to {n_wrong} are wrong"
        if is_adjudicator
        else f"ask an adjudicator, who may accept that up to {n_wrong} are wrong"
    )
    return f"That is under {LEAST_SHARE:.0%}: judge the pairs one by one, or {way_out}."


def batch_told(row: Mapping[Hashable, Any]) -> str:
    """Return what a batch decided, what it promised and what its audit said."""
    when = f"{row['decided_at']:%Y-%m-%d %H:%M}"
    n, promised = int(row["n_pairs"]), int(row["n_promised"])
    n_said = int(row["n_agree"] + row["n_disagree"] + row["n_unsure"])
    unsure = f", {int(row['n_unsure'])} unsure" if row["n_unsure"] else ""
    audit = (
        f"Audit: {int(row['n_agree'])} agree, {int(row['n_disagree'])} disagree{unsure}, "
        f"{int(row['n_audit']) - n_said} open."
    )
    undone = "" if pd.isna(row["undone_by"]) else f" Undone by {row['undone_by']}."
    return (
        f"<div><b>{markup.escape(row['description'])}</b>"
        f'<div class="wb-soft wb-small">{markup.escape(plural(n, "pair"))}: '
        f"{markup.escape(row['verdict'])}, at least {markup.count(promised)} promised right. "
        f"{markup.escape(row['reviewer'])}, {markup.escape(when)} UTC.</div>"
        f'<div class="wb-small">{markup.escape(audit + undone)}</div></div>'
    )
