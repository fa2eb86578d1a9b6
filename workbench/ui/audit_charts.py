"""The picture of the page Audit: shares with their intervals, before and after."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench.ui.charts import BLUE, FRAME, GREY, RED, ROW_HEIGHT

_COLOURS = {"before": GREY, "wrong": RED, "missing": BLUE}


def shares_with_intervals(frame: pd.DataFrame, title: str) -> alt.Chart:
    """Return a point and an interval for every row; the order is kept.

    Parameters
    ----------
    frame : pd.DataFrame
        Columns name, share, low, high, tone (before, wrong or missing). A share that is not known
        yet has its interval alone.
    """
    base = alt.Chart(frame).encode(
        y=alt.Y("name:N", title=None, sort=frame["name"].tolist(), axis=alt.Axis(labelLimit=170)),
        color=alt.Color(
            "tone:N",
            scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("name:N", title="Of"),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
            alt.Tooltip("low:Q", title="Low", format=".1%"),
            alt.Tooltip("high:Q", title="High", format=".1%"),
        ],
    )
    interval = base.mark_rule(strokeWidth=3, opacity=0.5).encode(
        x=alt.X(
            "low:Q",
            title=title,
            axis=alt.Axis(format="%", tickCount=5),
            scale=alt.Scale(zero=True),
        ),
        x2="high:Q",
    )
    point = base.mark_circle(size=90, opacity=1).encode(x="share:Q")
    return (interval + point).properties(height=ROW_HEIGHT * max(len(frame), 3) + FRAME)
