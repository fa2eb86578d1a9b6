"""A picture with its heading and the sentence under it."""

from __future__ import annotations

from typing import Any

import altair as alt
import streamlit as st

from workbench.ui import markup
from workbench.ui.charts import PICKED, readable


def draw_picture(
    title: str, lead: str, chart: alt.Chart | None, otherwise: str = "", *, key: str = ""
) -> dict[str, Any] | None:
    """Draw the chart under its heading, or say why there is none; see `draw_chart`."""
    with st.container(gap="xsmall"):
        st.html(markup.heading(title) + markup.soft(lead))
        return draw_chart(chart, otherwise, key=key)


def draw_chart(chart: alt.Chart | None, otherwise: str, *, key: str = "") -> dict[str, Any] | None:
    """Draw the chart as wide as its place, or say why there is none.

    Parameters
    ----------
    chart : alt.Chart or None
    otherwise : str
        Why there is no chart.
    key : str
        Names the chart if its marks can be clicked (`charts.pickable`).

    Returns
    -------
    dict or None
        What the clicked mark stands for; None if none was clicked.
    """
    if chart is None:
        st.html(f'<div class="wb-blank">{markup.escape(otherwise)}</div>')
        return None
    drawn = readable(chart, dark=st.context.theme.type == "dark")
    if not key:
        st.altair_chart(drawn, width="stretch", theme="streamlit")
        return None
    event = st.altair_chart(
        drawn, width="stretch", theme="streamlit", key=key, on_select="rerun", selection_mode=PICKED
    )
    picked = event["selection"].get(PICKED)
    return dict(picked[0]) if picked else None
