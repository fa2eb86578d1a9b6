"""From the votes of the sources to a posterior for every pair, with its provenance."""

from workbench.label_model.accuracy import source_accuracy, source_accuracy_by_attribute
from workbench.label_model.audit import draw_audit, extend_audit
from workbench.label_model.base import LabelModel
from workbench.label_model.choosing import Candidate, Choice, choose_label_model
from workbench.label_model.closure import close_upwards
from workbench.label_model.dawid_skene import DawidSkene
from workbench.label_model.dependence import find_copies
from workbench.label_model.drift import find_drift
from workbench.label_model.explaining import PairExplanation, explain_pair
from workbench.label_model.majority import MajorityVote
from workbench.label_model.patterns import VotePatterns
from workbench.label_model.source_tables import SourceTables, make_source_tables
from workbench.label_model.stacked import StackedLogistic
from workbench.label_model.verdicts import settled_verdicts

__all__ = [
    "Candidate",
    "Choice",
    "DawidSkene",
    "LabelModel",
    "MajorityVote",
    "PairExplanation",
    "SourceTables",
    "StackedLogistic",
    "VotePatterns",
    "choose_label_model",
    "close_upwards",
    "draw_audit",
    "explain_pair",
    "extend_audit",
    "find_copies",
    "find_drift",
    "make_source_tables",
    "settled_verdicts",
    "source_accuracy",
    "source_accuracy_by_attribute",
]
