"""The review app: ``workbench app WORKSPACE`` or ``streamlit run app.py -- WORKSPACE``."""

from __future__ import annotations

import os
import sys

import streamlit as st

from workbench.ui import (
    audit,
    compare,
    export,
    labels,
    overview,
    patterns,
    review,
    sources,
    team,
    try_it,
)
from workbench.ui.shell import draw_style, guarded, open_workspace

st.set_page_config(layout="wide")
draw_style()

folder = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("WORKBENCH_WORKSPACE", "")
snapshot = open_workspace(folder)

pages = [
    st.Page(guarded(overview.show, snapshot), title="Overview", url_path="start", default=True),
    st.Page(guarded(sources.show, snapshot), title="Sources", url_path="sources"),
    st.Page(guarded(labels.show, snapshot), title="Labels", url_path="labels"),
    st.Page(guarded(review.show, snapshot), title="Review", url_path="review"),
    st.Page(guarded(patterns.show, snapshot), title="Patterns", url_path="patterns"),
    st.Page(guarded(team.show, snapshot), title="Team", url_path="team"),
    st.Page(guarded(audit.show, snapshot), title="Audit", url_path="audit"),
    st.Page(guarded(compare.show, snapshot), title="Compare", url_path="compare"),
    st.Page(guarded(try_it.show, snapshot), title="Try it", url_path="try"),
    st.Page(guarded(export.show, snapshot), title="Export", url_path="export"),
    # The first page is served at "/" alone: whoever goes by the names of the others finds it too.
    st.Page(
        guarded(overview.show, snapshot),
        title="Overview",
        url_path="overview",
        visibility="hidden",
    ),
]
st.navigation(pages, position="hidden" if snapshot is None else "top").run()
