"""Read a whole table that the configuration names."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipelines.stages import Run
from workbench.report import Report
from workbench.tables import BadRows, Contract, connect, read_table, telling_memory, to_frame


def read_configured(
    run: Run,
    path: str,
    contract: Contract,
    columns: Mapping[str, str],
    report: Report,
    *,
    bad_rows: BadRows | None = None,
) -> pd.DataFrame:
    """Return the rows that keep to the contract, read within the configured memory limit.

    Parameters
    ----------
    run : Run
    path : str
        As configured: a relative one starts at the workspace.
    contract : Contract
    columns : mapping from our name to the file's
    report : Report
        Gets the rows that are left out.
    bad_rows : str, optional
        What to do with the others; by default what ``[inputs] bad_rows`` says.

    Raises
    ------
    InputError
        If there is no such file, or it breaks the contract.
    WorkbenchError
        If the memory limit is reached.
    """
    inputs = run.config.inputs
    with telling_memory():
        table = read_table(
            connect(memory_limit=inputs.memory_limit),
            run.path(path),
            contract,
            columns=dict(columns),
            bad_rows=bad_rows or inputs.bad_rows,
            report=report,
        )
        return to_frame(table)
