"""Try it: what the models make of a text that one types, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import streamlit as st

from workbench.errors import MissingArtefactError
from workbench.plurals import plural
from workbench.text import normalise
from workbench.ui import markup
from workbench.ui.data import UNGROUPED, read_labels_table
from workbench.ui.instance_links import flagged_queues, instance_link
from workbench.ui.links import link
from workbench.ui.snapshot import Snapshot
from workbench.ui.try_data import (
    LEAST_SCORE,
    Answer,
    AskedModel,
    ask,
    given_labels,
    known_models,
    read_asked,
)
from workbench.workspace import Artefact

# Longer texts are asked about from Python.
MAX_CHARACTERS = 2000
_MAX_GIVEN = 8


def show(snapshot: Snapshot) -> None:
    """Draw the page."""
    st.html(markup.title("Try it", "Type a text: its labels, and the words behind each."))
    models, damaged = known_models(snapshot)
    if not models:
        _draw_no_model(snapshot, damaged)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # No page of the app has these names in its address: Streamlit takes them out of others.
        text = st.text_input(
            "Text",
            key="try_text",
            bind="query-params",
            placeholder="as somebody would search",
            max_chars=MAX_CHARACTERS,
            width=420,
        )
        current = set(snapshot.workspace.current().values())
        names = {_name(model, current): model for model in models}
        chosen = st.selectbox("Model", list(names), key="try_model", bind="query-params", width=250)
        others = [name for name in names if name != chosen]
        beside = (
            st.selectbox(
                "Beside it",
                others,
                index=None,
                key="try_beside",
                bind="query-params",
                placeholder="no other",
                width=250,
            )
            if others
            else None
        )
    if damaged:
        st.html(markup.soft(f"Left out, for they are damaged: {', '.join(damaged)}"))
    wanted = [names[name] for name in (chosen, beside) if name in names]
    if not (text or "").strip() or not wanted:
        st.html(markup.soft("The newest model is chosen; another beside it shows what changed."))
        return
    with st.spinner("Asking the model"):
        root = snapshot.workspace.root
        asked = [read_asked(snapshot, root, model.folder.name) for model in wanted]
        answers = [ask(one, str(text)) for one in asked]
    _draw_answers(snapshot, str(text), asked, answers)


def _draw_no_model(snapshot: Snapshot, damaged: list[str]) -> None:
    if damaged:
        raise MissingArtefactError(
            f"all {plural(len(damaged), 'model')} of {snapshot.workspace.root} are damaged: "
            f"{', '.join(damaged[:5])}; delete their folders and run: workbench run "
            f"{snapshot.workspace.quoted}"
        )
    told = "A model is trained on the labels with:"
    command = f"workbench run {snapshot.workspace.quoted}"
    st.html(markup.notice("No model yet", told, command))


def _name(model: Artefact, current: Collection[str]) -> str:
    name = model.folder.name
    return name if name in current else f"{name} (not current)"


def _draw_answers(
    snapshot: Snapshot, text: str, asked: list[AskedModel], answers: list[Answer]
) -> None:
    first = asked[0]
    known = _instance_of(first, text)
    given = given_labels(first, known) if known else []
    above = _instance_line(snapshot, known, given) + _unknown_line(answers[0], first)
    if above:
        st.html(above)
    labels = list(dict.fromkeys(label for answer in answers for label in answer.scores))
    attributes = _attributes(snapshot, labels)
    groups: dict[str, list[str]] = {}
    for label in sorted(labels, key=lambda one: -max(a.scores.get(one, 0.0) for a in answers)):
        groups.setdefault(attributes.get(label, UNGROUPED), []).append(label)
    left, right = st.columns([3, 2], gap="large")
    with left:
        parts = [
            _group(name, members, asked, answers, set(given)) for name, members in groups.items()
        ]
        if not parts:
            told = f"No label has a score of {LEAST_SCORE:g} or more."
            st.html(markup.notice("Nothing to say", told))
        else:
            st.html("".join(parts))
    with right:
        st.html(_similar(snapshot, first, answers[0]))


def _group(
    attribute: str,
    labels: list[str],
    asked: list[AskedModel],
    answers: list[Answer],
    given: set[str],
) -> str:
    """Return the labels of one attribute with their scores and words."""
    names = [one.model_id for one in asked]
    alone = len(asked) == 1
    header = ["Label"] + (["Score", "Words"] if alone else [])
    if not alone:
        header += [f"Score, {name}" for name in names] + [f"Words, {name}" for name in names]
    rows = [
        [
            link(label, "labels", label=label) + (_GIVEN if label in given else ""),
            *(_score(answer.scores.get(label)) for answer in answers),
            *(_words(answer.words.get(label, [])) for answer in answers),
        ]
        for label in labels
    ]
    scores = range(1, 1 + len(asked))
    return markup.block(
        markup.heading(attribute),
        f'<div class="wb-tried">{markup.table(header, rows, numbers=scores)}</div>',
    )


_GIVEN = ' <span class="wb-soft wb-small">given</span>'


def _score(score: float | None) -> str:
    return '<span class="wb-soft">–</span>' if score is None else f"{score:.2f}"


def _words(words: list[tuple[str, float]]) -> str:
    spans = "".join(
        f'<span class="wb-word {"wb-for" if value > 0 else "wb-against"}">'
        f"{markup.escape(word)} {markup.signed(value)}</span>"
        for word, value in words
    )
    return f'<span class="wb-words">{spans}</span>'


def _instance_of(asked: AskedModel, text: str) -> str:
    """Return the id of the instance that is this text, empty if none is."""
    ids = asked.given.instance_ids
    return next((one for one in (text, text.strip(), normalise(text)) if one in ids), "")


def _instance_line(snapshot: Snapshot, instance_id: str, given: list[str]) -> str:
    if not instance_id:
        return ""
    flagged = flagged_queues(snapshot, [instance_id])
    door = (
        instance_link(flagged, instance_id, "Open its review card")
        if instance_id in flagged
        else '<span class="wb-soft">none of its labels is in question</span>'
    )
    told = f"This text is an instance, with {plural(len(given), 'given label')}: "
    return f'<p class="wb-note">{markup.escape(told)}{door}</p>'


def _unknown_line(answer: Answer, asked: AskedModel) -> str:
    if not answer.unknown:
        return ""
    words = ", ".join(f"“{word}”" for word in answer.unknown)
    nothing = "" if answer.scores else " Nothing of the text is known: it has no labels."
    return markup.soft(f"Unknown to {asked.model_id}: {words}.{nothing}")


def _similar(snapshot: Snapshot, asked: AskedModel, answer: Answer) -> str:
    if not answer.similar:
        return markup.block(
            markup.heading("Similar instances"), markup.soft("None shares enough words with it.")
        )
    ids = [instance_id for instance_id, _ in answer.similar]
    flagged, texts = flagged_queues(snapshot, ids), _texts(snapshot, ids)
    rows = []
    for instance_id, similarity in answer.similar:
        text, labels = texts.get(instance_id, instance_id), given_labels(asked, instance_id)
        more = f" and {len(labels) - _MAX_GIVEN:,} more" if len(labels) > _MAX_GIVEN else ""
        shown = ", ".join(link(label, "labels", label=label) for label in labels[:_MAX_GIVEN])
        name = instance_link(flagged, instance_id, text)
        rows.append(
            [
                f'<span class="wb-clipped">{name}</span>',
                f"{similarity:.2f}",
                (shown or '<span class="wb-soft">none</span>') + more,
            ]
        )
    version = asked.model_id.partition("-")[0]
    return markup.block(
        markup.heading("Similar instances"),
        markup.soft(f"By the words they share, with their labels in {version}."),
        markup.table(["Text", "Cosine", "Given labels"], rows, numbers=[1]),
    )


def _texts(snapshot: Snapshot, instance_ids: list[str]) -> Mapping[str, str]:
    frame = snapshot.table("ingest", "instances", instance_id=instance_ids)
    if frame.empty:
        return {}
    return dict(zip(frame["instance_id"].astype("str"), frame["text"].astype("str"), strict=True))


def _attributes(snapshot: Snapshot, labels: list[str]) -> Mapping[str, str]:
    if "ingest" not in snapshot.stages:
        return {}
    known = read_labels_table(snapshot, snapshot.key)["attribute"].reindex(labels)
    return {str(label): str(name) for label, name in known.dropna().items()}
