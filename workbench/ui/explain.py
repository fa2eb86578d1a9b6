"""Which words of a text push the model towards a label or away from it."""

from __future__ import annotations

from workbench.ids import position_of
from workbench.ui.data import TrainedModel
from workbench.ui.words import words_of


def explain_pair(
    trained: TrainedModel | None, row: int, label_id: str, text: str
) -> list[tuple[str, float]]:
    """Return the strongest words of an instance and what each adds to the score in log-odds.

    Parameters
    ----------
    trained : TrainedModel or None
    row : int
        The instance's row of the features.
    label_id, text : str

    Returns
    -------
    list of (str, float)
        Strongest first. Empty where there is no model, or it does not know the label.
    """
    if trained is None or not 0 <= row < trained.features.shape[0]:
        return []
    label = position_of(trained.label_ids, label_id)
    if label < 0:
        return []
    x = trained.features[[row]]
    found = trained.model.explain(x, label, top=max(1, int(x.nnz)))
    named = [(str(trained.feature_names[feature]), value) for feature, value in found]
    return words_of(text, named)
