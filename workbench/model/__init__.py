"""Models that score (instance, label) pairs: clustered one-vs-rest and a simple baseline."""

from workbench.model.clustered_ovr import ClusteredOVR
from workbench.model.leave_one_out import leave_one_out
from workbench.model.one_vs_rest import OneVsRest
from workbench.model.out_of_fold import out_of_fold
from workbench.model.out_of_sample import OutOfSample, as_out_of_sample

__all__ = [
    "ClusteredOVR",
    "OneVsRest",
    "OutOfSample",
    "as_out_of_sample",
    "leave_one_out",
    "out_of_fold",
]
