"""From the votes of the sources to a posterior for every pair, with its provenance."""

from workbench.label_model.audit import draw_audit
from workbench.label_model.choosing import Candidate, Choice, LabelModel, choose_label_model
from workbench.label_model.closure import close_upwards
from workbench.label_model.dawid_skene import DawidSkene
from workbench.label_model.dependence import find_copies
from workbench.label_model.majority import (
    MajorityVote,
    source_accuracy,
    source_accuracy_by_attribute,
)
from workbench.label_model.patterns import VotePatterns
from workbench.label_model.stacked import StackedLogistic
from workbench.label_model.verdicts import settled_verdicts

__all__ = [
    "Candidate",
    "Choice",
    "DawidSkene",
    "LabelModel",
    "MajorityVote",
    "StackedLogistic",
    "VotePatterns",
    "choose_label_model",
    "close_upwards",
    "draw_audit",
    "find_copies",
    "settled_verdicts",
    "source_accuracy",
    "source_accuracy_by_attribute",
]
