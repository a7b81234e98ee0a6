"""What does a study say? Its answer, its flow, its chapters and its limits, as messages.

**Conventions.** Each topic is a table, code → text with ``{named}`` fields. Phrases that fill a field stand in tables
of their own, under the code of what they name.

- `STANDING` : whether the study was planned
- `TAPS`, `WHOM`, `WHOM_VERDICTS`, `RHYTHMS`, `RATES`, `BESIDE`, `CONTROLS` : the chapters
- `KEY_FIGURES` : the four figures above the sentences
- `FLOW`, `SOURCES`, `SOURCES_IN_SHORT`, `SOURCES_DOUBT`, `SOURCES_WHY` : what became of the recordings, what makes
  their rhythms, and what that does not rest on
- `FLAGS` : what limits the answer
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "APPARATUS",
    "BESIDE",
    "CONTROLS",
    "CONTROL_PLACES",
    "ENDPOINTS",
    "FLAGS",
    "FLOW",
    "FORMS_FOUND",
    "FORMS_MISSING",
    "KEY_FIGURES",
    "LACKING",
    "MEASURES",
    "RATES",
    "RHYTHMS",
    "SOURCES",
    "SOURCES_DOUBT",
    "SOURCES_IN_SHORT",
    "SOURCES_WHY",
    "STANDING",
    "TAPS",
    "WHOM",
    "WHOM_VERDICTS",
]

ENDPOINTS: Mapping[str, str] = {
    "undirected": "the rotation test of the taps (any common phase)",
    "directional": "the rotation test of the taps along the declared phase",
    "axial": "the rotation test of the taps' axes",
    "stouffer": "the sum of the sessions' own tap tests",
    "limits": "the limits of agreement between perceived and measured rate",
    "icc": "the ICC of the therapists' rates",
}

# -- was it planned? -------------------------------------------------------------------------------------------

STANDING: Mapping[str, str] = {
    "no_plan": "Exploratory: no sealed plan was named, so band, level and tests may have been chosen after looking at the"
    " data. All figures on this page are exploratory ({tests}, not corrected for their number).",
    "no_plan_but_carried": "Exploratory: no sealed plan was named, so band, level and tests may have been chosen after"
    " looking at the data. {n_carried} of {sessions} carry the hash of a plan: name its file. All figures on this page are"
    " exploratory ({tests}, not corrected for their number).",
    "carried_by_none": "Exploratory: {plan} stands in the first line of none of {sessions}, so none was recorded under it."
    " All figures on this page are exploratory ({tests}, not corrected for their number).",
    "carried_by_some": "Exploratory in part: {plan} stands in the first line of {n_carrying} of {sessions}. Figures of taps"
    " and rates rest on these {n_carrying} alone. {followed}",
    "carried_by_all": "{plan} stands in the first line of every palpation session ({n}). {followed}",
    "carried_by_all_read": "{plan} stands in the first line of every palpation session that can be read ({n}). {followed}",
    "plan": "the sealed plan",
    "plan_titled": "the sealed plan “{title}”",
    "plan_registered": "{plan} (registry: {registry})",
    "not_compared": "Its lines were not compared with what was done, so all figures are exploratory ({tests}, not corrected"
    " for their number).",
    "all_followed": "Every line that can be checked was followed.",
    "line_missed": "{lines} of it was not followed ({names}).",
    "lines_missed": "{lines} of it were not followed ({names}).",
    "not_planned": "{lines} So the test is not the planned one, and all figures are exploratory ({tests}, not corrected for"
    " their number).",
    "planned": "{lines} The planned endpoint: {endpoint}; everything else on this page is exploratory ({tests}, not corrected"
    " for their number).",
    "short_planned": "Planned before the data: {endpoint}; everything else on this page is exploratory.",
    "short_in_part": "Planned before the data for {n_carrying} of {sessions}, on which the answer rests: {endpoint};"
    " everything else on this page is exploratory.",
    "short_no_plan": "Exploratory: no sealed plan was named, so band, level and tests may have been chosen after looking at"
    " the data.",
    "short_not_planned": "Exploratory: there is a sealed plan, but the test is not the planned one (see “The plan”).",
    "short_not_carried": "Exploratory: there is a sealed plan, but no session was recorded under it (see “The plan”).",
    "short_not_compared": "Exploratory: the sealed plan is named by its hash alone, so its lines were not compared with what"
    " was done (see “The plan”).",
}

# -- taps against the signal -----------------------------------------------------------------------------------

FORMS_FOUND: Mapping[str, str] = {
    "undirected": "a common phase",
    "directional": "the phase declared beforehand",
    "axial": "a common axis (either polarity)",
}
FORMS_MISSING: Mapping[str, str] = {
    "undirected": "no common phase",
    "directional": "no sign of the declared phase in common",
    "axial": "no common axis",
}

TAPS: Mapping[str, str] = {
    "no_palpation": "There is no palpation session: whether taps follow a signal, and whether rates agree, cannot be"
    " answered.",
    "cannot_be_answered": "Whether the taps follow the signal cannot be answered: {why}.",
    "common_phase": "Over {sessions} the taps follow the signal: they keep {what} with it ({p}; {chance}).",
    "no_common_phase": "Over {sessions} the taps have {missing} with the signal that chance would not give ({p}; {chance}).",
    "made": "Not asked of {sessions} whose rhythm is there only while somebody taps: a rhythm that the tapping makes is"
    " followed by that tapping always.",
    "residual": "The signal is here what is left of it without its reference channels (breathing, pulse), as declared.",
    "not_nobody": "That does not say that nobody followed: taps whose lag differs from session to session, or that follow in"
    " few sessions, show no common phase. The test asks for {asks}.",
    "chance": "pooled phase consistency {resultant}, by chance {median}, up to {high}",
    "chance_with_interval": "pooled phase consistency {resultant} ({low} to {end}), by chance {median}, up to {high}",
    "lag": "On average they come {lag} s {side} the {event} ({ends}, known modulo one cycle); the sessions' phases agree to"
    " {consistency} ({low}–{high}; chance up to {chance}).",
    "lag_ends_one_side": "{low} to {high}",
    "lag_ends_both_sides": "{low} before to {high} after",
    "before": "before",
    "after": "after",
    "peak": "peak",
    "trough": "trough",
    "no_lag": "How late they come cannot be said: {why}.",
    "sum_shows": "Over {sessions} the sessions' own tests together show that taps follow the signal in some of them ({p}).",
    "sum_does_not_show": "Over {sessions} the sessions' own tests together do not show that taps follow the signal in some of"
    " them ({p}).",
    "own_tests_show": "The sessions' own tests together do show that taps follow in some of them, without a phase that they"
    " have in common ({p}; a sensitivity, not the primary test).",
    "own_tests_show_declared": "The sessions' own tests together do show that taps follow at the declared lag in some of"
    " them, without a phase that they have in common ({p}; a sensitivity, not the primary test).",
    "own_tests_do_not_show": "The sessions' own tests together show no following either ({p}; a sensitivity, not the primary"
    " test).",
    "own_tests_do_not_show_declared": "The sessions' own tests together show no following at the declared lag either ({p}; a"
    " sensitivity, not the primary test).",
    "own_phase": "In {n_above} of {sessions} the taps keep a phase, whichever it is, more consistently than unrelated taps do"
    " in 97.5 of 100; chance gives {expected} ({p}; a sensitivity).",
    "own_phase_shown": "In {n_above} of {sessions} the taps keep a phase, whichever it is, more consistently than unrelated"
    " taps do in 97.5 of 100; chance gives {expected} ({p}; a sensitivity): taps follow in some of them, at no lag that is"
    " common to all.",
    "left_out": "Without one session in turn, p lies between {least} and {most} ({n} rotations, of which {floor} is the"
    " least).",
    "left_out_equal": "Without one session in turn, p is {least} each time ({n} rotations, of which {floor} is the least).",
    "in_general": "For therapists in general: mean following {following} along the {direction} (95 % interval {low} to {high},"
    " {p}, {therapists}; 0 without following).",
    "in_general_no_interval": "For therapists in general: mean following {following} along the {direction} ({p}, {therapists};"
    " 0 without following).",
    "in_general_untested": "For therapists in general: mean following {following} along the {direction}: {why}.",
}

WHOM: Mapping[str, str] = {
    "signal": "the signal",
    "residual": "what is left of the signal without its reference channels",
    "left": "what is left of the signal without {what}",
    "follow": "Held against what else was recorded, the taps follow {followed}{other}.",
    "ratio": "Held against what else was recorded, the taps follow none: they keep step with {what}, at another ratio than"
    " the declared.",
    "none": "Held against what else was recorded, the taps cannot be told from tapping that knows nothing of any of them.",
    "too_few": "Whom else the taps follow cannot be answered: {needed} sessions of a kind are needed.",
    "candidate": "{what} ({p})",
    "others": "; for {what} that was not shown",
}
WHOM_VERDICTS: Mapping[str, str] = {
    "follow": "the taps follow it",
    "ratio": "in step, but at another ratio than {declared} in {n} of {total}: not said to follow",
    "not shown": "cannot be told from tapping that knows nothing of it",
    "too few": "too few sessions",
}

RHYTHMS: Mapping[str, str] = {
    "none_asked": "In no palpation session could it be asked whether there is a rhythm.",
    "found": "A rhythm between {low} and {high} cycles per minute was found in {n_found} of {sessions}, with a"
    " median rate of {median} ({least} to {most}); noise alone gives about {chance}.",
    "none_found": "A rhythm between {low} and {high} cycles per minute was found in 0 of {sessions}; noise alone gives about"
    " {chance}.",
    "found_beside": "A rhythm between {low} and {high} cycles per minute that the tapping did not make was found in {n_found}"
    " of {sessions}, with a median rate of {median} ({least} to {most}); noise alone gives about {chance}. In {n_made} more"
    " there is one only while somebody taps: it is most simply made by the tapping.",
    "only_made": "A rhythm between {low} and {high} cycles per minute that the tapping did not make was found in 0 of"
    " {sessions}; noise alone gives about {chance}. In {n_made} there is one only while somebody taps: it is most simply made"
    " by the tapping.",
    "whose": " Of these {n_found}, {parts}.",
    "of_pulse": " In {sessions} the signal is {series} of the pulse: the hearts beat {median} times per minute ({least} to"
    " {most}), and {good} of the beats can be used ({worst} in the session with fewest).",
}

# -- rates -----------------------------------------------------------------------------------------------------

MEASURES: Mapping[str, str] = {
    "rhythm": "the measured rate, in sessions with a rhythm",
    "count": "the cycle count of the filtered trace, in all sessions",
}

RATES: Mapping[str, str] = {
    "no_icc": "Agreement of the therapists with one another (ICC) cannot be given: {why}.",
    "no_rates_of_therapists": "no rates of therapists to compare",
    "icc": "ICC(A,1), absolute agreement of single therapists on each subject's mean rate, is {icc} ({low} to {high};"
    " {subjects}, {therapists}); 0 is what therapists reach who know nothing of the subject.",
    "no_limits": "Limits of agreement between perceived and measured rate cannot be given: {why}.",
    "too_few_rates": "too few rates",
    "no_pooled_limits": "Against {measure}: no limits, {why}.",
    "limits": "The perceived rate is on average {differs} {measure} (difference {bias}, 95 % interval {bias_interval}); 95 %"
    " of single differences lie between {lower} and {upper}, limits that may reach {lowest} and {highest} ({subjects},"
    " {pairs}).",
    "faster": "faster",
    "slower": "slower",
    "belong": "The perceived rates belong to their subjects ({apart} apart, {chance} ({low}–{high}) when they are given to"
    " other subjects; {p}).",
    "belonging_not_shown": "It was not shown that the perceived rates belong to their subjects ({apart} apart, {chance}"
    " ({low}–{high}) when they are given to other subjects; {p}): who names a favourite rate, and feels nothing, agrees like"
    " this.",
    "form": "Form of the limits: {form}.",
    "percent": "In percent of the mean of both the limits are {lower} and {upper} %, and may reach {lowest} and {highest} %.",
    "slope_not_shown": "It was not shown that the difference grows or falls with the rate: {slope} per cycle per minute"
    " ({interval}).",
    "slope_grows": "The difference grows with the rate, {slope} per cycle per minute ({interval}): one bias does not hold for"
    " all rates, and limits in percent may fit better. It also arises where the perceived rates simply spread more.",
    "slope_falls": "The difference falls with the rate, {slope} per cycle per minute ({interval}): one bias does not hold for"
    " all rates, and limits in percent may fit better. It also arises where the measured rates simply spread more.",
    "concordance": "Concordance {estimate} ({low} to {high}); 1 is full agreement, 0 none beyond chance.",
    "counting": "Counting whole cycles alone brings ±{cpm} cycles per minute into a difference (1.96 SD).",
    "equivalent": "Single perceived rates are equivalent to {measure} within ±{delta} cycles per minute, the difference set"
    " beforehand as not mattering.",
    "equivalent_on_average": "On average, but not singly, perceived rates are equivalent within ±{delta} cycles per minute,"
    " the difference set beforehand as not mattering.",
    "not_equivalent": "Neither single perceived rates nor their mean are shown to be equivalent within ±{delta} cycles per"
    " minute, the difference set beforehand as not mattering.",
    "loam": "Limits of agreement with the mean: 95 % of single therapists' rates{repeated} lie within ±{loam} cycles per minute"
    " of the mean of all therapists ({low} to {high}; {subjects}, {therapists}).",
    "loam_repeated": ", on each subject's mean over sessions,",
    "loam_no_chance": "What chance gives cannot be said, too few subjects have two rates.",
    "loam_shown": "With their rates given to other subjects it is ±{chance} ({low}–{high}): therapists who know nothing of the"
    " subject are farther apart ({p}).",
    "loam_not_shown": "With their rates given to other subjects it is ±{chance} ({low}–{high}): so therapists who know nothing"
    " of the subject would come as near ({p}).",
    "measurement_error": "Standard error of measurement {sem} cycles per minute ({sem_low} to {sem_high}); two rates of a"
    " subject by two therapists must differ by more than {change} ({change_low} to {change_high}) to be told apart (smallest"
    " detectable change).",
    "together_without": "Therapists together: {why}.",
    "no_single_therapist": "No two rates to compare for any single therapist.",
}

BESIDE: Mapping[str, str] = {
    "not_expected": "Expected rates were not recorded: whether they found what they expected cannot be asked.",
    "expectation_unknown": "Whether they found what they expected cannot be said: {why} ({rates} expected).",
    "expected": "Perceived and expected rate: {goes}",
    "measured": "Beside it, perceived and measured rate in these sessions: {goes}",
    "too_few_measured": "Beside it, perceived and measured rate in these sessions: too few measured rates to say.",
    "found_both": "So they found what they expected, and also what was measured.",
    "found_expected_only": "So they found what they expected; that they found what was measured was not shown.",
    "no_breathing": "The {who}'s breathing rate was not recorded, or nothing stood out in its channel.",
    "breathing_unknown": "Whether perceived rates follow the {who}'s breathing cannot be said: {why} ({rates} with breathing).",
    "breathing": "Perceived rate and the {who}'s breathing rate: {goes}",
    "multiples": "How far they lie from the {who}'s breathing rate, its half and its double stands in the table; to lie near"
    " one of several multiples is easily had by chance.",
    "goes": "perceived rates go with {what} (correlation {correlation}, by chance up to {chance}, {p}; {rates}, {subjects},"
    " {therapists}).",
    "goes_not": "it was not shown that perceived rates go with {what} (correlation {correlation}, by chance up to {chance},"
    " {p}; {rates}, {subjects}, {therapists}).",
    "what_was_expected": "what was expected",
    "what_was_measured": "what was measured",
    "what_was_breathed": "breathing",
}

# -- controls --------------------------------------------------------------------------------------------------

CONTROL_PLACES: Mapping[str, str] = {
    "null": "On the dead weight",
    "unloaded": "With nothing on the sensor",
    "rigid": "With the hand on a rigid object",
    "tap-only": "With taps but no touch",
}
APPARATUS: Mapping[str, str] = {
    "null": "the apparatus may have a rhythm of its own",
    "unloaded": "the sensor may have a rhythm of its own",
    "rigid": "the examiner's own breathing, pulse or sway reaches the sensor",
    "tap-only": "tapping alone reaches the sensor",
}
LACKING: Mapping[str, str] = {
    "null": "a dead weight on the sensor",
    "rigid": "the hand on a rigid object",
    "tap-only": "taps without touching",
}

CONTROLS: Mapping[str, str] = {
    "none": "There are no control sessions.",
    "not_asked": "{place}: {sessions}, none of which can be asked for a rhythm (too short, or broken).",
    "found": "{place} a rhythm was found in {n_found} of {sessions} (at {rates} cycles per minute); chance gives {expected}"
    " ({p}).",
    "none_found": "{place} a rhythm was found in 0 of {sessions}; chance gives {expected} ({p}).",
    "sensor_told": "On phantoms the rhythm test told moving from still: found {hits} of {moved} that moved, and {alarms} of"
    " {still} that stood still (d′ {d}, {interval}; 0 is guessing).",
    "sensor_not_shown": "On phantoms the rhythm test was not shown to tell moving from still: found {hits} of {moved} that"
    " moved, and {alarms} of {still} that stood still (d′ {d}, {interval}; 0 is guessing).",
    "therapists_told": "On phantoms the therapists told moving from still: felt {hits} of {moved} that moved, and {alarms} of"
    " {still} that stood still (d′ {d}, {interval}; 0 is guessing).",
    "therapists_not_shown": "On phantoms the therapists were not shown to tell moving from still: felt {hits} of {moved} that"
    " moved, and {alarms} of {still} that stood still (d′ {d}, {interval}; 0 is guessing).",
    "too_few_trials": "These are too few trials to rely on it.",
    "truth_unknown": "What was true of {sessions} is not known here: name the folder of truths, once it may be known.",
    "press": "Press artefact in {kind} sessions: {n_below} of {sessions} at the level, median ratio {ratio}.",
    "press_joint": "Press artefact in {kind} sessions: {n_below} of {sessions} at the level, median ratio {ratio}, over all"
    " {p}.",
    "made": "Rhythm made by the tapping in {kind} sessions: {n_made} of {sessions} with taps and a rhythm; where the tapping"
    " makes none, at most about {expected} ({p}).",
    "made_some": "Rhythm made by the tapping in {kind} sessions: {n_made} of {sessions} with taps and a rhythm; where the"
    " tapping makes none, at most about {expected} ({p}). In {n_untold} more it cannot be told: too little was recorded"
    " before and after the taps.",
    "made_untold": "Whether the tapping makes the rhythm cannot be told in {kind} sessions ({sessions} with taps and a rhythm):"
    " too little was recorded before and after the taps.",
    "no_lean": "Criterion {c} ({interval}): no lean to either answer was shown.",
    "lean_nothing": "Criterion {c} ({interval}): it leans to “nothing there”.",
    "lean_something": "Criterion {c} ({interval}): it leans to “something there”.",
    "corrected": "A fraction of 0 or 1 was corrected.",
    "no_answer": "{trials} had no answer.",
    "confidence": "Confidence on phantoms ({answers}): mean confidence minus fraction right {over} ({interval}), {way}.",
    "too_sure": "too sure",
    "too_unsure": "too unsure",
    "neither_sure": "neither too sure nor too unsure, as far as shown",
    "surer_unknown": "Whether right answers were the surer ones cannot be said.",
    "surer": "A right answer was given with more confidence than a wrong one in {percent} % ({low} to {high}; 50 by chance).",
}

# -- the four figures ------------------------------------------------------------------------------------------

KEY_FIGURES: Mapping[str, str] = {
    "follow": "Do taps follow?",
    "unknown": "cannot be said",
    "consistency": "pooled consistency {resultant}",
    "consistency_with_interval": "pooled consistency {resultant} ({low} to {high})",
    "chance": "chance up to {high}",
    "rhythm": "Sessions with a rhythm",
    "n_of_total": "{n} of {total}",
    "noise": "noise gives {n}",
    "n_made": "{n} more made by the tapping",
    "n_explained": "of which {n} that of a reference",
    "n_explained_part": "of which {n} that of a reference, {n_part} of them told from part of the time",
    "lag": "Common lag",
    "seconds": "{seconds} s",
    "modulo": "modulo one cycle",
    "no_lag": "none shown",
    "needs_phase": "a lag needs a common phase",
    "limits": "Limits of agreement",
    "no_limits": "cannot be given",
    "between": "{low} to {high}",
    "may_reach": "may reach {low} and {high} cpm",
    "other_subjects": "rates given to other subjects: {p}",
}

# -- what became of the recordings -----------------------------------------------------------------------------

FLOW: Mapping[str, str] = {
    "withdrawn": "Removed, as somebody withdrew",
    "withdrawals": "{withdrawals} before this analysis; in none of the other numbers",
    "recordings": "Recordings found",
    "broken": "Cannot be read",
    "excluded": "Excluded",
    "control": "Control: {kind}",
    "palpation": "Palpation sessions",
    "palpation_broken": "… that cannot be read",
    "palpation_excluded": "… excluded",
    "counted_above": "counted above",
    "no_answer": "… without an answer",
    "analysed": "… analysed",
    "rhythm": "… with a rhythm in the band",
    "at_level": "found at the level set",
    "made": "… … of these made by the tapping",
    "made_told": "there only while somebody taps; it can be told in {n_told} of {n_tapped} with taps and a rhythm",
    "left": "… … left",
    "left_counted": "not made by the tapping, as far as that can be told; all other numbers of rhythms are of these",
    "nothing_felt": "… in which nothing was felt",
    "nothing_to_test": "an answer, without taps to test",
    "few_taps": "… with too few taps",
    "fewer_taps": "fewer than {n} usable taps of any rater",
    "made_left_out": "… whose rhythm the tapping made",
    "not_followed": "the taps are not said to follow it, in no test",
    "beside_plan": "… not recorded under the plan",
    "not_in_test": "exploratory, not in the planned test",
    "primary_test": "In the primary test",
    "tap_test": "In the tap test",
    "with_or_without": "with or without a rhythm",
    "too_few": "too few for a test",
    "no_rhythm": "… of these without a rhythm",
    "filtered_trace": "taps held against the filtered trace",
    "reason_counted": "{reason} ({n})",
    "more_reasons": "and {n} more reasons",
}

SOURCES: Mapping[str, str] = {  # each session with a rhythm that is left is one of these
    "explained": "… … … that of a reference",
    "both": "… … … of its own beside one",
    "own": "… … … not that of a reference",
    "cannot be told": "… … … that cannot be told from one",
    "no_reference": "… … … without a reference",
}
SOURCES_IN_SHORT: Mapping[str, str] = {  # the end of the sentence on rhythms, which the tapping did not make
    "explained": "in {n} it is that of a reference ({channels})",
    "both": "in {n} there is one of its own beside that of a reference",
    "own": "in {n} it is not that of a reference",
    "cannot be told": "in {n} it cannot be told from a reference",
    "no_reference": "in {n} there was no reference to tell",
}
SOURCES_DOUBT: Mapping[str, str] = {  # beside the number of a word
    "untried": "in {n} of {total} it lies at a multiple of a breathing's rate that was not tried",
    "part": "in {n} of {total} the reference was there for less than two thirds of the time",
    "beside": "{said}, though {doubts}",
}
SOURCES_WHY: Mapping[str, str] = {
    "explained": "nothing that stands out is left without it",
    "both": "it follows the reference, and another rhythm is left without it",
    "own": "it does not go with any reference that was recorded",
    "cannot be told": "too close in rate, or nothing shown either way",
    "no_reference": "no breathing, pulse or other reference could be judged",
}

# -- what limits the answer ------------------------------------------------------------------------------------

FLAGS: Mapping[str, str] = {
    "apparatus": "{found} So {so}.",
    "no_controls": "No control sessions with {lacking}: what they would have shown cannot be ruled out.",
    "press": "Pressing the button shakes the sensor ({kind} sessions, {p}, median ratio {ratio}): taps that reach the sensor"
    " look like taps that follow it.",
    "tap_only": "Taps without touching keep a phase with the signal that chance would not give ({p}): a slow press artefact.",
    "made_followed": "In {n_made} of {sessions} whose taps keep step with the signal, the rhythm is there only while somebody"
    " taps, so that it is most simply made by the tapping; where the tapping makes none, at most about {expected} would be told"
    " so. These are in no test of the taps and in no count of rhythms.",
    "explained": "In {n} of {sessions} with a rhythm it is that of a reference ({channels}): nothing that stands out is left"
    " without it.",
    "explained_part": "{said} In {n} of these the reference was there for less than two thirds of the time.",
    "own_in_doubt": "Of {sessions} whose rhythm is said to be its own or not that of a reference: {doubts}.",
    "one_session": "The answer rests on one session: without it {p}.",
    "other_sessions": "Taps held against the signals of other sessions do as well (session permutation test, {p}; consistency"
    " {resultant}, by chance up to {high}). This check is {validity}.",
    "in_general": "For therapists in general: {why}.",
    "joined": "In {sessions} more than one therapist tapped; their phasors were joined into one.",
    "withdrawals": "{withdrawals} removed {recordings} before this analysis.",
    "broken": "{recordings} could not be read: {names}.",
    "changed": "{recordings} changed since being sealed: {names}.",
    "and_others": "{names} and others",
    "few_subjects": "Too few subjects for limits of agreement ({n}, fewer than {fewest}): their own intervals are about as"
    " wide as what they bound.",
    "wide_limits": "The limits of agreement are imprecise: with {n} subjects a limit's own interval spans {percent} of the way"
    " between the limits.",
    "sealed": "The truth of {sessions} is still sealed.",
    "not_answered": "Not answered, {why}.",
    "simulated": "Simulated, nobody was touched: {n} of {recordings}.",
    "no_consent": "Consent is not recorded in {sessions}.",
    "no_breathing": "Breathing was not recorded, or its channel carried no signal, in {sessions}: a slow breath cannot be told from any other rhythm there.",
    "no_plan": "No sealed plan: band, level and test may have been chosen after looking. Exploratory.",
    "beside_plan": "{sessions} did not carry the sealed plan's hash when recorded.",
    "all_say_otherwise": "Over all sessions, planned or not, the same test says otherwise ({p}, {sessions}).",
    "not_as_planned": "Not as planned: {lines}.",
    "planned_and_done": "{line} ({planned} planned, {done} done)",
    "limits_over_all": "Over all sessions, planned or not, the limits of agreement are {lower} and {upper} cycles per minute"
    " ({pairs}), {planned_lower} and {planned_upper} over the planned ones ({n_planned}).",
    "icc_over_all": "Over all sessions, planned or not, ICC(A,1) is {icc} ({sessions}), {planned} over the planned ones"
    " ({n_planned}).",
}
