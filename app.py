"""The review app: ``workbench app WORKSPACE`` or ``streamlit run app.py -- WORKSPACE``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module

import streamlit as st

from workbench.ui.shell import draw_style, guarded, open_workspace
from workbench.ui.snapshot import Snapshot


def page(name: str) -> Callable[[Snapshot], None]:
    """Return a page that is read when it is first shown, so that nobody waits for the others."""
    return lambda snapshot: import_module(f"workbench.ui.{name}").show(snapshot)


st.set_page_config(layout="wide")
draw_style()

folder = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("WORKBENCH_WORKSPACE", "")
snapshot = open_workspace(folder)

pages = [
    st.Page(guarded(page("overview"), snapshot), title="Overview", url_path="start", default=True),
    st.Page(guarded(page("sources"), snapshot), title="Sources", url_path="sources"),
    st.Page(guarded(page("labels"), snapshot), title="Labels", url_path="labels"),
    st.Page(guarded(page("review"), snapshot), title="Review", url_path="review"),
    st.Page(guarded(page("patterns"), snapshot), title="Patterns", url_path="patterns"),
    st.Page(guarded(page("team"), snapshot), title="Team", url_path="team"),
    st.Page(guarded(page("audit"), snapshot), title="Audit", url_path="audit"),
    st.Page(guarded(page("compare"), snapshot), title="Compare", url_path="compare"),
    st.Page(guarded(page("try_it"), snapshot), title="Try it", url_path="try"),
    st.Page(guarded(page("export"), snapshot), title="Export", url_path="export"),
    # The first page is served at "/" alone: whoever goes by the names of the others finds it too.
    st.Page(
        guarded(page("overview"), snapshot),
        title="Overview",
        url_path="overview",
        visibility="hidden",
    ),
]
st.navigation(pages, position="hidden" if snapshot is None else "top").run()
