"""Fit the label model that was asked for, or the one that is best on an audit sample."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from pipelines.config import LabelSection
from pipelines.review_effect import note_rare_state
from pipelines.reviewed import Reviewed
from pipelines.toml_values import toml
from workbench.errors import ConfigError
from workbench.label_model import (
    Candidate,
    DawidSkene,
    MajorityVote,
    StackedLogistic,
    VotePatterns,
    choose_label_model,
    find_copies,
    settled_verdicts,
)
from workbench.label_model.verdicts import PairVerdicts
from workbench.report import Report

# All click evidence counts once, however many sources are made of it. What neighbours carry comes
# from the same search engine and the same items as the instance's own clicks.
GROUPS: Mapping[str, str] = {
    "click": "clicks",
    "neighbours": "clicks",
    "dictionary": "text",
    "taxonomy": "taxonomy",
    "verifier": "titles",
}
# What looks for labels: a pair that one of them did not find is none the likelier for it.
FINDERS = frozenset({"clicks", "text", "titles"})
_NO_LOSSES = {
    "name": "str",
    "log_loss": "float64",
    "low": "float64",
    "high": "float64",
    "difference": "float64",
    "standard_error": "float64",
    "n_audit": "int64",
    "chosen": "bool",
}
# The model that a method means where nothing is chosen.
_NAMES = {
    "auto": "dawid_skene_reviewed",
    "dawid_skene": "dawid_skene_reviewed",
    "majority": "majority",
    "stacked": "stacked",
}
_COST = (
    "sources of one group count once, so labels that only they support may be lost: compare the "
    "number of given pairs before and after, and, with a known truth ([inputs.truth]), the row "
    "'all' of workbench benchmark signals, or the log loss on audited pairs in this report"
)
# With fewer audited pairs the best model is a matter of luck.
MIN_AUDIT = 100
# With fewer reviewed pairs the regression costs more than it brings where the votes are sound.
MIN_REVIEWED = 100
_MIN_OF_EACH_STATE = 10
_BARE = re.compile("[A-Za-z0-9_-]+")


@dataclass(frozen=True, eq=False)
class LabelModels:
    """What came of the votes.

    Parameters
    ----------
    name : str
        Of the label model.
    posterior : DataFrame
    losses : DataFrame
        The table of `choose_label_model`; empty where there was nothing to choose.
    dependence : DataFrame
        The table of `find_copies`.
    unreviewed : tuple of str and DataFrame, optional
        The label model and the posterior that there would be without any reviewed pair; None if
        there is none.
    """

    name: str
    posterior: pd.DataFrame
    losses: pd.DataFrame
    dependence: pd.DataFrame
    unreviewed: tuple[str, pd.DataFrame] | None = None


def fit_label_model(
    votes: pd.DataFrame,
    labels: pd.DataFrame,
    reviewed: Reviewed,
    section: LabelSection,
    report: Report,
) -> LabelModels:
    """Return the posterior of the chosen label model, and why it was chosen.

    Raises
    ------
    ConfigError
        If ``stacked`` was asked for with too few reviewed pairs.
    """
    patterns = VotePatterns.from_votes(votes, labels)
    groups = all_groups(section)
    _note_unknown(section, patterns, report)
    audit = settled_verdicts(reviewed.audit, patterns.pairs)
    others = settled_verdicts(reviewed.others, patterns.pairs)
    every = audit.joined_by(others)
    report.count("reviewed pairs that enter the label model as certain", len(every.position))
    report.count(
        "reviewed pairs without any vote, which no label model sees",
        len(reviewed.pairs) - len(every.position),
    )
    note_rare_state(audit, len(patterns.pairs), report)
    candidates = _candidates(section, groups)
    losses = pd.DataFrame({n: pd.Series(dtype=kind) for n, kind in _NO_LOSSES.items()})
    name = _NAMES[section.method]
    if section.method == "stacked" and not _may_stack(every):
        raise ConfigError(
            f"[label] method = 'stacked' needs {MIN_REVIEWED} reviewed pairs with a vote, "
            f"{_MIN_OF_EACH_STATE} of each verdict at least, found {int(every.present.sum())} "
            f"present and {int((every.present == 0).sum())} absent; use 'auto' until there are more"
        )
    if section.method == "auto" and len(audit.position) >= MIN_AUDIT:
        asked = [one for one in candidates.values() if one.name != "stacked" or _may_stack(every)]
        choice = choose_label_model(asked, patterns, audit, others)
        losses, name = choice.table, choice.chosen.name
        _tell(losses, report)
    elif section.method == "auto" and len(audit.position):
        report.note(
            f"the audit sample has {len(audit.position)} reviewed pairs with a vote, {MIN_AUDIT} "
            f"are needed to choose a label model by it: {name} is used"
        )
    if name == "dawid_skene_reviewed" and not len(every.position):
        name = "dawid_skene"
    chosen = candidates[name]
    known = patterns.review(every)
    model = chosen.make().fit_patterns(known if chosen.learns_from_verdicts else patterns)
    dependence = find_copies(known, groups=groups)
    note_copies(dependence, groups, report)
    posterior = known.to_posterior(*model.log_odds(known))
    unreviewed = _unreviewed(section, candidates, patterns) if len(every.position) else None
    return LabelModels(name, posterior, losses, dependence, unreviewed)


def _unreviewed(
    section: LabelSection, candidates: Mapping[str, Candidate], patterns: VotePatterns
) -> tuple[str, pd.DataFrame]:
    """Return the label model that is used without reviewed pairs, and its posterior."""
    name = "majority" if section.method == "majority" else "dawid_skene"
    model = candidates[name].make().fit_patterns(patterns)
    return name, patterns.to_posterior(*model.log_odds(patterns))


def all_groups(section: LabelSection) -> dict[str, str]:
    """Return the groups of the sources, those of the configuration before the usual ones."""
    return {**GROUPS, **section.groups}


def _note_unknown(section: LabelSection, patterns: VotePatterns, report: Report) -> None:
    for key, named in (("groups", section.groups), ("weights", section.weights)):
        unknown = sorted(set(named) - set(patterns.sources))
        if unknown:
            report.note(
                f"[label.{key}] names {', '.join(unknown)}, which cast no vote; the sources are "
                f"{', '.join(patterns.sources)}"
            )


def _candidates(section: LabelSection, groups: dict[str, str]) -> dict[str, Candidate]:
    """Return the candidates: the one that is used without an audit sample, then the simpler."""
    found = (
        Candidate("dawid_skene_reviewed", lambda: DawidSkene(groups=groups, finders=FINDERS), True),
        Candidate("dawid_skene", lambda: DawidSkene(groups=groups, finders=FINDERS), False),
        Candidate("majority", lambda: MajorityVote(weights=section.weights), False),
        Candidate("stacked", lambda: StackedLogistic(groups=groups, finders=FINDERS), True),
    )
    return {one.name: one for one in found}


def _may_stack(verdicts: PairVerdicts) -> bool:
    n_present, n = int(verdicts.present.sum()), len(verdicts.present)
    return n >= MIN_REVIEWED and min(n_present, n - n_present) >= _MIN_OF_EACH_STATE


def _tell(losses: pd.DataFrame, report: Report) -> None:
    first, *others = losses.sort_values("log_loss", kind="stable").itertuples(index=False)
    told = [f"{first.name} {first.log_loss:.3f}"]
    told += [
        f"{o.name} +{o.difference:.3f} (standard error {o.standard_error:.3f})" for o in others
    ]
    name = losses.loc[losses["chosen"], "name"].item()
    report.note(
        f"label model {name}: the first of {', '.join(losses['name'])} that none beats beyond "
        f"chance; log loss on {losses['n_audit'].iloc[0]} audited pairs: {', '.join(told)}"
    )


def note_copies(dependence: pd.DataFrame, groups: Mapping[str, str], report: Report) -> None:
    """Note which sources seem to copy each other, and which group to put them in.

    One piece of advice each, and what following it may cost: two sources that are both nearly
    always right agree as often, and of one group they count once.

    Parameters
    ----------
    dependence : pd.DataFrame
        As :func:`workbench.label_model.dependence.find_copies` returns it.
    groups : mapping of str to str
        Of the sources that have one.
    report : Report
    """
    told: set[str] = set()
    sources = sorted({*dependence["source_a"], *dependence["source_b"]})
    for row in dependence[dependence["warned"]].itertuples():
        a, b = str(row.source_a), str(row.source_b)
        group, members = _joined_group(a, b, groups, sources)
        # A source is in one group: whether it copies a second one shows once it is in the first.
        advice = (
            "run again once those named before are in one group, and see whether these still do"
            if told & {a, b}
            else "if they copy, put them in one group, in [label]: groups = "
            + _as_toml({**_configured(groups), **dict.fromkeys(members, group)})
            + f"; {_COST}"
        )
        told |= set(members)
        report.note(
            f"the sources {a} and {b} copy each other, or are both nearly always right, which "
            f"votes alone do not tell apart: they agree on {row.observed_agreement:.0%} "
            f"of the {row.n_pairs:,} pairs that both vote on, expected are "
            f"{row.expected_agreement:.0%} by what the others vote; {advice}"
        )


def _configured(groups: Mapping[str, str]) -> dict[str, str]:
    """Return the groups that are not those of every workspace."""
    return {name: group for name, group in groups.items() if GROUPS.get(name) != group}


def _as_toml(groups: Mapping[str, str]) -> str:
    """Return all groups as the configuration holds them, to be pasted."""
    told = (
        f"{name if _BARE.fullmatch(name) else toml(name)} = {toml(groups[name])}"
        for name in sorted(groups)
    )
    return f"{{ {', '.join(told)} }}"


def _joined_group(
    a: str, b: str, groups: Mapping[str, str], sources: Sequence[str]
) -> tuple[str, list[str]]:
    """Return the larger group of two sources, and the members of both: none leaves its group."""
    of_each = [groups.get(source, source) for source in (a, b)]
    members = [source for source in sources if groups.get(source, source) in of_each]
    sizes = [sum(groups.get(source, source) == group for source in members) for group in of_each]
    return of_each[sizes[1] > sizes[0]], members
