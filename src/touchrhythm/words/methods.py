"""How was a figure of a study or of a comparison made? Methods for a paper, and for each row of a table.

**Conventions.** The texts of `METHODS` and `COMPARISON_METHODS` may be used freely (CC0). The texts of `ESTIMATES`
stand in ``group_estimates.tsv``.

- `METHODS`, `STUDY_WORKS` : the paragraph about a study, and the works it names
- `COMPARISON_METHODS`, `COMPARISON_WORKS` : the same about a comparison of rates
- `LEADING_TESTS`, `ROTATION_FORMS`, `PERMUTATION_VALIDITY`, `LIMIT_FORMS` : tests and forms by their code
- `ESTIMATES` : how each figure of a study was made
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "COMPARISON_METHODS",
    "COMPARISON_WORKS",
    "ESTIMATES",
    "LEADING_TESTS",
    "LIMIT_FORMS",
    "METHODS",
    "PERMUTATION_VALIDITY",
    "ROTATION_FORMS",
    "STUDY_WORKS",
]

ROTATION_FORMS: Mapping[str, str] = {
    "undirected": "one phase common to the sessions, whichever it is; says nothing where polarity or lag differ from session"
    " to session",
    "directional": "the phase that a lag and polarity set before the data give; valid only if they were",
    "axial": "one axis common to the sessions, so that a sensor whose polarity flips counts as the same; primary only if"
    " declared before the data",
}

LEADING_TESTS: Mapping[str, str] = {
    "undirected": "random rotation of the sessions' mean phasors (any common phase)",
    "directional": "random rotation of the sessions' mean phasors, along the phase declared beforehand",
    "axial": "random rotation of the sessions' axes (either polarity)",
    "stouffer": "Stouffer's sum of the sessions' own p-values",
}

PERMUTATION_VALIDITY: Mapping[str, str] = {
    "all sessions": "valid where all subjects share one rate; where rates differ it asks whether the therapist knew the rate,"
    " not whether the taps followed",
    "within groups": "valid where the sessions of a group share one rate; blind to a therapist who taps one favourite rate"
    " that the whole group happens to have",
}

LIMIT_FORMS: Mapping[str, str] = {
    "one-way": "one-way random effects on subject means, MOVER intervals (Zou 2013)",
    "single": "one pair per subject, exact intervals by the noncentral t (Carkeet 2015)",
    "constant": "replicates of a constant value (Bland & Altman 1999, section 5.2), MOVER intervals (Zou 2013)",
    "mixed": "mixed model with a random subject effect, REML (Parker et al. 2016), MOVER intervals",
}

METHODS: Mapping[str, str] = {
    "sessions": "Sessions were analysed with touchrhythm {version}. Each recording was tested for a rhythm between {low} and"
    " {high} cycles per minute against {n} surrogates, simulated from its own fitted background without a rhythm (level"
    " {alpha}); taps were held against the phase of the signal filtered to this band, whether a rhythm was found or not.",
    "primary_test": "The primary test of taps was {test}: without following, the phase between taps and signal is uniform in"
    " each session and independent of the others, whatever happens inside a session. Sessions were weighted by taps; raters"
    " of one session were joined first.",
    "leading_test": "The leading test of taps was {test}: without following, the phase between taps and signal is uniform in"
    " each session and independent of the others, whatever happens inside a session. Sessions were weighted by taps; raters"
    " of one session were joined first.",
    "made": "Whether a rhythm is there only while somebody taps was asked of each session with taps and a rhythm, by its power"
    " while tapping against that of the margins, by how closely it keeps step with the taps, and by the area of short pushes"
    " at them. Where it is, it counts as made by the tapping: it is in no number of sessions"
    " with a rhythm, its rate is compared with no perceived rate, and its taps are in no test of following ({n} of {told}; their"
    " number beside the primary test is a sensitivity).",
    "residual": "Taps were held against what was left of each signal when its reference channels (breathing, pulse) and what"
    " could be computed from them had been taken out, with slowly changing gain and delay; sessions without such a channel were"
    " left out.",
    "whom": "Taps were also held against each reference channel (breathing; of a pulse its baseline, height and interval), and"
    " against what was left of the signal without it; each has a rotation test of its own over the sessions that hold it, for"
    " any common phase, adjusted for their number (Holm 1979; {n} tests).",
    "rotations": "{test} ({n} rotations)",
    "declared_peak": "A lag of {low} to {high} s after the peak was declared.",
    "declared_trough": "A lag of {low} to {high} s after the trough was declared.",
    "declared_event": "A lag of {low} to {high} s after the undeclared event was declared.",
    "bootstrap": "The common lag and the figure of each test have bootstrap intervals over sessions ({n} samples).",
    "v_statistic": "Each session's own test of its taps used the V statistic, along the phase declared beforehand.",
    "session_permutation": "The session permutation test held the taps of each session against the signals of others.",
    "press": "Press artefacts were looked for in the residual above about 1 Hz, at taps against shifted times.",
    "limits": "Limits of agreement between perceived and measured rate: one-way random effects on subject means with MOVER"
    " intervals where sessions repeat, exact ones where each subject has one pair; the bias weighs subjects alike. Whether"
    " rates belong to their subjects was tested by giving them to other subjects.",
    "loam": "Several therapists: limits of agreement with the mean (Christensen et al. 2020), beside those of therapists whose"
    " rates were given to other subjects.",
    "own_phases": "Sessions whose taps keep a phase, whichever it is, beyond the 97.5 % point of unrelated taps were counted"
    " against the binomial of chance.",
    "beside": "Whether perceived rates go with expected ones or with breathing: correlation of means by subject and"
    " therapist, taken from each therapist's mean; jackknife interval over subjects; chance by exchanging subjects who met"
    " the same therapists, for all therapists alike. A breathing rate is the phase advance of the strongest oscillation of"
    " its channel while there were taps.",
    "withdrawn": "{recordings} had been removed on {withdrawals} of consent.",
    "trials": "Sensor and therapists on phantoms: signal-detection trials, moving against still phantoms (Hautus 1995).",
    "seed": "Seed {seed}; each session's own seed comes from it and the hash of its data.",
}

STUDY_WORKS: tuple[str, ...] = (
    "Bland JM, Altman DG (1999) Measuring agreement in method comparison studies. Stat Methods Med Res 8:135–160",
    "Christensen HS et al. (2020) On Jones et al.'s method for extending Bland–Altman plots to limits of agreement with the"
    " mean for multiple observers. BMC Med Res Methodol 20:304",
    "Harris KD (2020) A shift test for independence in generic time series. arXiv:2012.06862",
    "Hautus MJ (1995) Corrections for extreme proportions and their biasing effects on estimated values of d′. Behav Res"
    " Methods 27:46–51",
    "Holm S (1979) A simple sequentially rejective multiple test procedure. Scand J Stat 6:65–70",
    "Kottner J et al. (2011) Guidelines for reporting reliability and agreement studies (GRRAS) were proposed. J Clin"
    " Epidemiol 64:96–106",
    "Moore BR (1980) A modification of the Rayleigh test for vector data. Biometrika 67:175–180",
    "Stouffer SA et al. (1949) The American Soldier, vol 1. Princeton University Press",
    "Zou GY (2013) Confidence interval estimation for the Bland–Altman limits of agreement. Stat Methods Med Res 22:630–642",
)

COMPARISON_METHODS: Mapping[str, str] = {
    "made_with": "Rates were compared with touchrhythm {version}.",
    "limits": "Limits of agreement: {forms}; the bias is weighted by subjects.",
    "concordance": "Concordance after Lin (1989, 2000).",
    "concordance_repeated": "Concordance after Lin (1989, 2000) (repeated sessions: King et al. 2007).",
    "permuted": "Whether rates belong to their subjects was tested by giving the rates of one side to other subjects ({n}"
    " permutations of subject means, seed {seed}).",
    "all_permutations": "all",
    "together": "{icc}. Limits of agreement with the mean after Christensen et al. (2020).",
    "counting": "The error of counting whole cycles was taken as triangular.",
    "delta": "Differences up to {delta} cycles per minute were set beforehand as not mattering.",
}

COMPARISON_WORKS: tuple[str, ...] = (
    "Bland JM, Altman DG (1999) Measuring agreement in method comparison studies. Stat Methods Med Res 8:135–160",
    "Carkeet A (2015) Exact parametric confidence intervals for Bland–Altman limits of agreement. Optom Vis Sci 92:e71–e80",
    "Christensen HS et al. (2020) On Jones et al.'s method for extending Bland–Altman plots. BMC Med Res Methodol 20:304",
    "King TS, Chinchilli VM, Carrasco JL (2007) A repeated measures concordance correlation coefficient. Stat Med"
    " 26:3095–3113",
    "Lin LI (1989) A concordance correlation coefficient to evaluate reproducibility. Biometrics 45:255–268; 56:324–325",
    "McGraw KO, Wong SP (1996) Forming inferences about some intraclass correlation coefficients. Psychol Methods 1:30–46",
    "Zou GY (2013) Confidence interval estimation for the Bland–Altman limits of agreement. Stat Methods Med Res 22:630–642",
)

ESTIMATES: Mapping[str, str] = {
    "rotation": "random rotation of each session's mean phasor, weighted by taps ({n})",
    "bootstrap_over_sessions": "{method}; interval by bootstrap over sessions",
    "bootstrap_of_a_length": "{method}; interval by bootstrap over sessions, of a length, which is never 0",
    "asks_for": "{method}; asks for {form}",
    "same_over_all": "the same over all sessions, also those not recorded under the plan",
    "whom": "random rotation of each session's mean phasor against it, weighted by taps; p adjusted for {n} tests (Holm)",
    "with_made": "{method}; also over sessions whose rhythm the tapping made, which it follows always",
    "over_all": "{method}; all sessions, also those not recorded under the plan",
    "stouffer": "Stouffer's weighted sum of the sessions' own one-sided p-values",
    "own_phases": "sessions whose taps keep a phase, whichever it is, beyond the 97.5 % point of unrelated taps; chance:"
    " binomial, its mean",
    "left_out": "largest p of the rotation test without one session in turn",
    "other_sessions": "taps held against the signals of other sessions: {validity}",
    "lag": "bootstrap over sessions ({n})",
    "with_reason": "{method}; {why}",
    "in_general": "mean over therapists along the {direction}",
    "against": "{method}; against {measure}",
    "permuted": "perceived rates given to other subjects; against {measure}",
    "correlation": "within therapists, over subject and therapist; jackknife interval over subjects; chance: one side given to"
    " other subjects of the same therapists, one-sided ({n})",
    "held_constant": "{method}; third rate held constant linearly, chance approximate",
    "distance": "root mean square difference over subject and therapist; chance: one side given to other subjects of the same"
    " therapists",
    "counting": "1.96 SD of the error of counting whole cycles (triangular); by design, no interval",
    "equivalence": "difference set beforehand; limits with their intervals {limits}, 90 % interval of the bias {bias}",
    "inside": "inside",
    "not_inside": "not inside",
    "n_made_by_tapping": "sessions whose rhythm is there only while somebody taps, of those whose margins can tell; binomial",
    "n_found": "sessions with a rhythm in the band; interval by chance: the level times the sessions; binomial",
    "press": "residual above about 1 Hz at taps against shifted times; Stouffer's sum over sessions",
    "press_too_few": "too few sessions for a sum",
}
