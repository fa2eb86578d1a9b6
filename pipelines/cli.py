"""The ``workbench`` command."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import Annotated

import typer

from pipelines import cli_audits, cli_benchmark, cli_models, cli_versions
from pipelines.cli_options import HERE, Folder, Quiet, example
from pipelines.console import Terminal
from workbench import __version__
from workbench.errors import WorkbenchError

app = typer.Typer(
    name="workbench",
    help="Find and fix wrong and missing labels in extreme multi-label data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


# What Typer makes of Ctrl-C.
_INTERRUPTED = 130
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_NOT_OF_THE_PATH = (errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EFBIG)


def main() -> None:
    """Run the command; an expected error becomes one line and exit code 1."""
    try:
        app()
    except (WorkbenchError, OSError) as error:
        told = _told_of_system(error) if isinstance(error, OSError) else str(error)
        typer.echo(f"workbench: {' '.join(told.split())}", err=True)
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            typer.echo("workbench: interrupted; what was finished is kept, run it again", err=True)
        raise


def _told_of_system(error: OSError) -> str:
    """Return what the system refused and what to do; some refusals no other path mends."""
    told = str(error)
    if error.strerror and error.filename:
        told = f"{error.filename}: {error.strerror.lower()}"
    # Of a write that was cut short NumPy says "9 requested and 2 written", without a number.
    cut_short = error.errno is None and told.endswith(" written")
    if error.errno in _DISK_FULL or cut_short:
        return f"{told}: the disk is full; make room and run it again, what was finished is kept"
    if error.errno == errno.EROFS:
        return f"{told}; make it writable, or choose another place"
    if error.filename and error.errno not in _NOT_OF_THE_PATH:
        return f"{told}; correct the path, or choose another"
    return told


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


@app.command(epilog=example("workbench demo", "workbench demo --no-serve --budget 500"))
def demo(
    folder: Annotated[Path, typer.Argument(help="Where the demo's workspace goes.")] = Path("demo"),
    serve: Annotated[
        bool, typer.Option(help="Serve the review app when everything has been shown.")
    ] = True,
    budget: Annotated[
        int, typer.Option(min=1, help="Pairs of each kind the stand-in reviewer decides.")
    ] = 2000,
    port: Annotated[int, typer.Option(help="Port of the app.")] = 8501,
    quiet: Quiet = False,
) -> None:
    """Run the whole loop on the sample shop, with its known truth as the reviewer."""
    from pipelines.demo import run_demo

    workspace = run_demo(folder, budget=budget, terminal=Terminal(quiet=quiet))
    if serve:
        _serve(workspace, port, quiet)


@app.command(
    epilog=example(
        "workbench init shop --sample",
        "workbench init shop --clicks events.parquet --catalog items.csv --taxonomy tree.csv",
        "workbench init shop --clicks events.csv --queries queries.csv --catalog items.csv",
        "workbench init shop --clicks duckdb://log.duckdb --clicks-table events --catalog i.csv",
        "workbench init papers --texts texts.csv --labels labels.csv",
        "workbench init papers --texts texts.csv --labels Y.npz --label-names labels.txt",
    )
)
def init(
    folder: Annotated[Path, typer.Argument(metavar="WORKSPACE", help="The folder to make.")],
    sample: Annotated[bool, typer.Option("--sample", help="Use the sample shop.")] = False,
    clicks: Annotated[
        str | None,
        typer.Option(help="Search log, events or counts: a file, or the Ibis URL of a database."),
    ] = None,
    clicks_table: Annotated[
        str | None, typer.Option(help="Table of the log, if it is in a database.")
    ] = None,
    queries: Annotated[
        Path | None, typer.Option(help="Searches that the events name by query_id.")
    ] = None,
    queries_table: Annotated[
        str | None, typer.Option(help="Table of the searches, if they are in that database.")
    ] = None,
    catalog: Annotated[Path | None, typer.Option(help="Items with their attributes.")] = None,
    taxonomy: Annotated[Path | None, typer.Option(help="Tree of categories.")] = None,
    aliases: Annotated[Path | None, typer.Option(help="Other spellings of values.")] = None,
    texts: Annotated[Path | None, typer.Option(help="Instances with their text.")] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Labels that exist: a long table or a matrix (.npz).")
    ] = None,
    label_names: Annotated[
        Path | None, typer.Option(help="One label a line, in column order; for a matrix.")
    ] = None,
    separator: Annotated[
        str, typer.Option(help="What parts attribute and value in a label, such as '='.")
    ] = "",
    quiet: Quiet = False,
) -> None:
    """Start a workspace: a folder with a commented workbench.toml."""
    from pipelines.init import InitRequest, init_workspace

    request = InitRequest(
        sample=sample,
        clicks=clicks,
        clicks_table=clicks_table,
        queries=queries,
        queries_table=queries_table,
        catalog=catalog,
        taxonomy=taxonomy,
        aliases=aliases,
        texts=texts,
        labels=labels,
        label_names=label_names,
        separator=separator,
    )
    init_workspace(folder, request, Terminal(quiet=quiet))


@app.command(epilog=example("workbench run shop", "workbench run shop --quiet"))
def run(
    folder: Folder = HERE,
    show: Annotated[int, typer.Option(min=0, help="Suspicious pairs to print a kind.")] = 10,
    quiet: Quiet = False,
) -> None:
    """Bring everything up to date: labels, model, scores and the ranked issues.

    A stage runs only if something it depends on has changed.
    """
    from pipelines.run import run_pipeline

    run_pipeline(folder, terminal=Terminal(quiet=quiet), show=show)


@app.command("app", epilog=example("workbench app shop", "workbench app shop --port 8600"))
def serve_app(
    folder: Folder = HERE,
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    address: Annotated[
        str, typer.Option(help="Address to listen on; another than this machine needs sign-in.")
    ] = "localhost",
    quiet: Quiet = False,
) -> None:
    """Open the review app in the browser."""
    _serve(folder, port, quiet, address)


@app.command(epilog=example("workbench status shop", "workbench status shop --report"))
def status(
    folder: Folder = HERE,
    report: Annotated[
        bool, typer.Option("--report", help="Show what the newest run counted and noted.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Verify every checksum.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild the state of the decisions from their log.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Show what there is: stages, label versions, models, decisions."""
    from pipelines.status import show_status

    show_status(folder, terminal=Terminal(quiet=quiet), check=check, rebuild=rebuild, report=report)


@app.command(epilog=example("workbench apply shop", "workbench apply shop --undo-automatic"))
def apply(
    folder: Folder = HERE,
    undo_automatic: Annotated[
        bool,
        typer.Option("--undo-automatic", help="Take back all automatic corrections in one step."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Make the next label version from the decisions."""
    from pipelines.apply import apply_decisions_to

    apply_decisions_to(folder, terminal=Terminal(quiet=quiet), undo_automatic=undo_automatic)


@app.command(
    epilog=example(
        "workbench export shop",
        "workbench export shop --format xmc --out for-xmc",
        "workbench export shop --labels v2 --format huggingface,parquet --with names,provenance",
    )
)
def export(
    folder: Folder = HERE,
    labels: Annotated[
        str | None, typer.Option(help="Label version; the newest if left out.")
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help="parquet, jsonl, csv, sheet (CSV for people), xmc, npz or huggingface; several "
            "parted by commas, all if left out.",
        ),
    ] = None,
    extras: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="names (a table of the labels) or provenance (who said so of each pair, since "
            "when, and what the signals believed), or both parted by a comma.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder to write; exports/VERSION of the workspace if left out."),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace an export that lies there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write the cleaned training set."""
    from pipelines.export import export_labels

    export_labels(
        folder,
        labels=labels,
        formats=formats,
        out=out,
        overwrite=overwrite,
        terminal=Terminal(quiet=quiet),
        extras=extras or (),
    )


def _serve(folder: Path, port: int, quiet: bool, address: str = "localhost") -> None:
    from pipelines.serve import serve

    serve(folder, port=port, terminal=Terminal(quiet=quiet), address=address)


# Without a name its commands stand beside the others.
app.add_typer(cli_models.app)
app.add_typer(cli_audits.app)
app.add_typer(cli_versions.app)
app.add_typer(cli_benchmark.app, name="benchmark")


if __name__ == "__main__":
    main()
