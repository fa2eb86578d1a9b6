"""The commands that draw pairs at random to be reviewed, and tell what the sample says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_options import HERE, Folder, Quiet, example
from pipelines.console import Terminal
from workbench.errors import InputError

app = typer.Typer()


@app.command(
    epilog=example(
        "workbench audit shop --draw 300 --out audit.csv",
        "workbench audit shop --more 300 --out audit-600.csv",
        "workbench audit shop --automatic 100 --out automatic.csv",
    )
)
def audit(
    folder: Folder = HERE,
    draw: Annotated[
        int | None, typer.Option(min=1, help="How many pairs to draw; 300 if left out.")
    ] = None,
    more: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Instead write the file of \\[inputs.reviewed], verdicts and all, with so many "
            "pairs more.",
        ),
    ] = None,
    automatic: Annotated[
        int | None,
        typer.Option(min=1, help="Instead draw so many of the corrections made automatically."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The CSV file to write.")] = Path("audit.csv"),
    seed: Annotated[int, typer.Option(help="Another seed draws other pairs.")] = 0,
    overwrite: Annotated[bool, typer.Option(help="Replace the file that lies there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Draw pairs at random for people to review, so that label models can be measured."""
    from pipelines.audit import draw_audit_sample, extend_audit_sample

    terminal = Terminal(quiet=quiet)
    if sum(count is not None for count in (draw, more, automatic)) > 1:
        raise InputError(
            "give --draw, which starts a sample, --more, which adds to one, or --automatic, which "
            "draws from the automatic corrections"
        )
    if automatic is not None:
        from pipelines.automatic import draw_automatic_audit

        draw_automatic_audit(
            folder, draw=automatic, out=out, seed=seed, overwrite=overwrite, terminal=terminal
        )
        return
    if more is not None:
        extend_audit_sample(
            folder, more=more, out=out, seed=seed, overwrite=overwrite, terminal=terminal
        )
    else:
        draw_audit_sample(
            folder, draw=draw or 300, out=out, seed=seed, overwrite=overwrite, terminal=terminal
        )


@app.command(
    epilog=example(
        "workbench estimate shop --draw 400",
        "workbench estimate shop",
        "workbench estimate shop --width 0.02",
        "workbench estimate shop --more 200",
        "workbench estimate shop --out audit.csv",
        "workbench estimate shop --read audit.csv --reviewer mika",
    )
)
def estimate(
    folder: Folder = HERE,
    draw: Annotated[
        int | None, typer.Option(min=1, help="Draw a sample of so many pairs, to review blind.")
    ] = None,
    more: Annotated[
        int | None, typer.Option(min=1, help="Draw so many more, where they tell most.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="With --draw: in place of the sample there is.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(help="With --draw: another seed draws other pairs; 0 if left out.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the pairs to come as a CSV to fill in.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="With --out: replace a file.")] = False,
    read: Annotated[Path | None, typer.Option(help="Take in such a file, filled in.")] = None,
    reviewer: Annotated[str | None, typer.Option(help="With --read: who filled it in.")] = None,
    labels: Annotated[
        str | None, typer.Option(help="The label version after cleaning; the newest if left out.")
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(help="Say how many more reviews make intervals so wide, such as 0.02."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Estimate what is wrong and missing before and after cleaning, by a random blind sample."""
    from pipelines import audit_sheet
    from pipelines import estimate as steps

    terminal = Terminal(quiet=quiet)
    asked = {"--draw": draw, "--more": more, "--out": out, "--read": read}
    found = [name for name, value in asked.items() if value is not None]
    if len(found) > 1:
        raise InputError(f"give one of {', '.join(asked)}; found {' and '.join(found)}")
    if (read is None) != (reviewer is None):
        raise InputError("--read FILE and --reviewer NAME belong together: verdicts have an author")
    told = {
        "--new": new,
        "--seed": seed is not None,
        "--overwrite": overwrite,
        "--labels": labels is not None,
        "--width": width is not None,
    }
    _check_belong(found[0] if found else "", [name for name, is_told in told.items() if is_told])
    if draw is not None:
        steps.draw_audit(folder, draw=draw, seed=seed or 0, new=new, terminal=terminal)
    elif more is not None:
        steps.extend_audit(folder, more=more, terminal=terminal)
    elif out is not None:
        audit_sheet.write_audit_sheet(folder, out=out, overwrite=overwrite, terminal=terminal)
    elif read is not None and reviewer is not None:
        audit_sheet.read_audit_sheet(folder, file=read, reviewer=reviewer, terminal=terminal)
    else:
        steps.show_estimates(folder, labels=labels, width=width, terminal=terminal)


def _check_belong(asked: str, told: list[str]) -> None:
    """Raise if an option says something about what is not asked for."""
    others = [name for name in told if name not in _BELONGING[asked]]
    if others:
        wanted = [way or "the estimates" for way, names in _BELONGING.items() if others[0] in names]
        raise InputError(
            f"{others[0]} goes with {' or '.join(wanted)}, not with {asked or 'the estimates'}; "
            "leave one of them out"
        )


# What may be said about each thing that `estimate` can be asked for; about the estimates, if none.
_BELONGING = {
    "": ("--labels", "--width"),
    "--draw": ("--new", "--seed"),
    "--more": (),
    "--out": ("--overwrite",),
    "--read": (),
}
