"""How good predictions and found issues are, and whether a difference is more than chance."""

from workbench.evaluate.propensity import propensities
from workbench.evaluate.ranking import ndcg_at_k, precision_at_k, psndcg_at_k, psp_at_k, recall_at_k
from workbench.evaluate.scoring import scorer

__all__ = [
    "ndcg_at_k",
    "precision_at_k",
    "propensities",
    "psndcg_at_k",
    "psp_at_k",
    "recall_at_k",
    "scorer",
]
