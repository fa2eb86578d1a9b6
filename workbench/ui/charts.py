"""The pictures: a small frame in, an Altair chart out. Colours read on light and on dark."""

from __future__ import annotations

import altair as alt
import pandas as pd

BLUE, RED, GREEN, GREY = "#4c7fd9", "#d9685f", "#3f9d74", "#8b93a1"
KINDS = alt.Scale(domain=["wrong", "missing"], range=[RED, BLUE])
VERDICTS = alt.Scale(domain=["present", "absent", "unsure"], range=[GREEN, RED, GREY])
ROW_HEIGHT = 34
# The given height includes axis, titles and legend.
FRAME, LEGEND = 60, 50
MIN_COLUMNS = 12

PICKED = "picked"
# On the page behind a chart a text needs a contrast of 4.5; Streamlit's own grey has less.
TEXTS = {"light": "#5b6475", "dark": "#a3abba"}
# Text in a cell that is at most so red.
INKS = {"light": "#1d2330", "dark": "#f2f3f5"}
DEEPEST = 0.7


def readable(chart: alt.Chart, *, dark: bool) -> alt.Chart:
    """Return the chart with axes and legends that can be read on the page."""
    colour = TEXTS["dark" if dark else "light"]
    told = {"labelColor": colour, "titleColor": colour}
    return chart.configure_axis(**told).configure_legend(**told)


def pickable(fields: list[str]) -> alt.Parameter:
    """Return what makes marks clickable: a click tells the values of these fields."""
    return alt.selection_point(name=PICKED, fields=fields, on="click", clear="dblclick")


def noise_by_source(frame: pd.DataFrame, *, dark: bool = False) -> alt.Chart:
    """Return a grid of attributes and sources, redder where more of the given is flagged."""
    top = max(float(frame["share"].max()), 1e-9)
    base = alt.Chart(frame).encode(
        x=alt.X(
            "source:N",
            title="Source",
            axis=alt.Axis(labelAngle=0, labelLimit=110, labelAlign="center"),
        ),
        y=alt.Y("attribute:N", title="Attribute", axis=alt.Axis(labelLimit=160)),
        tooltip=[
            alt.Tooltip("source:N", title="Source"),
            alt.Tooltip("attribute:N", title="Attribute"),
            alt.Tooltip("share:Q", title="Flagged as wrong", format=".1%"),
            alt.Tooltip("n_flagged:Q", title="Pairs worth a look", format=","),
            alt.Tooltip("n_given:Q", title="Given pairs", format=","),
        ],
    )
    cells = base.mark_rect(color=RED, cornerRadius=4, cursor="pointer").encode(
        opacity=alt.Opacity(
            "share:Q", scale=alt.Scale(domain=[0, top], range=[0.06, DEEPEST]), legend=None
        )
    )
    ink = INKS["dark" if dark else "light"]
    shares = base.mark_text(fontSize=12, color=ink, cursor="pointer").encode(
        text=alt.Text("share:Q", format=".0%")
    )
    cells = cells.add_params(pickable(["source", "attribute"]))
    height = ROW_HEIGHT * frame["attribute"].nunique() + FRAME
    return (cells + shares).properties(height=height)


def support_and_flags(frame: pd.DataFrame) -> alt.Chart:
    """Return every label as a point: how often it is given, how much of that is estimated wrong."""
    return (
        alt.Chart(frame)
        .mark_circle(opacity=0.4, size=45, color=BLUE, cursor="pointer")
        .encode(
            x=alt.X(
                "support:Q",
                title="Support: instances that carry the label (log scale)",
                scale=alt.Scale(type="log", nice=False, padding=14),
                axis=alt.Axis(format="~s", grid=False, tickCount=5),
            ),
            y=alt.Y(
                "share:Q",
                title="Share of its pairs that are wrong",
                axis=alt.Axis(format="%", tickCount=5),
                scale=alt.Scale(zero=True, nice=True),
            ),
            tooltip=[
                alt.Tooltip("label_id:N", title="Label"),
                alt.Tooltip("support:Q", title="Support", format=","),
                alt.Tooltip("share:Q", title="Share wrong", format=".1%"),
                alt.Tooltip("n_wrong:Q", title="Likely wrong", format=","),
                alt.Tooltip("n_missing:Q", title="Likely missing", format=","),
            ],
        )
        .properties(height=290)
        .add_params(pickable(["label_id"]))
    )


def noise_by_branch(frame: pd.DataFrame) -> alt.Chart:
    """Return a point and an interval for every branch: the share estimated to be wrong.

    Parameters
    ----------
    frame : pd.DataFrame
        Columns branch, label_id, share, low, high, n_given; the order is kept.
    """
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "branch:N", title="Branch", sort=frame["branch"].tolist(), axis=alt.Axis(labelLimit=220)
        ),
        tooltip=[
            alt.Tooltip("branch:N", title="Branch"),
            alt.Tooltip("share:Q", title="Estimated wrong", format=".1%"),
            alt.Tooltip("low:Q", title="Low", format=".1%"),
            alt.Tooltip("high:Q", title="High", format=".1%"),
            alt.Tooltip("n_given:Q", title="Given pairs", format=","),
        ],
    )
    interval = base.mark_rule(strokeWidth=2.5, opacity=0.55, color=RED, cursor="pointer").encode(
        x=alt.X(
            "low:Q",
            title="Share of its given pairs that is wrong, with bounds",
            axis=alt.Axis(format="%", tickCount=5),
            scale=alt.Scale(zero=True),
        ),
        x2="high:Q",
    )
    point = base.mark_circle(size=90, opacity=1, color=RED, cursor="pointer").encode(x="share:Q")
    point = point.add_params(pickable(["label_id"]))
    # One branch alone still needs room for the axis title.
    return (interval + point).properties(height=26 * max(len(frame), 3) + FRAME)


def issues_by_attribute(frame: pd.DataFrame) -> alt.Chart:
    """Return a pair of bars for every attribute: likely wrong and likely missing."""
    # One attribute alone still needs room for the axis title.
    rows = max(frame["attribute"].nunique(), 3)
    height = ROW_HEIGHT * rows + FRAME + LEGEND
    return (
        alt.Chart(frame)
        .mark_bar(cornerRadiusEnd=3, height={"band": 0.82}, cursor="pointer")
        .encode(
            x=alt.X("n:Q", title="Issues", axis=alt.Axis(format="~s", tickCount=5, tickMinStep=1)),
            y=alt.Y("attribute:N", title="Attribute", sort="-x", axis=alt.Axis(labelLimit=160)),
            yOffset=alt.YOffset("kind:N", sort=["wrong", "missing"]),
            color=alt.Color("kind:N", scale=KINDS, title=None, legend=_legend()),
            tooltip=[
                alt.Tooltip("attribute:N", title="Attribute"),
                alt.Tooltip("kind:N", title="Kind"),
                alt.Tooltip("n:Q", title="Issues", format=","),
            ],
        )
        .properties(height=height)
        .add_params(pickable(["attribute", "kind"]))
    )


def decisions_over_time(frame: pd.DataFrame) -> alt.Chart:
    """Return stacked columns: decisions a day (or an hour), by verdict."""
    hourly = bool((frame["when"].dt.hour != 0).any())
    unit = pd.Timedelta(1, "h" if hourly else "D")
    first = frame["when"].min()
    # A few columns are not blown up to the whole width.
    last = max(frame["when"].max() + unit, first + MIN_COLUMNS * unit)
    labels = "%H:%M" if hourly else "%d %b"
    return (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X(
                f"{'yearmonthdatehours' if hourly else 'yearmonthdate'}(when):T",
                title="Hour (UTC)" if hourly else "Day (UTC)",
                scale=alt.Scale(domain=[_moment(first), _moment(last)]),
                axis=alt.Axis(format=labels, grid=False, tickCount=6),
            ),
            y=alt.Y("n:Q", title="Decisions", axis=alt.Axis(tickCount=5, tickMinStep=1)),
            color=alt.Color("verdict:N", scale=VERDICTS, title=None, legend=_legend()),
            tooltip=[
                alt.Tooltip("when:T", title="From", format="%d %b %Y %H:%M"),
                alt.Tooltip("verdict:N", title="Verdict"),
                alt.Tooltip("n:Q", title="Decisions", format=","),
            ],
        )
        .properties(height=330)
    )


def _moment(time: pd.Timestamp) -> alt.DateTime:
    return alt.DateTime(year=time.year, month=time.month, date=time.day, hours=time.hour)


def _legend() -> alt.Legend:
    return alt.Legend(orient="bottom", columns=6, symbolOpacity=1, symbolStrokeWidth=0)
