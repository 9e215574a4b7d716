"""Rows of the theory: activity, overlap, Table 1 and the worked example of 1957."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from marki import theory
from marki.comparison import AGREES, DEVIATES, OPEN, ComparisonRow
from marki.experiments.validation.table import Bench, percent
from marki.hardware.association import AssociationBank, AssociationConfig
from marki.hardware.faults import A_UNITS, FaultsConfig
from marki.hardware.plugboard import PlugboardConfig, wire
from marki.hardware.reinforcement import ReinforcementConfig, motor_orders
from marki.io.frame import CELLS
from marki.measurements import Measurement, over_seeds
from marki.seeding import generator

ACTIVITY = {  # (x, y, theta): P_a for r = 20, 40, 80, 120, 160, 200 of 400 points
    (5, 5, 1): (0.182, 0.271, 0.341, 0.365, 0.374, 0.377),
    (5, 5, 2): (0.017, 0.051, 0.112, 0.148, 0.167, 0.172),
    (6, 4, 2): (0.027, 0.080, 0.185, 0.264, 0.325, 0.377),
    (10, 0, 3): (0.010, 0.068, 0.321, 0.620, 0.836, 0.948),
    (10, 10, 2): (0.055, 0.123, 0.198, 0.232, 0.247, 0.252),
    (10, 10, 3): (0.007, 0.030, 0.079, 0.110, 0.127, 0.132),
    (15, 15, 4): (0.002, 0.016, 0.054, 0.081, 0.096, 0.101),
    (20, 10, 5): (0.001, 0.019, 0.125, 0.273, 0.425, 0.572),
}
LIT = (20, 40, 80, 120, 160, 200)


def activity_rows(bench: Bench) -> Iterator[ComparisonRow]:
    """Compare P_a by formula with its table, and with the A-units of wired boards."""
    off = [
        (key, r)
        for key, row in ACTIVITY.items()
        for r, p in zip(LIT, row, strict=True)
        if abs(theory.activity(CELLS, r, *key) - p) > 0.0005 + 1e-12
    ]
    count = len(ACTIVITY) * len(LIT)
    yield ComparisonRow(
        statement=f"Activity of A-units: table of P_a for n = 400, {count} entries",
        source="R57 app. I eq. 1; table computed from it independently",
        documented="8 settings x 6 sizes of stimulus, 3 decimals",
        simulated=f"{count - len(off)} of {count} equal when rounded",
        verdict=DEVIATES if off else AGREES,
        reason=f"off: {off}" if off else "",
    )
    settings = [(key, r) for key in ((5, 5, 2), (6, 4, 2), (10, 10, 3), (15, 15, 4)) for r in (40, 80, 160)]
    worst = 0.0
    for key, r in settings:
        shares = [_measured_activity(key, r, seed) for seed in range(bench.seeds)]
        worst = max(worst, abs(float(np.mean(shares)) - theory.activity(CELLS, r, *key)))
    yield ComparisonRow(
        statement=f"The wired plugboard and A-units fire as often as the formula says, {len(settings)} settings",
        source="R57 app. I eq. 1",
        documented="P_a by formula",
        simulated=f"largest difference {100 * worst:.2f} points ({bench.seeds} boards of 512 A-units, 40 stimuli each)",
        verdict=AGREES if worst < 0.01 else DEVIATES,
        reason="a board is a sample of wirings; within one point counts as agreement",
    )


def _measured_activity(key: tuple[int, int, int], lit: int, seed: int, stimuli: int = 40) -> float:
    x, y, theta = key
    board = wire(PlugboardConfig(excitatory=x, inhibitory=y), seed)
    bank = AssociationBank(AssociationConfig(theta=theta), FaultsConfig(), board, seed)
    rng = generator(seed, "validation.activity", lit)
    fired = 0
    for _ in range(stimuli):
        s = np.zeros(CELLS, bool)
        s[rng.permutation(CELLS)[:lit]] = True
        fired += int((bank.input_of(s) >= theta).sum())
    return fired / (stimuli * A_UNITS)


TABLE_1 = {  # (p_a, n_a, exact): Z for 10, 100, … stimuli per response
    (0.10, 100, True): (23.6, 7.45, 2.36, 0.745, 0.236, 0.0745),
    (0.10, 200, True): (33.3, 10.5, 3.33, 1.05, 0.333, 0.105),
    (0.01, 1000, False): (707, 223.7, 70.7, 22.37, 7.07, 2.237),
    (0.01, 2000, False): (1000, 316, 100, 31.6, 10.0, 3.16),
}


def table_1_rows(bench: Bench) -> Iterator[ComparisonRow]:
    """Compare Z with Table 1 of 1957."""
    worst = max(
        abs(theory.discrimination(p, n, 10 ** (k + 1), exact=exact) / z - 1)
        for (p, n, exact), row in TABLE_1.items()
        for k, z in enumerate(row)
    )
    yield ComparisonRow(
        statement="Table 1 of 1957: Z after 10 to 1,000,000 stimuli a response, 24 entries",
        source="R57 Table 1; formula recovered from its columns",
        documented="23.6 … 3.16",
        simulated=f"largest relative difference {100 * worst:.2f} %",
        verdict=AGREES if worst < 0.005 else DEVIATES,
        reason="printed to three figures; the columns for P_a = .01 leave out the fourth power",
    )


def overlap_rows(bench: Bench) -> Iterator[ComparisonRow]:
    """Compare P_c with wired boards, and its least value."""
    x, y, theta, lit, lost, gained = 6, 6, 2, 120, 30, 28
    expected = theory.overlap(lit / CELLS, lost / lit, gained / (CELLS - lit), x, y, theta)
    shares = []
    for seed in range(max(bench.seeds, 5)):
        bank = AssociationBank(AssociationConfig(theta=theta), FaultsConfig(), wire(PlugboardConfig(), seed), seed)
        rng = generator(seed, "validation.overlap")
        both = first = 0
        for _ in range(40):
            order = rng.permutation(CELLS)
            one, two = np.zeros((2, CELLS), bool)
            one[order[:lit]] = True
            two[order[lost : lit + gained]] = True
            a, b = bank.input_of(one) >= theta, bank.input_of(two) >= theta
            both, first = both + int((a & b).sum()), first + int(a.sum())
        shares.append(Measurement(name="P_c", condition="active for both", value=both / first, trials=first))
    (found,) = over_seeds([share] for share in shares)
    text, _, _ = percent(found)
    yield ComparisonRow(
        statement="P_c: a unit active for one stimulus is active for an overlapping one",
        source="R58 eq. 2",
        documented=f"{100 * expected:.1f} % (formula for a large retina; a quarter lost, a tenth of the rest gained)",
        simulated=text,
        verdict=AGREES if found.value is not None and abs(found.value - expected) < 0.02 else DEVIATES,
        reason="the formula is for a large retina, 400 cells differ by up to 2 points",
    )
    least = theory.overlap(0.3, 1.0, 1.0, 6, 0, 6)
    yield ComparisonRow(
        statement="Least P_c = (1 - L)^x (1 - G)^y",
        source="R58 eq. 3",
        documented="0 for L = 1; .8^6 = 0.262 for L = .2, G = 0, theta = x = 6",
        simulated=f"{least:.3f}; {theory.overlap(0.3, 0.2, 0.0, 6, 0, 6):.3f}",
        verdict=AGREES if least < 1e-12 and abs(theory.overlap(0.3, 0.2, 0.0, 6, 0, 6) - 0.8**6) < 1e-12 else DEVIATES,
    )


def example_rows(bench: Bench) -> Iterator[ComparisonRow]:
    """Run the worked example with the machine's own α rule, pattern by pattern."""
    stimuli, printed = theory.example_stimuli(), theory.example_values()
    sets = np.repeat([0, 1], 32)
    rule = ReinforcementConfig(control="forced", polarity="monovalent", pulse_us=1)
    for case, (goal, half) in enumerate((("R1", slice(0, 32)), ("R2", slice(32, 64)))):
        values = np.zeros(64, np.int64)
        sign = np.array([1, 0] if goal == "R1" else [0, 1], np.int8)
        for a in stimuli:
            direction, run_us = motor_orders(rule, sign, a, sets)
            values += direction * run_us
        equal = np.array_equal(values[half], printed[case][half])
        yield ComparisonRow(
            statement=f"Worked example, 64 A-units: values of the {goal} set after S1 to S3 go to {goal}",
            source=f"R57 app. II, Figs. 6 and 7{'ab'[case]}",
            documented="32 values, 0 to 3",
            simulated="all equal" if equal else "not equal",
            verdict=AGREES if equal else DEVIATES,
            reason="three damaged rows of S3 were read with the help of the printed values",
        )
        for k, a in enumerate(stimuli):
            sums = tuple(int(printed[case][s][a[s]].sum()) for s in (slice(0, 32), slice(32, 64)))
            wanted = theory.EXAMPLE_SUMS[case][k]
            yield ComparisonRow(
                statement=f"Worked example, S{k + 1} to {goal}: sums of R1 / R2",
                source="R57 app. II",
                documented=f"{wanted[0]} / {wanted[1]}",
                simulated=f"{sums[0]} / {sums[1]}",
                verdict=AGREES if sums == wanted else DEVIATES,
            )
        for k in (3, 4, 5):
            wanted = theory.EXAMPLE_SUMS[case][k]
            yield ComparisonRow(
                statement=f"Worked example, S{k + 1} to {'R2' if goal == 'R1' else 'R1'}: sums of R1 / R2",
                source="R57 app. II",
                documented=f"{wanted[0]} / {wanted[1]}",
                simulated="-",
                verdict=OPEN,
                reason="Fig. 6 is illegible for S4 to S6 in the copy at hand",
            )
    own = [int((printed[case][s] ** 2).sum()) for case, s in ((0, slice(32, 64)), (1, slice(0, 32)))]
    total = [sum(theory.EXAMPLE_SUMS[c][k][1 - c] for k in (3, 4, 5)) for c in (0, 1)]
    yield ComparisonRow(
        statement="Worked example: sums of S4 to S6 over their own set, together (= sum of squared values)",
        source="R57 app. II, Fig. 7a and 7b",
        documented=f"{total[0]} and {total[1]}",
        simulated=f"{own[0]} and {own[1]}",
        verdict=AGREES if own == total else DEVIATES,
        reason="the printed values force our totals: one printed sum of S4 to S6 is off by one in each case",
    )
