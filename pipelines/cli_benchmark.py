"""The commands that measure: errors made on purpose, the truth, what review brings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_options import HERE, Folder, Quiet, example
from pipelines.console import Terminal

app = typer.Typer(
    no_args_is_help=True, help="Measure how well errors are found, and what mending them brings."
)

_Share = Annotated[
    float, typer.Option(min=0.01, max=0.9, help="Share of the given pairs that is disturbed.")
]


@app.command(epilog=example("workbench benchmark detection shop --seeds 3"))
def detection(
    folder: Folder = HERE,
    noise: _Share = 0.1,
    seeds: Annotated[int, typer.Option(min=1, help="How many draws of noise.")] = 2,
    quiet: Quiet = False,
) -> None:
    """Disturb the labels on purpose and measure how well the disturbance is found again."""
    from pipelines.benchmark import benchmark_detection

    benchmark_detection(folder, noise=noise, n_seeds=seeds, terminal=Terminal(quiet=quiet))


@app.command(epilog=example("workbench benchmark signals shop"))
def signals(folder: Folder = HERE, quiet: Quiet = False) -> None:
    """Hold the labels that the signals make against a known truth, by source."""
    from pipelines.benchmark_signals import benchmark_signals

    benchmark_signals(folder, terminal=Terminal(quiet=quiet))


@app.command(
    epilog=example(
        "workbench benchmark gain shop",
        "workbench benchmark gain shop --noise 0.1 --noise 0.3 --seeds 5 --picture gain.svg",
    )
)
def gain(
    folder: Folder = HERE,
    noise: Annotated[
        list[float] | None,
        typer.Option(
            min=0.01, max=0.9, help="Share of the given pairs that is disturbed; 0.3 if left out."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many draws of noise.")] = 3,
    instances: Annotated[
        int, typer.Option(min=100, help="Train on so many instances at most, drawn at random.")
    ] = 10_000,
    out: Annotated[
        Path | None, typer.Option(help="Write every point, as .csv or .parquet.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the curves, as .svg, .png or .pdf.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a file that lies there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Disturb clean labels, review them with the truth, and measure what models gain by it."""
    from pipelines.benchmark_gain import benchmark_gain

    benchmark_gain(
        folder,
        noise=noise or [0.3],
        n_seeds=seeds,
        n_instances=instances,
        out=out,
        picture=picture,
        overwrite=overwrite,
        terminal=Terminal(quiet=quiet),
    )
