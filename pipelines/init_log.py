"""Where the search log of a new workspace lies, and its first rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pipelines.click_form import LogSample, sample_file, sample_table
from workbench.errors import InputError
from workbench.signals.click_days import connect_database, open_database_table
from workbench.signals.database_files import with_full_path

_SECRETS = ("password", "token", "access_token", "motherduck_token", "secret", "private_key")


@dataclass(frozen=True)
class LogPlace:
    """A log in a file or in a database, the searches beside it.

    Parameters
    ----------
    clicks : str
        A path, or the Ibis URL of a database; ``$NAME`` in a URL is an environment variable.
    queries : Path, optional
        A file of searches.
    clicks_table, queries_table : str, optional
        Tables of the database.
    """

    clicks: str
    queries: Path | None = None
    clicks_table: str | None = None
    queries_table: str | None = None

    @property
    def is_database(self) -> bool:
        """Whether the log is in a database."""
        return "://" in self.clicks

    def check(self) -> None:
        """Raise if the parts do not go together, or the URL holds a secret.

        Raises
        ------
        InputError
        """
        tables = {"--clicks-table": self.clicks_table, "--queries-table": self.queries_table}
        named = [option for option, name in tables.items() if name]
        if not self.is_database:
            if named:
                raise InputError(
                    f"{', '.join(named)}: for a log in a database, but --clicks {self.clicks} is a "
                    "file; give the URL of the database, such as duckdb://shop.duckdb"
                )
            return
        if self.queries is not None:
            raise InputError("--queries is a file; the table of searches is --queries-table")
        if _holds_secret(self.clicks):
            raise InputError(
                "--clicks: the URL holds a password, which would be written into workbench.toml; "
                "put it in an environment variable and name that, in single quotes: "
                "'postgresql://me:$DB_PASSWORD@host/shop'"
            )

    def samples(self) -> tuple[LogSample, LogSample | None]:
        """Return the first rows of the log and of its searches.

        Raises
        ------
        InputError
            If the file, the database or a table is not there.
        """
        if not self.is_database:
            queries = None if self.queries is None else sample_file(self.queries)
            return sample_file(Path(self.clicks)), queries
        database = connect_database(self.clicks, Path.cwd(), named="--clicks")
        if not self.clicks_table:
            tables = sorted(database.list_tables())
            raise InputError(
                f"--clicks {self.clicks}: name the table of the log with --clicks-table; the "
                f"database has {', '.join(tables[:20]) or 'no table'}"
            )
        clicks = sample_table(open_database_table(database, self.clicks_table))
        if not self.queries_table:
            return clicks, None
        return clicks, sample_table(open_database_table(database, self.queries_table))

    @property
    def url(self) -> str:
        """The URL as it is written; that of a database in a file works from any folder."""
        return with_full_path(self.clicks, Path.cwd())


def _holds_secret(url: str) -> bool:
    """Whether a password or a token stands in a URL, rather than the name of a variable."""
    # A # begins nothing: it may stand in a path or a password.
    parts = urlsplit(url.replace("#", "%23"))
    query = parse_qs(parts.query)
    values = [unquote(parts.password or ""), *(v for key in _SECRETS for v in query.get(key, []))]
    return any(value and not value.startswith("$") for value in values)
