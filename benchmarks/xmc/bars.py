"""What our model is held to, and whether it got there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.xmc.plan import (
    DATA_SETS,
    OMIKUJI,
    OMIKUJI_3,
    OURS,
    OURS_3,
    PECOS,
    Setting,
)
from benchmarks.xmc.summary import RANKS, Results, short

# A figure of one data set; None where something was not measured.
Figure = Callable[[Results, str], float | None]
MET = "yes"


@dataclass(frozen=True)
class Bar:
    """A figure and its bound.

    Parameters
    ----------
    told : str
    figure : Figure
    bound : float
    direction : str
        ``at least``, ``above`` or ``below``.
    data_sets : sequence of str
    holds_on : str
        ``each`` data set, ``most`` of them, or their ``mean``.
    """

    told: str
    figure: Figure
    bound: float
    direction: str = "at least"
    data_sets: Sequence[str] = DATA_SETS
    holds_on: str = "each"

    def row(self, results: Results) -> list[str]:
        """Return the bar, its figure on every data set, and whether it is met."""
        figures = {name: self.figure(results, name) for name in self.data_sets}
        cells = [self._cell(figures.get(name)) for name in DATA_SETS]
        return [self.told, *cells, self._verdict(list(figures.values()))]

    def _holds(self, figure: float) -> bool:
        if self.direction == "below":
            return figure < self.bound
        return figure > self.bound if self.direction == "above" else figure >= self.bound

    def _cell(self, figure: float | None) -> str:
        if figure is None:
            return "-"
        return short(figure) if self._holds(figure) else f"**{short(figure)}**"

    def _verdict(self, figures: Sequence[float | None]) -> str:
        held = [self._holds(figure) for figure in figures if figure is not None]
        if len(held) < len(figures):
            return "not all measured"
        if self.holds_on == "mean":
            mean = _mean([figure for figure in figures if figure is not None])
            return MET if self._holds(mean) else f"no (mean {short(mean)})"
        is_met = sum(held) * 2 > len(held) if self.holds_on == "most" else all(held)
        return MET if is_met else f"no ({sum(held)} of {len(held)})"


def _times_less(field: str, other: Setting, ours: Setting = OURS, threads: int = 1) -> Figure:
    def figure(results: Results, data_set: str) -> float | None:
        theirs = results.median(data_set, other, field, threads)
        mine = results.median(data_set, ours, field, threads)
        return theirs / mine if theirs is not None and mine else None

    return figure


def _plain(field: str, threads: int = 1, scale: float = 1.0) -> Figure:
    def figure(results: Results, data_set: str) -> float | None:
        mine = results.median(data_set, OURS, field, threads)
        return None if mine is None else mine * scale

    return figure


def _ahead(other: Setting, ours: Setting, combine: Callable[[list[float]], float]) -> Figure:
    """Return by how many points of P@1, 3 and 5 we are ahead."""

    def figure(results: Results, data_set: str) -> float | None:
        pairs = [
            (results.median(data_set, ours, f"P@{k}"), results.median(data_set, other, f"P@{k}"))
            for k in RANKS
        ]
        gaps = [mine - theirs for mine, theirs in pairs if None not in (mine, theirs)]
        return round(combine(gaps), 6) + 0.0 if len(gaps) == len(RANKS) else None

    return figure


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


_CPU, _WALL = "train_cpu_seconds", "train_wall_seconds"
BARS = (
    Bar("training: at least 10 times less CPU than PECOS", _times_less(_CPU, PECOS), 10),
    Bar("training: at least 6 times less CPU than omikuji", _times_less(_CPU, OMIKUJI), 6),
    Bar(
        "training on 2 threads: at least 7 times less wall time than PECOS",
        _times_less(_WALL, PECOS, threads=2),
        7,
    ),
    Bar(
        "training on 2 threads: at least 4 times less wall time than omikuji",
        _times_less(_WALL, OMIKUJI, threads=2),
        4,
    ),
    Bar(
        "mean of P@1, 3, 5 over the data sets no worse than PECOS (points)",
        _ahead(PECOS, OURS, _mean),
        0,
        holds_on="mean",
    ),
    Bar("none of P@1, 3, 5 more than 0.3 below PECOS (points)", _ahead(PECOS, OURS, min), -0.3),
    Bar("3 trees: each of P@1, 3, 5 above PECOS (points)", _ahead(PECOS, OURS_3, min), 0, "above"),
    Bar(
        "3 trees: each of P@1, 3, 5 above omikuji's 3 trees on most sets (points)",
        _ahead(OMIKUJI_3, OURS_3, min),
        0,
        "above",
        holds_on="most",
    ),
    Bar(
        "3 trees: more than 2 times less CPU than PECOS",
        _times_less(_CPU, PECOS, OURS_3),
        2,
        "above",
    ),
    Bar(
        "prediction in batch: at least 6 times less CPU than PECOS",
        _times_less("batch_cpu_us", PECOS),
        6,
    ),
    Bar(
        "prediction of single rows: times faster than PECOS",
        _times_less("single_us", PECOS),
        1,
        "above",
    ),
    Bar("training: peak memory, PECOS over ours", _times_less("train_peak_mb", PECOS), 1),
    Bar("prediction: peak memory, PECOS over ours", _times_less("predict_peak_mb", PECOS), 1),
    Bar("saved model, PECOS over ours", _times_less("disk_mb", PECOS), 1),
    Bar("wall s on 2 threads, below 20", _plain(_WALL, threads=2), 20, "below", ("shop",)),
    Bar(
        "peak GB on 2 threads, below 1.5",
        _plain("train_peak_mb", threads=2, scale=1e-3),
        1.5,
        "below",
        ("shop",),
    ),
)


def rows(results: Results) -> Iterator[list[str]]:
    """Yield the row of every bar."""
    for bar in BARS:
        yield bar.row(results)
