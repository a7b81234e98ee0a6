"""How was a figure about raters' rates, or about their yes and no, made? The method of each `Estimate`, as it is printed.

**Conventions.** The texts stand in the table of a comparison, in its JSON and in ``group_estimates.tsv``.

- `RATE_METHODS` : agreement, error and spread of rates
- `ICC_FORMS`, `ICC_INTERVALS` : the forms of the intraclass correlation, and how their intervals were made
- `DETECTION_METHODS` : signal detection and confidence
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["DETECTION_METHODS", "ICC_FORMS", "ICC_INTERVALS", "RATE_METHODS"]

RATE_METHODS: Mapping[str, str] = {
    "concordance": "concordance correlation (Lin 1989, variance as corrected in 2000), z interval",
    "concordance_repeated": "concordance correlation for repeated sessions (U-statistics, King et al. 2007), z interval"
    " by jackknife over subjects",
    "bias": "mean difference, weighted by subjects; t interval",
    "bias_mixed": "mean difference, generalised least squares; t interval",
    "slope": "slope of the difference on the mean of both, least squares over subject means; t interval",
    "loam": "limits of agreement with the mean of all raters; modified large-sample interval (Christensen et al. 2020)",
    "loam_incomplete": "limits of agreement with the mean of all raters; REML, parametric bootstrap interval ({n} tables)",
    "sem": "standard error of measurement, {raters}; modified large-sample interval",
    "sem_incomplete": "standard error of measurement, {raters}; REML, parametric bootstrap interval ({n} tables)",
    "raters_counted": "raters' differences counted as error",
    "raters_left_out": "raters' differences left out",
    "icc": "{form}; {interval}",
    "icc_incomplete": "{form}; REML with {missing} missing cells, parametric bootstrap interval ({n} tables)",
    "change": "1.96 √2 × {quantity} ({method})",
    "within_subject": "root of the within-subject mean square; chi-square interval",
    "subject_sd": "standard deviation of subject means; chi-square interval",
    "quantisation": "1.96 SD of the error of counting whole cycles (triangular); by design, no interval",
    "swapped": "rates of one side given to other subjects, {which} permutations of subject means ({n})",
    "all": "all",
    "random": "random",
    "rms": "root mean square difference of subject means",
    "rms_swapped": "by chance, median and 95 % range: {given}",
    "no_session_in_common": "no session in common: compared as replicates of each subject",
    "few_in_common": "raters need at least 3 subjects in common, got {n}",
}

ICC_FORMS: Mapping[str, str] = {
    "1,1": "ICC(1), one rating, each subject rated by other raters (one-way random effects)",
    "A,1": "ICC(A,1), one rating, absolute agreement (two-way random effects; also called ICC(2,1))",
    "C,1": "ICC(C,1), one rating, consistency (two-way; also called ICC(3,1))",
    "1,k": "ICC(k), mean of the k ratings, each subject rated by other raters (one-way random effects)",
    "A,k": "ICC(A,k), mean of the k ratings, absolute agreement (two-way random effects; also called ICC(2,k))",
    "C,k": "ICC(C,k), mean of the k ratings, consistency (two-way; also called ICC(3,k))",
}

ICC_INTERVALS: Mapping[str, str] = {
    "1": "exact F interval",
    "C": "exact F interval",
    "A": "F interval with Satterthwaite's degrees of freedom (McGraw & Wong 1996)",
}

DETECTION_METHODS: Mapping[str, str] = {
    "share": "raw share; interval of Beta(k + 2/3, n - k + 2/3)",
    "score": "normal scores with the log-linear correction; MOVER interval on the scores",
    "overconfidence": "mean confidence minus share right; t interval",
    "discrimination": "area under the type-2 curve; logit interval, variance of Hanley & McNeil 1982",
    "nothing_to_discriminate": "all answers right, or all wrong",
}
