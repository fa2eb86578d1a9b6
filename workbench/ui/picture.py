"""A picture with its heading and the sentence under it."""

from __future__ import annotations

import altair as alt
import streamlit as st

from workbench.ui import markup


def draw_picture(title: str, lead: str, chart: alt.Chart | None, otherwise: str = "") -> None:
    """Draw the chart under its heading, or say why there is none."""
    with st.container(gap="xsmall"):
        st.html(f'<div class="wb-heading">{markup.escape(title)}</div>{markup.soft(lead)}')
        draw_chart(chart, otherwise)


def draw_chart(chart: alt.Chart | None, otherwise: str) -> None:
    """Draw the chart as wide as its place, or say why there is none."""
    if chart is None:
        st.html(f'<div class="wb-blank">{markup.escape(otherwise)}</div>')
    else:
        st.altair_chart(chart, width="stretch", theme="streamlit")
