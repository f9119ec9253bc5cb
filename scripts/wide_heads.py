"""Tables of ``docs/dmft.md``: simulations of wide random heads against the two-time theory, at growing d, and crowded ones.

Run as a script; it takes about twenty minutes.
"""

from __future__ import annotations

from derivations.agreement import fit_power_law, simulated_wide
from theory import Coupling
from theory.dmft import WideHead

COUPLING = Coupling.uniform(2, 4, 0.5)
HEADS = (
    {"start": 0.5, "spread": 0.5, "gamma": 0.5},
    {"start": 0.0, "spread": 1.0, "gamma": 0.5},
    {"start": 0.5, "spread": 0.8, "gamma": 0.5, "lam": 0.05, "kappa": 0.05},
)
RUNS = {64: 64, 256: 32, 1024: 8}
TIME = 3.0
CROWDED, WIDTH = (2, 4, 8, 16, 32, 64), 64  # classes, and the dimension


def main() -> None:
    print("| head | d | runs | kept of the label variance at $t=3$ | simulated | off by | runs deviate by | power of d |")
    print("|---|---|---|---|---|---|---|---|")
    for rates in HEADS:
        for row in rows_of_head(rates):
            print("| " + " | ".join(row) + " |")
    print("\n| modes over d | label variance off by | loss off by |")
    print("|---|---|---|")
    for row in crowded_rows():
        print("| " + " | ".join(row) + " |")


def rows_of_head(rates: dict) -> list[tuple[str, ...]]:
    """A row for each dimension; the last has the fitted power."""
    start, end = WideHead.of(COUPLING, **rates).trajectory([0.0, TIME]).label_variance
    theory, rows, spreads, errors = end / start, [], [], []
    for d, runs in RUNS.items():
        found = simulated_wide(COUPLING, rates, d, [TIME], range(runs))["kept"]
        mean, error = float(found.mean[0]), float(found.error[0])
        spreads.append(error * runs**0.5 / theory)
        errors.append(spreads[-1] / (2 * runs) ** 0.5)
        apart = f"{mean / theory - 1:+.4f} ± {error / theory:.4f}"
        rows.append((name_head(rates), str(d), str(runs), f"{theory:.4f}", f"{mean:.4f}", apart, f"{spreads[-1]:.3f}"))
    law = fit_power_law(list(RUNS), spreads, errors)
    last = (*rows.pop(), f"{law.exponent:.2f} ± {law.error:.2f}")
    return [*((*row, "") for row in rows), last]


def name_head(rates: dict) -> str:
    """The rates in symbols."""
    names = {"start": "w_0", "spread": "g", "gamma": r"\gamma", "lam": r"\lambda", "kappa": r"\kappa"}
    return ", ".join(f"${names[name]}={value:g}$" for name, value in rates.items())


def crowded_rows() -> list[tuple[str, ...]]:
    """How far runs of one dimension are off where modes get as many as dimensions, and more."""
    rows = []
    for classes in CROWDED:
        coupling = Coupling.uniform(classes, 2 * classes, 0.5)
        start, end = WideHead.of(coupling, **HEADS[0]).trajectory([0.0, TIME]).label_variance
        found = simulated_wide(coupling, HEADS[0], WIDTH, [TIME], range(16))["kept"]
        theory, off = end / start, (float(found.mean[0]), float(found.error[0]))
        rows.append((str(classes), f"{3 * classes / WIDTH:.2f}", f"{off[0] / theory - 1:+.3f} ± {off[1] / theory:.3f}"))
    return rows


if __name__ == "__main__":
    main()
