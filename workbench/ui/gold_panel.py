"""Gold pairs on the page Team: taken from a file or from adjudicators, listed, removed."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import streamlit as st

from workbench.errors import InputError
from workbench.plurals import plural
from workbench.report import Report
from workbench.review.decisions import PAIR
from workbench.review.gold import GoldPairs
from workbench.review.team import Member
from workbench.tables import Column, Contract, connect, read_table, to_frame
from workbench.ui import markup
from workbench.ui.data import read_labels_table
from workbench.ui.snapshot import Snapshot

_CHOICES = ("present", "absent", "unsure")
VERDICTS = Contract(
    "gold pairs",
    (
        Column("instance_id", "text", setting=None),
        Column("label_id", "text", setting=None),
        Column("verdict", "text", nullable=True, choices=_CHOICES, setting=None),
    ),
    key=("instance_id", "label_id"),
)
_SAID = "gold_said"
MAX_NAMED = 5


def draw_gold(snapshot: Snapshot, gold: GoldPairs, member: Member) -> None:
    """Draw what an admin does with gold pairs."""
    pairs = gold.pairs()
    n_present = int((pairs["verdict"] == "present").sum())
    told = "Pairs whose verdict is known, put among the others to see how well people judge. "
    told += (
        f"There {'is' if len(pairs) == 1 else 'are'} {plural(len(pairs), 'gold pair')}, "
        f"{n_present:,} of them present."
        if len(pairs)
        else "There are none yet."
    )
    st.html(markup.heading("Gold pairs") + markup.soft(told))
    if said := st.session_state.pop(_SAID, ""):
        st.html(markup.soft(said))
    with st.container(horizontal=True):
        if st.button("Use what adjudicators settled", key="gold_settled"):
            n = gold.set_settled(member, now=datetime.now(UTC))
            _tell(f"{plural(n, 'pair')} that adjudicators settled became gold.")
        if len(pairs) and st.button("Remove all", key="gold_remove"):
            _tell(f"{plural(gold.remove(pairs, member), 'pair')} removed.")
    with st.form("gold", border=False, clear_on_submit=True):
        upload = st.file_uploader(
            "A table: instance_id, label_id, verdict", ["csv", "tsv", "parquet", "jsonl"]
        )
        if st.form_submit_button("Make them gold") and upload is not None:
            found, left_out = read_gold(snapshot, upload.name, upload.getvalue())
            n = gold.set(found, member, now=datetime.now(UTC))
            _tell(f"{plural(n, 'pair')} of {len(found):,} are new or changed.{left_out}")


def read_gold(snapshot: Snapshot, name: str, content: bytes) -> tuple[pd.DataFrame, str]:
    """Return the pairs of a table that can be gold, and what is left out in a sentence.

    Raises
    ------
    InputError
        If the table breaks its contract.
    """
    with tempfile.TemporaryDirectory() as folder:
        # The name is the visitor's: nothing but what it says of the form is taken over.
        path = Path(folder) / f"upload{Path(name).suffix.lower()}"
        path.write_bytes(content)
        found = to_frame(read_table(connect(), path, VERDICTS, report=Report()))
    blank = ~found["verdict"].isin(["present", "absent"])
    known = found["label_id"].isin(read_labels_table(snapshot, snapshot.key).index)
    asked = found["instance_id"].drop_duplicates().tolist()
    here = snapshot.table("ingest", "instances", instance_id=asked)["instance_id"]
    known &= found["instance_id"].isin(here)
    strange = found[~known]
    if len(found) and not known.any():
        raise InputError(
            f"none of the {plural(len(found), 'pair')} is of a text and a label of this "
            f"workspace: {_named(strange)}; instance_id is the query in normal form"
        )
    told = (
        f" Without a verdict, or unsure: {plural(int(blank.sum()), 'row')}." if blank.any() else ""
    )
    if len(strange):
        told += f" Unknown here: {plural(len(strange), 'row')}, such as {_named(strange)}."
    return found.loc[known & ~blank, [*PAIR, "verdict"]], told


def _named(pairs: pd.DataFrame) -> str:
    named = (pairs["instance_id"] + " / " + pairs["label_id"]).head(MAX_NAMED)
    return ", ".join(map(repr, named))


def _tell(text: str) -> None:
    st.session_state[_SAID] = text
    st.rerun()
