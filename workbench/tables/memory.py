"""What to do when the local engine runs out of memory, in a sentence of ours."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from workbench.errors import WorkbenchError


@contextmanager
def telling_memory() -> Iterator[None]:
    """Say which limit was reached and what to do, if DuckDB runs out of memory in the block.

    Raises
    ------
    WorkbenchError
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        found = str(error).splitlines()[0].removeprefix("Out of Memory Error: ")
        raise WorkbenchError(
            f"DuckDB ran out of memory while it read the inputs ({found}); raise memory_limit in "
            "[inputs] (left out, it is four fifths of the machine's memory; of a DuckDB database "
            "it stands in the URL: ?memory_limit=4GB), free space for what it sets aside in "
            f"{tempfile.gettempdir()} (or point TMPDIR elsewhere), or cut the log into a folder of "
            "files of a day each, which are read one by one"
        ) from error
