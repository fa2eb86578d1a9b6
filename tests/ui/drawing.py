"""A page drawn without a browser, for tests."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from workbench.workspace import Workspace

_SCRIPT = """
from pathlib import Path
from workbench.ui import {page}
from workbench.ui.snapshot import take_snapshot
from workbench.ui.shell import guarded
guarded({page}.show, take_snapshot(Path({root!r})))()
"""


def open_page(page: str, workspace: Workspace, /, reviewer: str = "mika", **query: str) -> AppTest:
    """Draw a page as it opens at an address; without a reviewer nobody has said who they are."""
    script = _SCRIPT.format(page=page, root=str(workspace.root))
    test = AppTest.from_string(script, default_timeout=30)
    for name, value in (query | ({"reviewer": reviewer} if reviewer else {})).items():
        test.query_params[name] = value
    return test.run()


def html_of(test: AppTest) -> str:
    """Return what a page has drawn of its own; it must not have failed."""
    assert not test.exception
    return "\n".join(element.proto.body for element in test.get("html"))


def press(test: AppTest, label: str) -> AppTest:
    """Click the button that says so."""
    return next(button for button in test.button if button.label == label).click().run()
