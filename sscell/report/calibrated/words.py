"""What a calibration says, in sentences."""

from __future__ import annotations

import numpy as np

from sscell.report.calibrated.tables import datum_lines
from sscell.study.calibrate.result import Calibration
from sscell.study.calibrate.search import ENDED
from sscell.study.facts import score

# What is told of: residuals and shifts by mesh and steps from here on, and a mean residual from here on.
FAR, MOVED, TIMES = 2.0, 0.3, 1.5
# A profile may come this much below the least cost, as searches end before it.
LOWER = 0.1


def outcome(calibration: Calibration) -> list[str]:
    """How well the data are met, by how many parameters."""
    free, numbers = calibration.counts
    spread = len(calibration.study.cell_spread)
    said = [
        f"{free} free parameters for {numbers} measured numbers; cost {calibration.cost:.2f} (half the sum of squared "
        "residuals in standard deviations, priors included)."
    ]
    if held := ", ".join(calibration.held_out):
        said.append(f"Held out, so not fitted but predicted, among the facts as well: {held}.")
    if spread:
        said.append(f"What varies from cell to cell ({spread} a cell, each with its own prior) is not counted.")
    if calibration.facts:
        s = score(calibration.facts)
        orders = f"orders among the checks were held in the fit{', but those of what is held out' if held else ''}"
        said.append(
            f"Facts within their tolerance: figures {s['figures_met']} of {s['figures']}, bounds {s['bounds_met']} of "
            f"{s['bounds']}, checks {s['checks_met']} of {s['checks']}"
            f"{f'; {orders}' if calibration.study.method.hold_orders else ''}."
        )
        unmet = [row.id for row in calibration.facts if row.scored and not row.within]
        said.append(f"Not met: {', '.join(unmet)}." if unmet else "All scored facts are met.")
    return said


def starts_words(calibration: Calibration) -> str:
    """What became of the starts."""
    best, starts = calibration.best, calibration.starts
    near = sum(s.cost < starts[0].cost + 1.0 for s in starts[1:])
    return (
        f"{len(starts)} starts on the rough mesh, {near} of the others within 1 of the least cost there; the best went "
        f"on: {best.status} after {best.rounds} rounds on the usual mesh, at a cost of {best.cost:.2f} with "
        f"{best.left:.1g} left to gain."
    )


def warnings(calibration: Calibration) -> list[str]:
    """What a reader must know before using the numbers."""
    said = []
    best = calibration.best
    if best.status != "converged":
        said.append(f"The best start did not converge ({best.status}); raise most_iterations or starts under [method].")
    bad = [line for line in datum_lines(calibration) if abs(line.off) > FAR]
    if bad:
        worst = sorted(bad, key=lambda line: -abs(line.off))[:6]
        named = ", ".join(f"{line.datum} ({line.off:+.1f})" for line in worst).replace("-", "−")
        said.append(f"Off by more than {FAR:g} standard deviations: {named}.")
    residuals = np.concatenate([row.datum.judge(row.values)[0] for row in calibration.beside if row.datum.judge])
    times = float(np.sqrt(np.mean(residuals**2))) if residuals.size else 0.0
    if times > TIMES:
        said.append(
            f"Residuals are {times:.1f} times the errors that the data were given: the model lacks something, and "
            "intervals are too narrow by about as much."
        )
    if calibration.aside:
        said.append(f"Facts to be fitted that this study does not simulate: {', '.join(calibration.aside)}.")
    if any(np.isnan(row.shift) for row in calibration.beside):
        said.append("The finer run of some data failed, so what mesh and time steps leave in them is not known.")
    moved = [row for row in calibration.beside if row.shift > MOVED]
    if moved:
        named = ", ".join(f"{row.datum.name} ({row.shift:.1f})" for row in moved)
        said.append(f"A finer mesh and smaller time steps move by more than {MOVED:g} standard deviations: {named}.")
    free, numbers = calibration.counts
    if 2 * free > numbers:
        said.append(f"{free} parameters for {numbers} numbers: more than one for two.")
    if calibration.near is not best and calibration.near.status not in ENDED:
        said.append(
            f"The search on the rough mesh, from where the others begin, ended early ({calibration.near.status}): "
            "profiles and what is left out are preliminary."
        )
    loose = sorted({row.left_out for row in calibration.predicted if row.status not in ENDED})
    if loose:
        said.append(f"The search without {', '.join(loose)} did not converge; its predictions are preliminary.")
    for profile in calibration.profiles:
        if float(np.min(profile.rise)) < -LOWER:
            said.append(
                f"The profile of {profile.name} came {-np.min(profile.rise):.2f} below the least cost: the search had "
                "not found it; begin from more starts."
            )
    sampled = calibration.posterior
    if sampled is not None:
        if float(np.max(sampled.r_hat)) > 1.05 or sampled.divergences:
            said.append(
                f"The posterior's chains do not agree well (r-hat up to {np.max(sampled.r_hat):.2f}, "
                f"{sampled.divergences} divergences); do not rely on its tails."
            )
        if sampled.effective < 0.3 * sampled.weights.size:
            said.append(
                f"The emulator behind the posterior misses the exact cost by {sampled.missed:.2f} (RMS): of "
                f"{sampled.weights.size} weighed draws {sampled.effective:.0f} count; its widths are rough."
            )
    return said
