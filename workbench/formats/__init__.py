"""Files of the field: the Extreme Classification Repository's text format and ``.npz`` pairs.

A text file starts with ``n_instances n_features n_labels``. Each further line is one instance:
its labels joined by commas, a space, and ``feature:value`` pairs separated by spaces. The line of
an instance without labels starts with the space. Every index counts from zero. A path that ends in
``.gz`` is compressed.
"""

from workbench.formats.npz import NpzBlocks, read_npz_pair, write_npz_blocks, write_npz_pair
from workbench.formats.xmc_reader import read_xmc
from workbench.formats.xmc_writer import write_xmc, write_xmc_blocks

__all__ = [
    "NpzBlocks",
    "read_npz_pair",
    "read_xmc",
    "write_npz_blocks",
    "write_npz_pair",
    "write_xmc",
    "write_xmc_blocks",
]
