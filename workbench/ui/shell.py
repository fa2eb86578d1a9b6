"""What all pages share: the style, the line that says where one is, and errors in plain words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from workbench.errors import UnreachableError, WorkbenchError
from workbench.ui import markup
from workbench.ui.identity import is_admitted
from workbench.ui.links import follow_links
from workbench.ui.reviewer import known_reviewer, remember_reviewer
from workbench.ui.snapshot import Snapshot, take_snapshot

STYLE = Path(__file__).with_name("style.css")
CARD_STYLE = Path(__file__).with_name("review_card") / "card.css"


def draw_style() -> None:
    """Load the style sheets."""
    st.html(STYLE)
    st.html(CARD_STYLE)


def open_workspace(folder: str) -> Snapshot | None:
    """Return what is current in the workspace; None, with the reason on the page, if it fails."""
    if not folder:
        st.html(
            markup.notice(
                "Which workspace?",
                "The app shows one workspace. Start it with the workspace's folder:",
                "workbench app WORKSPACE",
            )
        )
        return None
    try:
        return take_snapshot(Path(folder))
    except WorkbenchError as error:
        draw_error(error)
        return None


def guarded(page: Callable[[Snapshot], None], snapshot: Snapshot | None) -> Callable[[], None]:
    """Return the page as Streamlit calls it, for who may see it; a failure becomes a notice.

    Without a snapshot the page stays as it is: it says already why there is none.
    """

    def run() -> None:
        if snapshot is None:
            return
        with calmly():
            if is_admitted(snapshot):
                follow_links()
                draw_where(snapshot)
                remember_reviewer()
                page(snapshot)

    return run


@contextmanager
def calmly(place: str = "page") -> Iterator[None]:
    """Turn an expected failure into a notice; a fragment needs it for itself, by a name."""
    try:
        yield
    except UnreachableError as error:
        draw_away(error, place)
    except WorkbenchError as error:
        draw_error(error)


def draw_away(error: UnreachableError, place: str) -> None:
    """Say that the decisions cannot be read just now, and offer to look again."""
    told = (
        "The database of decisions does not answer just now. What was saved is safe there, and "
        "what was not saved yet is kept in your browser. Try again in a moment; if it stays so, "
        "tell the person who runs this app:"
    )
    st.html(markup.notice("The decisions are out of reach", told, str(error), error=True))
    st.button("Try again", key=f"again_{place}")


def draw_error(error: WorkbenchError) -> None:
    """Show what went wrong and what to do, in the words of the error."""
    st.html(markup.notice("This does not work", str(error), error=True))


def draw_nothing_flagged(snapshot: Snapshot) -> None:
    """Say that there is nothing to review yet, and what finds it."""
    st.html(
        markup.notice(
            "Nothing to review yet",
            "No labels have been flagged in this workspace. Find the suspicious ones with:",
            f"workbench run {snapshot.workspace.quoted}",
        )
    )


def draw_where(snapshot: Snapshot) -> None:
    """Show workspace, label version and reviewer at the right of the header."""
    parts = [f"<b>{markup.escape(snapshot.name)}</b>"]
    if snapshot.latest is not None:
        parts.append(f"labels {markup.escape(snapshot.latest.name)}")
    reviewer = known_reviewer()
    if reviewer:
        parts.append(markup.escape(reviewer))
    st.html(f'<div class="wb-where"><span>{" · ".join(parts)}</span></div>')
