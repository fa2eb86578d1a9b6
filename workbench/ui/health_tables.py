"""Tables of the overview: what could be judged, and how much is estimated to be wrong."""

from __future__ import annotations

import pandas as pd

from workbench.plurals import plural
from workbench.ui import markup
from workbench.ui.snapshot import Snapshot

# The rest is counted in the line for all pairs.
MAX_ATTRIBUTES = 20


def coverage(snapshot: Snapshot) -> str:
    """Return how much was judged; an absent issue says nothing about a pair that was not."""
    known = snapshot.json("flag", "coverage")
    if not known:
        return ""
    n_given, n_judged = int(known.get("n_given", 0)), int(known.get("n_given_judged", 0))
    rows = [
        ("Given pairs, looked through for wrong ones", n_judged, ""),
        ("Other pairs, looked through for missing ones", int(known.get("n_candidates", 0)), ""),
        ("Given pairs that were not judged", n_given - n_judged, ""),
    ]
    unjudged = snapshot.table("flag", "unjudged")
    if not unjudged.empty:
        parts = unjudged.groupby("reason").agg(n_pairs=("n_pairs", "sum"), n=("label_id", "size"))
        for reason, part in parts.iterrows():
            labels = plural(int(part["n"]), "label")
            rows.append((f"· {reason}", int(part["n_pairs"]), labels))
    cells = [[markup.escape(what), markup.count(n), markup.escape(of)] for what, n, of in rows]
    return markup.block(
        markup.heading("What could be judged, and what could not"),
        markup.soft("A pair that was not judged is never flagged, and that says nothing about it."),
        f'<div class="wb-narrow">{markup.table(["", "Pairs", "Of"], cells, numbers=[1, 2])}</div>',
    )


def estimates(snapshot: Snapshot) -> str:
    """Return how many pairs are estimated to be wrong and missing, the worst attributes first."""
    noise = snapshot.table("flag", "noise", scope=["all", "attribute"])
    if noise.empty:
        return ""
    known = noise[noise["scope"] == "attribute"]
    parts = known.nlargest(MAX_ATTRIBUTES, "estimated_wrong")
    more = (
        "" if len(known) <= len(parts) else f" The {len(parts)} attributes with most wrong pairs."
    )
    cells = [
        [
            markup.escape("All pairs" if one["scope"] == "all" else one["name"]),
            markup.count(int(one["n_judged"])),
            *(_range(one, kind) for kind in ("wrong", "missing")),
        ]
        for _, one in pd.concat([noise[noise["scope"] == "all"], parts]).iterrows()
    ]
    header = ["", "Given, judged", "Wrong", "Missing"]
    return markup.block(
        markup.heading("Estimated noise"),
        markup.soft(
            "Of all pairs, worth a look or not. By the model alone, the bounds reach as far as "
            "estimates were off on six data sets; a random sample of pairs (workbench audit), once "
            "reviewed, makes them bounds of 95 %." + more
        ),
        markup.table(header, cells, numbers=[1, 2, 3]),
    )


def _range(row: pd.Series, kind: str) -> str:
    names = (f"estimated_{kind}", f"{kind}_low", f"{kind}_high")
    estimate, low, high = (markup.count(round(row[name])) for name in names)
    return markup.escape(f"{estimate} ({low} to {high})")
