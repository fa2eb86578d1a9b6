"""The pictures of the page Team."""

from __future__ import annotations

import altair as alt
import pandas as pd

from workbench.ui.charts import BLUE

MAX_TICKS = 6


def burn_down(frame: pd.DataFrame) -> alt.Chart:
    """Return the open issues at the end of each day, as a line over its area.

    Parameters
    ----------
    frame : pd.DataFrame
        Columns day, n_open.
    """
    # Left to itself an axis of two days gets a tick every three hours, each with the same day.
    days = frame["day"].iloc[:: -(-len(frame) // MAX_TICKS)]
    ticks = [alt.DateTime(year=day.year, month=day.month, date=day.day) for day in days]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "day:T", title="Day (UTC)", axis=alt.Axis(format="%d %b", grid=False, values=ticks)
        ),
        y=alt.Y(
            "n_open:Q",
            title="Open issues",
            scale=alt.Scale(zero=True),
            axis=alt.Axis(format="~s", tickCount=5, tickMinStep=1),
        ),
        tooltip=[
            alt.Tooltip("day:T", title="End of", format="%d %b %Y"),
            alt.Tooltip("n_open:Q", title="Open issues", format=","),
        ],
    )
    area = base.mark_area(color=BLUE, opacity=0.12, interpolate="monotone")
    line = base.mark_line(color=BLUE, strokeWidth=2, interpolate="monotone")
    return (area + line).properties(height=260)
