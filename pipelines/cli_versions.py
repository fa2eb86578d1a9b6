"""The commands that tell of label versions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_options import HERE, Quiet, example
from pipelines.console import Terminal
from workbench.errors import InputError
from workbench.workspace import CONFIG_NAME

app = typer.Typer()


@app.command(
    epilog=example(
        "workbench log shop", "workbench log shop v3", "workbench log shop --json > versions.json"
    )
)
def log(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORKSPACE] [VERSION]",
            help="The workspace folder, the current one if left out; and one version, to see it "
            "whole.",
        ),
    ] = None,
    show: Annotated[int, typer.Option(min=0, help="Pairs of one version to print a list.")] = 5,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
    quiet: Quiet = False,
) -> None:
    """List the label versions, newest first, or tell what one rests on."""
    from pipelines.version_log import show_log

    folder, versions = _placed(names or [], at_most=1)
    version = versions[0] if versions else None
    show_log(folder, version, show=show, as_json=json, terminal=Terminal(quiet=quiet))


@app.command(
    epilog=example(
        "workbench diff shop v1 v3",
        "workbench diff shop v1 v3 --by label",
        "workbench diff shop v1 v3 --out changes.parquet",
    )
)
def diff(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="[WORKSPACE] VERSION VERSION",
            help="The workspace folder, the current one if left out; the older and the newer "
            "version.",
        ),
    ],
    by: Annotated[
        str | None, typer.Option(help="cause, attribute or label, whole; the first of all if not.")
    ] = None,
    show: Annotated[int, typer.Option(min=0, help="Pairs to print with their text.")] = 10,
    out: Annotated[
        Path | None,
        typer.Option(help="A .csv or .parquet with every pair, its cause and its decision."),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a file that lies there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Show which pairs two label versions differ in, and why."""
    from pipelines.version_diff import show_diff

    folder, versions = _placed(names, at_most=2)
    if len(versions) != 2:
        raise InputError(
            f"diff takes two label versions, such as v1 v2; found {len(versions)}: "
            f"{' '.join(versions) or 'none'}"
        )
    show_diff(
        folder,
        *versions,
        by=by,
        show=show,
        out=out,
        overwrite=overwrite,
        terminal=Terminal(quiet=quiet),
    )


def _placed(names: list[str], *, at_most: int) -> tuple[Path, list[str]]:
    """Return the workspace and the versions that were named.

    Raises
    ------
    InputError
        If there are too many names.
    """
    is_version = bool(names) and re.fullmatch(r"v\d+", names[0]) is not None
    if not names or (is_version and not (Path(names[0]) / CONFIG_NAME).is_file()):
        folder, versions = HERE, names
    else:
        folder, versions = Path(names[0]), names[1:]
    if len(versions) > at_most:
        raise InputError(
            f"expected a workspace and {at_most} of its label versions, found {' '.join(names)}"
        )
    return folder, versions
