"""From the votes of the sources to a posterior for every pair, with its provenance."""

from workbench.label_model.accuracy import source_accuracy, source_accuracy_by_attribute
from workbench.label_model.closure import close_upwards
from workbench.label_model.dawid_skene import DawidSkene
from workbench.label_model.drift import find_drift
from workbench.label_model.explaining import PairExplanation, explain_pair
from workbench.label_model.majority import MajorityVote
from workbench.label_model.source_tables import SourceTables, make_source_tables

__all__ = [
    "DawidSkene",
    "MajorityVote",
    "PairExplanation",
    "SourceTables",
    "close_upwards",
    "explain_pair",
    "find_drift",
    "make_source_tables",
    "source_accuracy",
    "source_accuracy_by_attribute",
]
