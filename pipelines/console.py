"""What the command line shows: progress on the terminal's error stream, results on its output."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

ProgressCallback = Callable[[int, int], None]


class Terminal:
    """Says what a command does and what came out.

    When whoever reads the output has gone, as after ``| head``, nothing more is printed, and the
    command finishes its work.

    Parameters
    ----------
    quiet : bool
        Show no progress and no results; warnings are still shown, and errors by the command line,
        and a document that was asked for.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        # Neither markup nor emoji codes: what is printed comes from data.
        self._out = _Console(
            highlight=False, markup=False, emoji=False, soft_wrap=True, quiet=quiet
        )
        self._err = _Console(stderr=True, highlight=False, markup=False, emoji=False, quiet=quiet)
        self._document = _Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._alarm = _Console(
            stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True
        )

    @property
    def is_read(self) -> bool:
        """Whether somebody may read what is said."""
        return not self._out.quiet

    def say(self, text: str = "") -> None:
        """Print one line of the result."""
        self._out.print(printable(text))

    def document(self, text: str) -> None:
        """Print what a program reads, if quiet too: it was asked for by name, as with --json."""
        self._document.print(printable(text))

    def warn(self, text: str) -> None:
        """Print one line on the error stream, if quiet too: what a scheduler has to know."""
        self._alarm.print(f"workbench: warning: {printable(text)}")

    def table(self, title: str, header: list[str], rows: list[list[str]]) -> None:
        """Print a small table; columns of numbers are aligned right.

        Figures below a heading of one word stay whole, and so does the heading.
        """
        table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
        for index, name in enumerate(header):
            numeric = all(_is_number(row[index]) for row in rows) and bool(rows)
            whole = " " not in name and bool(rows) and all(_is_figures(row[index]) for row in rows)
            # Where there is no room a word goes on in the next line; rich would cut it.
            table.add_column(
                name, justify="right" if numeric else "left", overflow="fold", no_wrap=whole
            )
        for row in rows:
            table.add_row(*map(printable, row))
        self._out.print(table)

    @contextmanager
    def step(self, title: str) -> Iterator[ProgressCallback]:
        """Show a bar with the time left while a step runs; give the callback that moves it."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        started = time.perf_counter()
        with Progress(*columns, console=self._err, transient=True, disable=self.quiet) as progress:
            task = progress.add_task(f"{title:<44}", total=None)

            def move(done: int, total: int) -> None:
                progress.update(task, completed=done, total=total)

            yield move
        self.say(f"{title:<44} {time.perf_counter() - started:7.1f} s")


class _Console(Console):
    """A console that falls silent when nobody reads it any more; rich would end the program."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        # What is still in the buffer goes there when the program ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def printable(text: str) -> str:
    r"""Return the text with control characters made visible, so that data cannot steer a terminal.

    Examples
    --------
    >>> printable("red\x1b[31m shoe")
    'red\ufffd[31m shoe'
    """
    return "".join(c if c == "\n" or c.isprintable() else "\ufffd" for c in text)


def _is_number(text: str) -> bool:
    return text.strip("+-–−% ").replace(".", "").replace(",", "").replace(" ", "").isdigit()


def _is_figures(text: str) -> bool:
    return not set(text.replace(" to ", " ")) - set("0123456789+-–−%., ")
