from __future__ import annotations

import pytest

from pipelines.benchmark_signals import MAJORITY, benchmark_signals
from pipelines.console import Terminal
from workbench.errors import InputError


def test_signals_are_held_against_the_truth(workspace, finished, capsys):
    path = workspace / "workbench.toml"
    truth = finished / "data" / "truth.parquet"
    path.write_text(path.read_text() + f'\n[inputs.truth]\npath = "{truth}"\n')
    found = benchmark_signals(workspace, terminal=Terminal())
    measures = found.measures()
    alone = [name for name in measures.index if name.startswith("only ")]
    assert measures.loc["all", "auc"] > measures.loc[alone, "auc"].max()
    assert MAJORITY in measures.index
    told = capsys.readouterr().out
    assert "of the true pairs" in told
    assert "by attribute, all sources" in told


def test_without_truth_there_is_nothing_to_hold_them_against(workspace):
    with pytest.raises(InputError, match=r"no truth is configured; name it in \[inputs.truth\]"):
        benchmark_signals(workspace, terminal=Terminal(quiet=True))
