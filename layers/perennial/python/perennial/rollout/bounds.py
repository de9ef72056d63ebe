"""Bounds that hold at every look at once: looking often does not make an error likelier.

Shares are bounded exactly, by mixing the likelihood over a prior: the ratio to the likelihood of
the true share is a martingale that exceeds 1/alpha with probability alpha at most, whenever one
looks (Ville 1939; Robbins, "Statistical methods related to the law of the iterated logarithm",
Annals of Mathematical Statistics 41, 1970; Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform,
nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49, 2021).

Means are bounded by asymptotic confidence sequences (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas,
"Time-uniform central limit theory and asymptotic confidence sequences", Annals of Statistics 52,
2024): what the central limit theorem is to a t-test, they are to looking all the time.
"""

from __future__ import annotations

import math

from perennial.rollout.samples import Counts, Difference

# A beta prior for shares of failed requests, which are mostly next to nothing.
_FEW, _MANY = 0.1, 1.0
_HALVINGS = 60


def share_above(counts: Counts, alpha: float) -> float:
    """A share the true one lies below, at all looks together but with probability alpha."""
    return 1.0 - _lowest(counts.requests - counts.errors, counts, alpha)


def share_below(counts: Counts, alpha: float) -> float:
    """A share the true one lies above, at all looks together but with probability alpha."""
    return _lowest(counts.errors, counts, alpha)


def _lowest(hits: int, counts: Counts, alpha: float) -> float:
    """The smallest share of `hits` that its likelihood ratio does not yet rule out."""
    if not hits:
        return 0.0
    n = counts.requests
    limit = math.log(1 / alpha) - _mixed(counts)
    low, high = 0.0, hits / n
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if -_log_likelihood(middle, hits, n) > limit:
            low = middle
        else:
            high = middle
    return low


def _mixed(counts: Counts) -> float:
    """Log of the likelihood of the counts, mixed over the prior of the share."""
    good = counts.requests - counts.errors
    return _log_beta(_FEW + counts.errors, _MANY + good) - _log_beta(_FEW, _MANY)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _log_likelihood(share: float, hits: int, n: int) -> float:
    if share <= 0.0:
        return -math.inf
    return hits * math.log(share) + ((n - hits) * math.log1p(-share) if n > hits else 0.0)


def margin(difference: Difference, alpha: float, first_look: float) -> float:
    """How far a difference may lie from its estimate on one side, at all looks together.

    The one-sided bound of Waudby-Smith et al. (2024, Appendix B.2), in terms of the standard
    error; the unequal arms of a randomised split enter by the variance of the difference, as in
    their section 3.

    Args:
        difference: what was seen.
        alpha: probability of an error, at all looks together.
        first_look: the `size` of the difference below which nobody looks.
    """
    if not difference.size or not math.isfinite(difference.variance):
        return math.inf
    time = difference.size * _rho_squared(alpha, _TIGHTEST * max(first_look, 1.0))
    widening = 2 * (1 + 1 / time) * math.log1p(math.sqrt(time + 1) / (2 * alpha))
    return math.sqrt(difference.variance * widening)


_TIGHTEST = 4.0  # times the first look: where the bound is to be tightest


def _rho_squared(alpha: float, at: float) -> float:
    """The mixture's variance that makes the bound tightest after `at` units (their section 2.3)."""
    double = -2 * math.log(min(2 * alpha, 0.9))
    return (double + math.log(double + 1)) / at
