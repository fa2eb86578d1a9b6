"""Connections to the database of decisions: SQLite in a local file, or any server by URL."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from workbench.errors import ConfigError, WorkbenchError

BUSY_TIMEOUT_SECONDS = 30
_WAL_ATTEMPTS = 100
_KEEPALIVE = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
# The names Linux gives to file systems that other machines may write to at the same time.
_NETWORK_FILE_SYSTEMS = re.compile(
    r"9p|afs|beegfs|ceph|cifs|davfs|gfs2|glusterfs|gpfs|lustre|ncpfs|nfs\d?|ocfs2|orangefs|pvfs2"
    r"|smb\d?|smbfs|fuse\.(ceph|davfs2?|gcsfuse|glusterfs|juicefs|mfs|rclone|s3fs|smbnetfs|sshfs)"
)


def database_url(location: str | Path) -> URL:
    """Return the URL of the database at a path or URL.

    Raises
    ------
    ConfigError
        If the text looks like a URL but is none, or names SQLite without a file.
    """
    if isinstance(location, Path) or "://" not in location:
        return URL.create("sqlite", database=str(location))
    try:
        url = make_url(location)
    except ArgumentError as error:
        raise ConfigError(
            "decision store: expected a path or a URL such as postgresql://user@host/database, "
            "found text that cannot be read as either"
        ) from error
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
        raise ConfigError(
            "decision store: a database in memory forgets every decision; name a file"
        )
    return url


def open_engine(url: URL) -> Engine:
    """Return the engine of a decision store; a transaction that writes asks for :func:`writing`.

    Raises
    ------
    WorkbenchError
        If the folder of an SQLite file is not there or lies on a network file system, or the
        database driver is not installed.
    """
    if url.get_backend_name() == "sqlite":
        check_local(Path(url.database or ""), read_mounts())
        if "timeout" not in url.query:
            url = url.update_query_dict({"timeout": str(BUSY_TIMEOUT_SECONDS)})
        engine = create_engine(url)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    is_postgres = url.get_backend_name() == "postgresql"
    # A database that is not in UTF-8 is refused later, once it can be asked.
    letters = {"client_encoding": "utf8"} if is_postgres else {}
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args=letters)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise WorkbenchError(
            f"decision store: no driver for {url.drivername} ({error}); for PostgreSQL install "
            "label-workbench[postgres]"
        ) from error
    if is_postgres:
        event.listen(engine, "connect", _prepare_postgres)
    return engine


def writing(engine: Engine) -> Engine:
    """Return the same engine whose transactions hold the write lock from their first moment.

    A transaction that reads first and asks for the lock later fails at once if another one wrote
    in between, however long it may wait.
    """
    return engine.execution_options(workbench_writes=True)


def check_local(path: Path, mounts: str) -> None:
    """Raise unless the folder of the file is there and, as far as is known, on a local disk.

    Raises
    ------
    WorkbenchError
    """
    folder = path.resolve().parent
    if not folder.is_dir():
        raise WorkbenchError(f"decision store {path}: folder {folder} is not there; make it first")
    kind = file_system(folder, mounts)
    if kind is not None and _NETWORK_FILE_SYSTEMS.fullmatch(kind):
        raise WorkbenchError(
            f"decision store {path}: lies on a network file system ({kind}), where SQLite can lose "
            "decisions; put it on a local disk, or use PostgreSQL by URL"
        )


def check_server(connection: Connection, *, where: str) -> None:
    """Raise unless a PostgreSQL server keeps every text, and every commit that it acknowledges.

    Raises
    ------
    WorkbenchError
        Naming all settings that do not fit.
    """
    if connection.dialect.name != "postgresql":
        return
    found = {
        name: connection.exec_driver_sql(f"SHOW {name}").scalar()
        for name in ("server_encoding", "fsync", "synchronous_commit")
    }
    complaints = [f"{name} = {found[name]}" for name in found if found[name] == "off"]
    if found["server_encoding"] != "UTF8":
        complaints.insert(0, f"server_encoding = {found['server_encoding']}")
    if complaints:
        raise WorkbenchError(
            f"{where}: this database would lose decisions or letters: {', '.join(complaints)}; "
            "expected a database made with ENCODING 'UTF8', fsync = on and synchronous_commit = on"
        )


def file_system(folder: Path, mounts: str) -> str | None:
    """Return the type of the file system of an absolute path, None if it is unknown.

    Parameters
    ----------
    folder : Path
    mounts : str
        In the form of ``/proc/mounts``. Of two mounts on one folder the later one hides the other.
    """
    best: tuple[int, str] | None = None
    for fields in (line.split(" ") for line in mounts.splitlines()):
        if len(fields) < 3:
            continue
        point = Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[1]))
        depth = len(point.parts)
        if folder.is_relative_to(point) and (best is None or depth >= best[0]):
            best = (depth, fields[2])
    return None if best is None else best[1]


def read_mounts() -> str:
    """Return the mount table of this system, empty where it is not told."""
    try:
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions of its own, always deferred ones.
    connection.isolation_level = None
    mode = _switch_to_wal(connection)
    if mode != "wal":
        raise WorkbenchError(
            f"decision store: SQLite cannot keep a write-ahead log here (it says {mode!r}); "
            "put the store on a local disk that can be written to"
        )
    connection.execute("PRAGMA synchronous=FULL")


def _prepare_postgres(connection: Any, _record: object) -> None:
    # A writer whose machine is gone holds the turn until the server notices, by default for hours.
    settings = {"lock_timeout": BUSY_TIMEOUT_SECONDS * 1000, **_KEEPALIVE}
    connection.autocommit = True
    for name, value in settings.items():
        connection.execute(f"SET {name} = {value}")
    connection.autocommit = False


def _switch_to_wal(connection: sqlite3.Connection) -> str:
    for _ in range(_WAL_ATTEMPTS):
        try:
            return str(connection.execute("PRAGMA journal_mode=WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        # Of several programs that open a new file at once all but one fail here without waiting,
        # whatever the timeout. Beginning a transaction does wait until the others are through.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    return "locked"


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("workbench_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
