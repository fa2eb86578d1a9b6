"""Tables from outside: contracts, and reading that counts every bad row and shows five."""

from workbench.tables.checks import find_column
from workbench.tables.connecting import connect
from workbench.tables.contracts import Column, Contract, Kind
from workbench.tables.files import table_parts
from workbench.tables.frames import (
    computed,
    from_arrow,
    from_frame,
    held_here,
    to_frame,
    to_row,
)
from workbench.tables.left_out import count_left_out, lines_left_out, rows_left_out
from workbench.tables.memory import telling_memory
from workbench.tables.reading import (
    RawTable,
    check_table,
    find_columns,
    open_table,
    read_table,
)
from workbench.tables.scanning import BadRows

__all__ = [
    "BadRows",
    "Column",
    "Contract",
    "Kind",
    "RawTable",
    "check_table",
    "computed",
    "connect",
    "count_left_out",
    "find_column",
    "find_columns",
    "from_arrow",
    "from_frame",
    "held_here",
    "lines_left_out",
    "open_table",
    "read_table",
    "rows_left_out",
    "table_parts",
    "telling_memory",
    "to_frame",
    "to_row",
]
