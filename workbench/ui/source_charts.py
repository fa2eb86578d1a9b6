"""The pictures of the sources: a small frame in, an Altair chart out."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench.ui.charts import BLUE, DEEPEST, FRAME, GREY, INKS, LEGEND, RED

CELL_HEIGHT = 42
# A grid of fewer pixels has its names aslant.
NARROW = 350
_SIGNED_PERCENT = "datum.value == 0 ? '0' : format(datum.value, '+.2~%')"


def agreement(frame: pd.DataFrame, sources: list[str], *, dark: bool = False) -> alt.Chart:
    """Return a grid of sources and sources, redder where they contradict each other more."""
    conflict = frame.assign(
        conflict=1 - frame["agreement"], told=[f"{_shortened(n)} pairs" for n in frame["n_both"]]
    )
    return _grid(
        conflict,
        x=_names("other", "Other source", sources, across=True),
        y=_names("source", "Source", sources),
        red="conflict",
        number="agreement",
        dark=dark,
        tooltip=[
            alt.Tooltip("source:N", title="Source"),
            alt.Tooltip("other:N", title="Other source"),
            alt.Tooltip("agreement:Q", title="Agree", format=".1%"),
            alt.Tooltip("n_both:Q", title="Pairs both vote on", format=","),
            alt.Tooltip("n_conflict:Q", title="Contradictions", format=","),
        ],
        n_rows=len(sources),
    )


def accuracy_by_attribute(
    frame: pd.DataFrame, sources: list[str], *, dark: bool = False
) -> alt.Chart:
    """Return a grid of attributes and sources, redder where a source is believed less."""
    attributes = frame["attribute"].drop_duplicates().tolist()
    error = frame.assign(
        error=1 - frame["accuracy"], told=[f"{_shortened(n)} votes" for n in frame["n_votes"]]
    )
    return _grid(
        error,
        x=_names("source", "Source", sources, across=True),
        y=_names("attribute", "Attribute", attributes),
        red="error",
        number="accuracy",
        dark=dark,
        tooltip=[
            alt.Tooltip("source:N", title="Source"),
            alt.Tooltip("attribute:N", title="Attribute"),
            alt.Tooltip("accuracy:Q", title="Learnt accuracy", format=".1%"),
            alt.Tooltip("accuracy_low:Q", title="Low", format=".1%"),
            alt.Tooltip("accuracy_high:Q", title="High", format=".1%"),
            alt.Tooltip("n_votes:Q", title="Votes", format=","),
        ],
        n_rows=len(attributes),
    )


def levels(frame: pd.DataFrame, sources: list[str]) -> alt.Chart:
    """Return how likely a pair is at each level of each source, with intervals."""
    ordered = frame.sort_values("level")["level_name"].drop_duplicates().tolist()
    base = alt.Chart(frame).encode(
        x=alt.X(
            "level_name:N",
            title="Level of the vote",
            sort=ordered,
            axis=alt.Axis(labelAngle=0, grid=False),
        ),
        xOffset=alt.XOffset("source:N", sort=sources),
        color=alt.Color("source:N", sort=sources, title=None, legend=_legend()),
        tooltip=[
            alt.Tooltip("source:N", title="Source"),
            alt.Tooltip("level_name:N", title="Level"),
            alt.Tooltip("posterior:Q", title="Present, as learnt", format=".1%"),
            alt.Tooltip("posterior_low:Q", title="Low", format=".1%"),
            alt.Tooltip("posterior_high:Q", title="High", format=".1%"),
            alt.Tooltip("n_votes:Q", title="Votes", format=","),
            alt.Tooltip("share:Q", title="Of the source's votes", format=".1%"),
        ],
    )
    interval = base.mark_rule(strokeWidth=2.5, opacity=0.55).encode(
        y=alt.Y(
            "posterior_low:Q",
            title="Pairs that are present",
            axis=alt.Axis(format="%", tickCount=5),
            scale=alt.Scale(domain=[0, 1]),
        ),
        y2="posterior_high:Q",
    )
    line = base.mark_line(opacity=0.35, strokeWidth=1.5).encode(y="posterior:Q")
    point = base.mark_circle(opacity=1).encode(
        y="posterior:Q",
        size=alt.Size(
            "share:Q", scale=alt.Scale(domain=[0, 1], range=[30, 420], type="sqrt"), legend=None
        ),
    )
    return (line + interval + point).properties(height=330)


def drift(frame: pd.DataFrame) -> alt.Chart:
    """Return every change with what chance may make of it; red where it drifted."""
    named = frame.assign(
        row=frame["source"] + " · " + frame["measure"],
        low=-frame["noise"],
        state=frame["drifted"].map({True: "drifted", False: "steady"}),
    )
    rows = named["row"].tolist()
    base = alt.Chart(named).encode(
        y=alt.Y("row:N", title="Source and figure", sort=rows, axis=alt.Axis(labelLimit=150)),
        tooltip=[
            alt.Tooltip("source:N", title="Source"),
            alt.Tooltip("measure:N", title="Figure"),
            alt.Tooltip("before:Q", title="Before", format=".3~f"),
            alt.Tooltip("after:Q", title="Now", format=".3~f"),
            alt.Tooltip("change:Q", title="Change", format="+.1%"),
            alt.Tooltip("noise:Q", title="Chance explains up to", format=".1%"),
        ],
    )
    axis = alt.X(
        "low:Q",
        title="Change; grey: what chance explains",
        axis=alt.Axis(labelExpr=_SIGNED_PERCENT, tickCount=5),
    )
    # A source that is new has endless noise of its own; the band must not stretch the picture.
    limit = max(float(named["change"].abs().max()), float(named["noise"].clip(upper=0.5).max()))
    scaled = axis.scale(alt.Scale(domain=[-1.08 * limit, 1.08 * limit], clamp=True))
    band = base.mark_bar(color=GREY, opacity=0.28, cornerRadius=3, height=11).encode(
        x=scaled, x2="noise:Q"
    )
    point = base.mark_circle(size=85, opacity=1).encode(
        x="change:Q",
        color=alt.Color(
            "state:N",
            title=None,
            scale=alt.Scale(domain=["steady", "drifted"], range=[BLUE, RED]),
            legend=_legend(),
        ),
    )
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=GREY, strokeDash=[3, 3])
    height = 24 * len(rows) + FRAME + LEGEND
    return (zero.encode(x="at:Q") + band + point).properties(height=height)


def _grid(
    frame: pd.DataFrame,
    *,
    x: alt.X,
    y: alt.Y,
    red: str,
    number: str,
    dark: bool,
    tooltip: list[alt.Tooltip],
    n_rows: int,
) -> alt.Chart:
    """Return cells that hold a share and, below it, the count in the column ``told``."""
    base = alt.Chart(frame).encode(x=x, y=y, tooltip=tooltip)
    # At .5 a coin does as well: nothing is redder.
    depth = alt.Scale(domain=[0, 0.5], range=[0.04, DEEPEST], clamp=True)
    cells = base.mark_rect(color=RED, cornerRadius=4).encode(
        opacity=alt.Opacity(f"{red}:Q", scale=depth, legend=None)
    )
    ink = INKS["dark" if dark else "light"]
    shares = base.mark_text(fontSize=12.5, dy=-6, color=ink).encode(
        text=alt.Text(f"{number}:Q", format=".1%")
    )
    counts = base.mark_text(fontSize=10, dy=9, color=ink).encode(text="told:N")
    return (cells + shares + counts).properties(height=CELL_HEIGHT * n_rows + FRAME)


def _names(column: str, title: str, order: list[str], *, across: bool = False) -> alt.X | alt.Y:
    if not across:
        return alt.Y(f"{column}:N", title=title, sort=order, axis=alt.Axis(labelLimit=150))
    # On a telephone Vega would leave out every other name.
    axis = alt.Axis(
        labelAngle=alt.ExprRef(f"width < {NARROW} ? -45 : 0"),
        labelAlign=alt.ExprRef(f"width < {NARROW} ? 'right' : 'center'"),
        labelOverlap=False,
        labelLimit=100,
    )
    return alt.X(f"{column}:N", title=title, sort=order, axis=axis)


def _shortened(n: int) -> str:
    """Return a count in at most four signs, such as 12k."""
    for size, sign in ((1_000_000, "M"), (1000, "k")):
        if n >= size:
            shown = n / size
            return f"{shown:.1f}{sign}" if shown < 10 else f"{shown:.0f}{sign}"
    return str(n)


def _legend() -> alt.Legend:
    return alt.Legend(orient="bottom", columns=3, symbolOpacity=1, symbolStrokeWidth=0)
