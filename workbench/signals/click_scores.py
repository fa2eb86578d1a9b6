"""Clicks over expected clicks, with empirical-Bayes shrinkage."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pandas as pd

from workbench.report import Report
from workbench.signals.click_counts import NO_POSITION
from workbench.tables import from_frame, to_frame, to_row

# Impressions by which the click-through rate of a position is pulled to the overall one, so that
# a rare position neither expects nothing nor everything.
CTR_PRIOR_IMPRESSIONS = 10.0
# Smallest variance of the true ratios, as a share of their squared mean: the prior weighs at most
# 1 / 0.01 = 100 clicks.
MIN_RELATIVE_VARIANCE = 0.01
UNSEEN = "clicks without an impression, taken as shown once each"


@dataclass(frozen=True)
class GammaPrior:
    """The gamma distribution from which each pair's ratio of clicks to expected clicks comes.

    Parameters
    ----------
    a, b : float
        Shape and rate; the mean is a / b.

    Notes
    -----
    Fitted by the method of moments. A pair with ratio λ is clicked with chance λ r at an
    impression whose place is clicked at rate r. With C the weight of the clicks (w each, 1 on
    average), EC = Σ r expected clicks, S = Σ r² (both over the impressions of the pair) and
    m = ΣC / ΣEC,

        V = max((Σ(C - m EC)² - Σw² + m² ΣS) / Σ(EC² - S), ε),    a = m² / V,    b = a / m,

    and the score is (C + a) / (EC + b). The usual form (m ΣEC in place of Σw², without S) takes
    clicks for Poisson counts of equal weight; they vary less, for an impression is clicked once at
    most, and where many items are shown only a few times that form finds no variance at all.
    """

    a: float
    b: float


def expected_clicks(shown: ibis.Table, clicked: ibis.Table, *, report: Report) -> ibis.Table:
    """Return each pair's counts with the clicks that its places get on average.

    Expected clicks are the sum over positions, and devices where they are known, of impressions
    times the click-through rate there; without positions and devices there is one rate for all;
    without impressions they are the number of the query's clicks, so that the ratio is a click
    share.

    Parameters
    ----------
    shown : ibis.Table
        ``instance_index, item_index, position, device, impressions``.
    clicked : ibis.Table
        ``instance_index, item_index, position, device, clicks, sessions, weight,
        weight_squares``; weights in any unit.
    report : Report
        Gets a note of the way that was used.

    Returns
    -------
    ibis.Table
        ``instance_index, item_index, impressions, clicks, sessions, weight, weight_squares,
        expected_clicks, rate_squares``; the mean weight of a click is 1.
    """
    clicked = _with_mean_weight_one(clicked)
    if to_row(shown.aggregate(n=shown["impressions"].sum()))["n"]:
        return _pairs_with_impressions(shown, clicked, report)
    report.note("no impressions: an item's clicks are compared with all clicks of the query")
    return _pairs_without_impressions(clicked)


def with_scores(pairs: ibis.Table) -> ibis.Table:
    """Return the click table: the pairs of `expected_clicks` with their score."""
    prior = fit_prior(pairs)
    score = (pairs["weight"] + prior.a) / (pairs["expected_clicks"] + prior.b)
    return pairs.mutate(score=score).select(
        "instance_index",
        "item_index",
        "impressions",
        "clicks",
        "weight",
        "expected_clicks",
        "score",
        "sessions",
    )


def fit_prior(pairs: ibis.Table) -> GammaPrior:
    """Return the prior of pairs as `expected_clicks` gives them."""
    c, ec = pairs["weight"].cast("float64"), pairs["expected_clicks"]
    sums = to_row(
        pairs.aggregate(
            c=c.sum(),
            ec=ec.sum(),
            cc=(c * c).sum(),
            cec=(c * ec).sum(),
            ecec=(ec * ec).sum(),
            s=pairs["rate_squares"].sum(),
            squares=pairs["weight_squares"].sum(),
        )
    )
    m = sums["c"] / sums["ec"]
    spread = sums["cc"] - 2 * m * sums["cec"] + m**2 * sums["ecec"]
    noise = sums["squares"] - m**2 * sums["s"]
    weight = sums["ecec"] - sums["s"]
    variance = max((spread - noise) / weight if weight > 0 else 0.0, MIN_RELATIVE_VARIANCE * m**2)
    a = m**2 / variance
    return GammaPrior(a=a, b=a / m)


def place_rates(shown: ibis.Table, clicked: ibis.Table) -> pd.DataFrame:
    """Return ``position, device, rate``: clicks an impression at each place that was shown.

    The rate of a position is shrunk to that of all, the rate on a device to that of its position.
    """
    place = ["position", "device"]
    totals = to_frame(shown.group_by(place).aggregate(n_shown=shown["impressions"].sum()))
    clicks = to_frame(clicked.group_by(place).aggregate(n_clicked=clicked["clicks"].sum()))
    totals = totals.merge(clicks, how="outer", on=place)
    totals[["n_shown", "n_clicked"]] = totals[["n_shown", "n_clicked"]].fillna(0)
    overall = min(totals["n_clicked"].sum() / totals["n_shown"].sum(), 1.0)
    sums = totals.groupby("position")[["n_shown", "n_clicked"]].transform("sum")
    rate = _shrunk_rate(sums, overall)
    if len(set(totals.loc[totals["n_shown"] > 0, "device"])) > 1:
        rate = _shrunk_rate(totals, rate)
    rates = totals[place].assign(rate=rate)
    return rates[totals["n_shown"] > 0].sort_values(place, ignore_index=True)


def _shrunk_rate(counts: pd.DataFrame, prior: float | pd.Series) -> pd.Series:
    rate = (counts["n_clicked"] + CTR_PRIOR_IMPRESSIONS * prior) / (
        counts["n_shown"] + CTR_PRIOR_IMPRESSIONS
    )
    # More clicks than impressions means that impressions are missing, not that all are clicked.
    return rate.clip(upper=1.0)


def _overall_rate(shown: ibis.Table, clicked: ibis.Table) -> float:
    n_shown = to_row(shown.aggregate(n=shown["impressions"].sum()))["n"]
    n_clicked = to_row(clicked.aggregate(n=clicked["clicks"].sum()))["n"]
    return min(float(n_clicked) / float(n_shown), 1.0)


def _with_mean_weight_one(clicked: ibis.Table) -> ibis.Table:
    sums = to_row(clicked.aggregate(w=clicked["weight"].sum(), n=clicked["clicks"].sum()))
    mean = sums["w"] / sums["n"]
    return clicked.mutate(
        weight=clicked["weight"] / mean, weight_squares=clicked["weight_squares"] / mean**2
    )


def _pairs_with_impressions(shown: ibis.Table, clicked: ibis.Table, report: Report) -> ibis.Table:
    if to_row(clicked.aggregate(n=(clicked["position"] == NO_POSITION).sum()))["n"]:
        clicked = _with_position_shown(clicked, shown)
    rates = place_rates(shown, clicked)
    _note_places(rates, report)
    expected = shown.inner_join(from_frame(rates), ["position", "device"])
    whole, real = ibis.literal(0, "int64"), ibis.literal(0.0)
    expected = expected.select(
        "instance_index",
        "item_index",
        "impressions",
        clicks=whole,
        sessions=whole,
        weight=real,
        weight_squares=real,
        expected_clicks=expected["impressions"] * expected["rate"],
        rate_squares=expected["impressions"] * expected["rate"] ** 2,
    )
    counted = clicked.select(
        "instance_index",
        "item_index",
        impressions=whole,
        clicks="clicks",
        sessions="sessions",
        weight="weight",
        weight_squares="weight_squares",
        expected_clicks=real,
        rate_squares=real,
    )
    parts = expected.union(counted)
    sums = {name: parts[name].sum() for name in parts.columns[2:]}
    pairs = parts.group_by("instance_index", "item_index").aggregate(**sums)
    return _with_missing_impressions(pairs, _overall_rate(shown, clicked), report)


def _note_places(rates: pd.DataFrame, report: Report) -> None:
    n_positions, n_devices = rates["position"].nunique(), rates["device"].nunique()
    if n_positions == 1 and n_devices == 1:
        report.note("no positions: expected clicks come from the overall click-through rate")
    elif n_devices == 1:
        report.note(f"expected clicks come from the click-through rate of {n_positions} positions")
    else:
        report.note(
            f"expected clicks come from the click-through rate of {n_positions} "
            f"{'position' if n_positions == 1 else 'positions'} on {n_devices} devices"
        )


def _with_position_shown(clicked: ibis.Table, shown: ibis.Table) -> ibis.Table:
    """Return the clicks, those without a position at the one where the pair is shown most."""
    # Of positions shown equally often the first counts, so that the order of rows does not matter.
    rank = shown["impressions"] * 1_000_000 - shown["position"]
    main = shown.group_by("instance_index", "item_index").aggregate(
        main=shown["position"].argmax(rank)
    )
    joined = clicked.left_join(main, ["instance_index", "item_index"])
    known = joined["position"] != NO_POSITION
    position = ibis.ifelse(known, joined["position"], joined["main"].fill_null(NO_POSITION))
    return joined.select(
        "instance_index",
        "item_index",
        "device",
        "clicks",
        "sessions",
        "weight",
        "weight_squares",
        position=position,
    )


def _with_missing_impressions(pairs: ibis.Table, rate: float, report: Report) -> ibis.Table:
    """Return the pairs with at least one impression a click behind the expected clicks."""
    missing = ibis.greatest(pairs["clicks"] - pairs["impressions"], 0)
    is_shown = pairs["impressions"] > 0
    total = to_row(
        pairs.aggregate(
            n_unseen=ibis.ifelse(is_shown, 0, missing).sum(),
            n_beyond=ibis.ifelse(is_shown, missing, 0).sum(),
        )
    )
    report.count(UNSEEN, total["n_unseen"])
    report.count(
        "clicks beyond the impressions of their query and item, taken as shown once more each",
        total["n_beyond"],
    )
    return pairs.mutate(
        expected_clicks=pairs["expected_clicks"] + missing * rate,
        rate_squares=pairs["rate_squares"] + missing * rate**2,
    )


def _pairs_without_impressions(clicked: ibis.Table) -> ibis.Table:
    pairs = clicked.group_by("instance_index", "item_index").aggregate(
        impressions=ibis.literal(0, "int64"),
        clicks=clicked["clicks"].sum(),
        sessions=clicked["sessions"].sum(),
        weight=clicked["weight"].sum(),
        weight_squares=clicked["weight_squares"].sum(),
    )
    total = pairs["weight"].sum().over(group_by="instance_index")
    return pairs.mutate(expected_clicks=total, rate_squares=total)
