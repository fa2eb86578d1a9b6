"""Text files of one key and one text a line, ``gid://.../aa-1 : Apparel > Clothing``."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

import pandas as pd

from workbench.errors import InputError
from workbench.report import MAX_EXAMPLES, Report
from workbench.tables import BadRows, lines_left_out
from workbench.tables.files import TableFile
from workbench.tables.scanning import message

_LINE = re.compile(r"(\S+)\s+:\s+(\S.*)")
_EXPECTED = "every line must be 'key : text', blank, or begin with '#'"
_LOOKED_AT = 100


def has_keyed_lines(path: Path) -> bool:
    """Return whether a ``.txt`` holds keys and texts, by its first line that is no comment."""
    file = TableFile(path)
    if file.suffix != ".txt" or not path.is_file():
        return False
    for line in islice(file.text.lines(), _LOOKED_AT):
        text = line.content.decode("utf-8-sig", errors="replace").strip()
        if text and not text.startswith("#"):
            return _LINE.fullmatch(text) is not None
    return False


def short_key(key: str) -> str:
    """Return the last part of a global id, any other key as it is.

    Examples
    --------
    >>> short_key("gid://shopify/TaxonomyCategory/aa-1"), short_key("shoes/boots")
    ('aa-1', 'shoes/boots')
    """
    return key.rpartition("/")[2] if key.startswith("gid://") else key


def read_keyed_lines(path: Path, *, bad_rows: BadRows = "error", report: Report) -> pd.DataFrame:
    """Return ``key, text`` of each line, the key without the start of a global id.

    Raises
    ------
    InputError
        If a line is something else or a key comes twice; with ``bad_rows="skip"`` such lines are
        counted and, of a key that comes twice, the first is kept.
    """
    file = TableFile(path)
    file.check_exists()
    file.check_unpacks()
    rows: dict[str, str] = {}
    broken: list[str] = []
    repeated: list[str] = []
    for line in file.text.lines():
        try:
            text = line.content.decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            text = "" if line.is_too_long else "\ufffd"
        if not line.is_too_long and (not text or text.startswith("#")):
            continue
        match = None if line.is_too_long else _LINE.fullmatch(text)
        if match is None:
            broken.append(f"line {line.number}: {line.shown}")
        elif short_key(match[1]) in rows:
            repeated.append(f"line {line.number}: {match[1]!r}")
        else:
            rows[short_key(match[1])] = match[2]
    faults = {_EXPECTED: broken, "every key must be there once": repeated}
    found = {what: lines for what, lines in faults.items() if lines}
    if found and bad_rows == "error":
        told = [
            f"{what}, found {len(lines):,} that {'is' if len(lines) == 1 else 'are'} not "
            f"({', '.join(lines[:MAX_EXAMPLES])})"
            for what, lines in found.items()
        ]
        raise InputError(message(path.name, told))
    for what, lines in found.items():
        report.count(lines_left_out(path.name, what), len(lines), lines)
    if not rows:
        raise InputError(f"{path.name}: the file has no line 'key : text'")
    report.count(f"{path.name}: rows", len(rows))
    return pd.DataFrame({"key": list(rows), "text": list(rows.values())}, dtype="str")
