"""Train on the label trees of a model that is there already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from sklearn.utils.validation import check_is_fitted

from workbench.errors import InputError
from workbench.model.clustering import place_labels
from workbench.model.label_tree import LabelTree
from workbench.model.training_data import TrainingData


class _Reusable(Protocol):
    """What a fitted model says of itself."""

    tree_parameters: tuple[str, ...]
    random_state: int | None
    entropy_: int
    parameters_: Mapping[str, Any]
    n_features_in_: int
    n_labels_: int


def check_reuse(old: _Reusable, new: _Reusable, n_features: int, n_labels: int) -> None:
    """Raise unless the trees of ``old`` can be those of ``new``.

    Raises
    ------
    TypeError
        If they are not of the same kind.
    sklearn.exceptions.NotFittedError
    ValueError
        If the parameters of ``new`` describe other trees than those that ``old`` was fitted with.
    InputError
        If there are fewer features or labels than ``old`` knows.
    """
    if type(old) is not type(new):
        raise TypeError(f"reuse: expected a {type(new).__name__}, found {type(old).__name__}")
    check_is_fitted(old)
    for name in new.tree_parameters:
        _check_same(name, old.parameters_[name], getattr(new, name))
    if new.random_state is not None:
        _check_same("random_state", old.entropy_, new.random_state)
    _check_not_fewer("X", "features", old.n_features_in_, n_features)
    _check_not_fewer("Y", "labels", old.n_labels_, n_labels)


def add_new_labels(tree: LabelTree, data: TrainingData, *, room: int) -> LabelTree:
    """Return the tree with the labels of the data that it lacks; the others stay in place.

    Leaves take up to ``room`` labels while any has room.
    """
    if data.Y.shape[1] == tree.n_labels:
        return tree
    return place_labels(tree, data.label_features, room=room)


def _check_same(name: str, old: Any, new: Any) -> None:
    if old != new:
        raise ValueError(
            f"{name} is {new}, but the model to reuse was trained with {old}; use the same, or "
            "train without reuse"
        )


def _check_not_fewer(matrix: str, columns: str, known: int, found: int) -> None:
    if found < known:
        raise InputError(
            f"{matrix} has {found} {columns}, the model to reuse knows {known}: further columns "
            "may stand behind those it knows, none may be taken away; leave unused ones empty"
        )
