"""From the votes of the sources to a posterior for every pair, with its provenance."""

from workbench.label_model.closure import close_upwards
from workbench.label_model.dawid_skene import DawidSkene
from workbench.label_model.majority import (
    MajorityVote,
    source_accuracy,
    source_accuracy_by_attribute,
)

__all__ = [
    "DawidSkene",
    "MajorityVote",
    "close_upwards",
    "source_accuracy",
    "source_accuracy_by_attribute",
]
