"""How a figure is taken: rounds that take turns, compared within each round, and the median.

Whatever slows the machine down for a while slows all sides of a round. Every baseline is measured
twice in each round, before and after what is compared with it; what comes out of comparing it with
itself is the noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

#: Runs one round of one side and returns the seconds that one operation took.
Side = Callable[[], float]

#: The sides' figures, round by round.
Samples = Mapping[str, Sequence[float]]

#: Names of sides. The second baseline is the first one once more.
MEASURED = "measured"
BASELINE = "baseline"
BASELINE_AGAIN = "baseline again"

#: Units: seconds in each, for those that are times.
SECONDS = {"ms": 1e-3, "µs": 1e-6}
RATIO = "×"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done for a figure.

    :param rounds: at least five
    :param round_seconds: how long one side's part of a round is to take
    """

    rounds: int
    round_seconds: float


FULL = Effort(rounds=15, round_seconds=0.4)
QUICK = Effort(rounds=5, round_seconds=0.1)


@dataclass(frozen=True, slots=True)
class Row:
    """What is measured, in which unit, and its budget.

    :param unit: ``×``, ``ms``, ``µs`` or ``KiB``
    :param budget: in that unit; None for a row that only informs
    :param at_least: whether the budget is what the figure has to reach, not what it may not exceed
    """

    what: str
    unit: str
    budget: float | None = None
    at_least: bool = False

    def verdict(self, value: float) -> str:
        """Return ``holds`` or ``over``; nothing for a row without a budget."""
        if self.budget is None:
            return ""
        holds = value >= self.budget if self.at_least else value <= self.budget
        return "holds" if holds else "over"


@dataclass(frozen=True, slots=True)
class Figure:
    """A row with what came out.

    :param value: in the row's unit
    :param noise: what the same comparison gives for the baseline with itself: ideally 1 for a
        ratio, 0 otherwise
    :param detail: the times behind it, for the reader
    """

    row: Row
    value: float
    noise: float
    detail: str
    samples: Samples = field(repr=False)

    @property
    def verdict(self) -> str:
        """Return ``holds`` or ``over``; nothing for a row without a budget."""
        return self.row.verdict(self.value)


def interleave(sides: Mapping[str, Side], rounds: int) -> dict[str, list[float]]:
    """Run all sides in turn, as often as there are rounds, after one round that does not count."""
    for run in sides.values():
        run()
    samples: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            samples[name].append(run())
    return samples


def ratio(row: Row, samples: Samples) -> Figure:
    """Compare times: how many times the baseline's the measured side takes."""
    measured, baseline, noise = _compare(samples, lambda a, b: a / b)
    return Figure(
        row,
        value=measured,
        noise=noise,
        detail=f"{shown(samples[MEASURED])} against {shown(baseline)}",
        samples=samples,
    )


def rate_ratio(row: Row, samples: Samples) -> Figure:
    """Compare rates: how many times the baseline's operations a second the measured side does."""
    measured, baseline, noise = _compare(samples, lambda a, b: b / a)
    return Figure(
        row,
        value=measured,
        noise=noise,
        detail=f"{1 / median(samples[MEASURED]):.0f} a second against {1 / median(baseline):.0f}",
        samples=samples,
    )


def added(row: Row, samples: Samples) -> Figure:
    """Compare times: how much more than the baseline the measured side takes."""
    measured, baseline, noise = _compare(samples, lambda a, b: a - b)
    unit = SECONDS[row.unit]
    return Figure(
        row,
        value=measured / unit,
        noise=noise / unit,
        detail=f"to {shown(baseline)}",
        samples=samples,
    )


def absolute(row: Row, samples: Samples) -> Figure:
    """Take the baseline's time as it is: there is nothing else."""
    one, other = samples[BASELINE], samples[BASELINE_AGAIN]
    unit = SECONDS[row.unit]
    return Figure(
        row,
        value=median([*one, *other]) / unit,
        noise=_median_of(lambda a, b: a - b, other, one) / unit,
        detail=f"at best {shown([min(*one, *other)])}",
        samples=samples,
    )


def _compare(
    samples: Samples, compare: Callable[[float, float], float]
) -> tuple[float, list[float], float]:
    """Return what the comparison gives, the baseline's times, and what it gives for two of those.

    The measured side stands between two baselines, and is compared with the mean of both: a machine
    that gets slower meanwhile counts for neither.
    """
    one, other = samples[BASELINE], samples[BASELINE_AGAIN]
    baseline = [(a + b) / 2 for a, b in zip(one, other, strict=True)]
    measured = _median_of(compare, samples[MEASURED], baseline)
    return measured, baseline, _median_of(compare, other, one)


def _median_of(
    compare: Callable[[float, float], float], one: Sequence[float], other: Sequence[float]
) -> float:
    return median(compare(a, b) for a, b in zip(one, other, strict=True))


def shown(seconds: Sequence[float]) -> str:
    """Return the median of some times, in a unit that suits it."""
    middle = median(seconds)
    unit = "ms" if middle >= SECONDS["ms"] else "µs"
    return f"{middle / SECONDS[unit]:.3g} {unit}"
