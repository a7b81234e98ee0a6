"""Do two raters agree on the rate, and with the sensor? A table of counts is enough.

Ten people were felt by two raters, who count cycles over three minutes; the sensor ran along. The raters here
know nothing of the people: each names a favourite rate. They agree well with one another, and with nothing else.
"""

import csv

import numpy as np

from touchrhythm.io.rate_table import read_rate_table
from touchrhythm.raters.compare_rates import compare_rates
from touchrhythm.report.comparison.answer import comparison_answer

rng = np.random.default_rng(5)
with open("counts.csv", "w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["subject", "rater", "count", "duration_s", "measured_cpm"])
    for subject in range(1, 11):
        measured = round(rng.uniform(6.5, 11.5), 2)
        for rater in ("T1", "T2"):
            table.writerow([f"S{subject:02}", rater, round(rng.normal(26, 1)), 180, measured])

comparison = compare_rates(read_rate_table("counts.csv"), rng=0)
print(*comparison_answer(comparison), sep="\n")
for pair in comparison.pairs:
    lower, upper = pair.limits.lower.estimate, pair.limits.upper.estimate
    print(f"{pair.name}: 95 % of differences between {lower:.1f} and {upper:.1f} cpm")
