"""The commands that train models, ask them, list what they find, and measure them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli_options import HERE, Folder, Quiet, check_overwrite, example
from pipelines.console import Terminal
from workbench.errors import InputError

app = typer.Typer()


@app.command(
    epilog=example(
        "workbench issues shop --out issues.csv",
        "workbench issues shop --order gain --limit 500 --out worth.parquet",
        "workbench issues shop --table patterns --out patterns.csv",
    )
)
def issues(
    folder: Folder = HERE,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write, .csv, .parquet or .jsonl; else the first are printed."
        ),
    ] = None,
    table: Annotated[
        str, typer.Option(help="issues, patterns (groups with one cause) or noise (estimates).")
    ] = "issues",
    kind: Annotated[
        str | None,
        typer.Option(help="Issues or patterns, wrong or missing; both if left out."),
    ] = None,
    order: Annotated[
        str, typer.Option(help="rank finds most errors, gain improves the model most.")
    ] = "rank",
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many rows; by rank, of each kind.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a file that lies there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write the ranked issues as a file, or print the first ones."""
    from pipelines.issue_list import list_issues

    check_overwrite(overwrite, out)
    list_issues(
        folder,
        out=out,
        table=table,
        kind=kind,
        order=order,
        limit=limit,
        overwrite=overwrite,
        terminal=Terminal(quiet=quiet),
    )


@app.command(
    epilog=example(
        "workbench retrain shop",
        "workbench retrain shop --labels v1",
        "workbench retrain shop --fresh",
    )
)
def retrain(
    folder: Folder = HERE,
    labels: Annotated[
        str | None, typer.Option(help="Label version; the newest if left out.")
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Grow new label trees instead of using those of before."),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train the model on a label version; only what its labels changed is trained again."""
    from pipelines.retrain import retrain_model

    retrain_model(folder, labels=labels, fresh=fresh, terminal=Terminal(quiet=quiet))


@app.command(
    epilog=example(
        "workbench models shop",
        "workbench models shop --measure",
        "workbench models shop --test-labels v3 --json",
        "workbench models shop --use v2-a081de97",
        "workbench models shop --remove v2-a081de97",
    )
)
def models(
    folder: Folder = HERE,
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure all on the same test labels first.")
    ] = False,
    test_labels: Annotated[
        str | None,
        typer.Option(help="Measure against these: 'truth' or a version; the best there is."),
    ] = None,
    use: Annotated[
        str | None, typer.Option(help="Make the model of this id the current one of its labels.")
    ] = None,
    remove: Annotated[
        str | None, typer.Option(help="Remove the model of this id, unless it is current.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
    quiet: Quiet = False,
) -> None:
    """List the trained models: labels, parameters, trees, and how good they are."""
    from pipelines.model_choice import remove_model, use_model
    from pipelines.model_list import show_models

    terminal = Terminal(quiet=quiet)
    given = {"--use": use, "--remove": remove, "--measure": measure, "--test-labels": test_labels}
    told = [name for name, value in given.items() if value not in (None, False)]
    if (use or remove) and (len(told) > 1 or json):
        raise InputError(f"{' and '.join(told + ['--json'] * json)}: give one of them")
    if use is not None:
        use_model(folder, use, terminal=terminal)
        return
    if remove is not None:
        remove_model(folder, remove, terminal=terminal)
        return
    show_models(folder, measure=measure, test_labels=test_labels, as_json=json, terminal=terminal)


@app.command(
    epilog=example(
        "workbench compare shop",
        "workbench compare shop v1 v2 --by attribute",
        "workbench compare shop v2 v2-a081de97 --report comparison.html",
    )
)
def compare(
    folder: Folder = HERE,
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MODEL]...",
            help="Label versions, for their newest model, or ids of models; the others are "
            "held against the first. First and newest version if left out.",
        ),
    ] = None,
    test_labels: Annotated[
        str | None,
        typer.Option(help="Labels to measure against: 'truth' or a version; the best there is."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="Print it by segment too: support, attribute or branch."),
    ] = None,
    measure: Annotated[
        str | None,
        typer.Option(help="The measure of the segments, such as P@1; nDCG at the largest k."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write all of it as one page of HTML that can be mailed."),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a report that lies there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Measure any number of models on the same test labels, with intervals, and what changed."""
    from pipelines.compare import compare_models

    check_overwrite(overwrite, report, "--report")
    compare_models(
        folder,
        models or [],
        test_labels,
        by=by,
        measure=measure,
        report=report,
        overwrite=overwrite,
        terminal=Terminal(quiet=quiet),
    )


@app.command(
    epilog=example(
        "workbench predict shop 'adidas blue 26'",
        "workbench predict shop --file queries.txt --threshold 0.5",
        "workbench predict shop --file log.parquet --column user_query --out labels.parquet",
    )
)
def predict(
    folder: Folder = HERE,
    text: Annotated[str | None, typer.Argument(help="A text to label.")] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="One text a line, or a table (.csv, .tsv, .parquet, .jsonl)."),
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="The table's column of texts; text or query if left out.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write a table (.csv or .parquet); its row is the line of the file."),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace a file that lies there.")] = False,
    labels: Annotated[
        str | None, typer.Option(help="Label version of the model; the newest if left out.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A model by its id instead, see workbench models.")
    ] = None,
    k: Annotated[int, typer.Option("--k", "-k", min=1, help="Most labels a text.")] = 5,
    threshold: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Leave out labels of a lower score.")
    ] = 0.0,
    explain: Annotated[bool, typer.Option(help="Show the words that speak for each label.")] = True,
    quiet: Quiet = False,
) -> None:
    """Label texts with the newest model."""
    from pipelines.predict import predict_texts

    check_overwrite(overwrite, out)
    predict_texts(
        folder,
        text=text,
        file=file,
        out=out,
        labels=labels,
        k=k,
        explain=explain,
        model_id=model,
        threshold=threshold,
        column=column,
        overwrite=overwrite,
        terminal=Terminal(quiet=quiet),
    )


@app.command(
    epilog=example(
        "workbench explain shop 'adidas sale' 'Brand: adidas'",
        "workbench explain shop 'adidas sale'",
    )
)
def explain(
    folder: Annotated[Path, typer.Argument(metavar="WORKSPACE", help="The workspace folder.")],
    query: Annotated[str, typer.Argument(help="The text or the id of an instance.")],
    label: Annotated[
        str | None, typer.Argument(help="The label, or its value; the candidates if left out.")
    ] = None,
    show: Annotated[int, typer.Option(min=1, help="Most labels to print if none is named.")] = 10,
    quiet: Quiet = False,
) -> None:
    """Show what each source adds to the belief in a label, and what it saw."""
    from pipelines.explain import explain_label

    explain_label(folder, query=query, label=label, show=show, terminal=Terminal(quiet=quiet))
