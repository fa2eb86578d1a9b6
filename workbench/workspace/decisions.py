"""Where the decisions of a workspace lie."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sqlalchemy import make_url

from workbench.errors import ConfigError
from workbench.review.engine import database_url


def check_decisions(setting: str) -> None:
    """Raise unless ``[workspace] decisions`` names a file or a database that this program knows.

    Raises
    ------
    ConfigError
        Without what the setting says, which may be a password.
    """
    kind = database_url(setting).get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise ConfigError(
            "'decisions': expected a file, or a database such as "
            f"postgresql://user:$NAME@host/database, found the kind {kind!r}"
        )


def decisions_location(setting: str, root: Path) -> str | Path:
    """Return the file or the URL that ``[workspace] decisions`` names.

    Parameters
    ----------
    setting : str
        A path, relative to ``root``, or a URL. ``$NAME`` stands for an environment variable: the
        whole of it, or the user, the password, the host or the database of a URL, as it is, with
        nothing quoted.
    root : Path
        Of the workspace.

    Raises
    ------
    ConfigError
        If a variable is not set, or the database is of an unknown kind.
    """
    if "://" not in setting:
        setting = _expanded(setting)
        if "://" not in setting:
            return root / setting
    check_decisions(setting)
    url = make_url(setting)
    for part in ("username", "password", "host", "database"):
        url = url.set(**{part: _expanded(getattr(url, part) or "") or None})  # type: ignore[arg-type]
    return url.render_as_string(hide_password=False)


def _expanded(text: str) -> str:
    unset = [name for name in re.findall(r"\$(\w+)", text) if name not in os.environ]
    if unset:
        raise ConfigError(
            f"[workspace] 'decisions' takes ${unset[0]} from the environment, which has no such "
            "variable; set it where the command and the app are started"
        )
    return re.sub(r"\$(\w+)", lambda found: os.environ[found[1]], text)
