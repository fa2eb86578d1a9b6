"""What was changed between two results of the label stage."""

from __future__ import annotations

from workbench.workspace.artefacts import Artefact

_INPUTS = {
    "ingest": "the inputs",
    "label": "[label] in workbench.toml",
    "reviewed": "the reviewed pairs",
    "decisions": "the decisions",
}


def find_changes(current: Artefact, previous: Artefact) -> list[str]:
    """Return what the two labels were made from that is not the same, as people call it.

    The label model is named with both its names if another one was used.
    """
    now, then = (one.manifest.get("depends_on", {}) for one in (current, previous))
    changed = [told for what, told in _INPUTS.items() if now.get(what) != then.get(what)]
    models = [
        one.json("label_model").get("name") if one.holds("label_model.json") else None
        for one in (previous, current)
    ]
    if all(models) and models[0] != models[1]:
        changed.append(f"the label model ({models[0]} before, {models[1]} now)")
    return changed
