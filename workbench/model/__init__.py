"""Models that score (instance, label) pairs: clustered one-vs-rest and a simple baseline."""

from workbench.model.clustered_ovr import ClusteredOVR
from workbench.model.one_vs_rest import OneVsRest
from workbench.model.out_of_fold import OutOfFold, out_of_fold

__all__ = ["ClusteredOVR", "OneVsRest", "OutOfFold", "out_of_fold"]
