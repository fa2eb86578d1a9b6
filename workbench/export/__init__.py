"""Write a label version with its texts as a training set that other tools read."""

from workbench.export.folder import check_export_name
from workbench.export.matrix_writers import MATRIX_FORMATS
from workbench.export.training_set import PairOrigins
from workbench.export.write import ExportedFile, ExportManifest, write_export
from workbench.export.writers import FORMATS

__all__ = [
    "FORMATS",
    "MATRIX_FORMATS",
    "ExportManifest",
    "ExportedFile",
    "PairOrigins",
    "check_export_name",
    "write_export",
]
