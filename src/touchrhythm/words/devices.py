"""What is said of a device: whether it is fit, what its counts weigh, what is seen of it while it records?

**Conventions.** Tables of messages with named fields, filled by `touchrhythm.words.say`. Where a field is a
number, the message says its digits.

- `FINDINGS` : what `check` found, by the code of a finding
- `CHECK`, `CALIBRATE`, `PORTS` : what these commands say besides
- `LIVE` : the assistant's live view
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["CALIBRATE", "CHECK", "FINDINGS", "LIVE", "PORTS"]

_NOT_JUDGED = "not calibrated, so not judged"

FINDINGS: Mapping[str, str] = MappingProxyType(
    {
        "rate": "{fs:.4g} samples/s",
        "rate_by_arrival": "{fs:.4g} samples/s, timed by arrival: losses cannot be seen",
        "rate_far_too_low": "{fs:.4g} samples/s: tremor and pulse can fold into the band",
        "rate_too_low": "{fs:.4g} samples/s: hand tremor may fold into the band",
        "rate_not_as_declared": "{fs:.4g} samples/s, but {declared:g} are declared",
        "loss": "{n_missing} of {n} samples missing ({percent:.2f} %), {n_dropped} of them dropped by the device,"
        " {n_damaged} lines damaged",
        "loss_unseen": "cannot be seen, the samples have no numbers; {n_damaged} of the lines damaged",
        "noise": "{noise:.3g} {unit} rms from sample to sample",
        "noise_not_judged": f"{{noise:.3g}} {{unit}} rms from sample to sample; {_NOT_JUDGED}",
        "no_noise": "the value never changes (is the sensor connected?)",
        "no_two_in_a_row": "no two samples in a row",
        "no_two": "no two samples",
        "drift": "{slope:+.3g} {unit} per minute",
        "drift_high": "{slope:+.3g} {unit} per minute (is it warm yet, and does it lie still?)",
        "drift_not_judged": f"{{slope:+.3g}} {{unit}} per minute; {_NOT_JUDGED}",
        "too_short": "not tested: {duration:.0f} s recorded, {needed:.0f} s are needed",
        "saturated": "{n} samples at the converter's end",
        "not_saturated": "never at the converter's end",
        "own_rhythm_untested": "not tested: {reason}",
        "own_rhythm": "the apparatus alone shows a rhythm of {rate_cpm:.1f} cpm (p = {pvalue:.3f})",
        "own_rhythm_doubtful": "doubtful: {rate_cpm:.1f} cpm, p = {pvalue:.3f}; check again",
        "no_own_rhythm": "none distinguishable from noise in {low:g}–{high:g} cpm (p = {pvalue:.2f})",
        "rate_too_low_for_beats": "{fs:.4g} samples/s: beats need {needed:g} and more",
        "no_pulse": "none to be seen: {n} things like a beat, {percent:.0f} % of them usable"
        " (is the sensor on the skin, held still, and not pressed?)",
        "looks_pulse": "looks like a pulse wave, not like an ECG (--signal pulse reads it so)",
        "looks_ecg": "looks like an ECG, not like a pulse wave (--signal ecg reads it so)",
        "pulse": "{n} beats, {percent:.0f} % of them good",
        "heart_rate": "{rate_bpm:.0f} beats per minute ({low:.0f}–{high:.0f})",
        "height": "{height:.4g} counts, {ratio:.0f} times the noise",
        "height_low": "{height:.4g} counts, only {ratio:.1f} times the noise (is the sensor on the skin, and not pressed?)",
        "beats_cut_off": "{percent:.0f} % of the samples stand at the highest or the lowest value: beats are cut off"
        " (is the gain too high?)",
        "button": "{n} presses, none doubled",
        "button_doubled": "{n} presses, {n_doubled} of them doubled within 30 ms",
        "button_silent": "none of {n_pressed} presses came (is the button wired to D2 and ground of this board?)",
        "button_lost": "{n} presses of {n_pressed} came, none doubled; press again and count",
        "button_lost_and_doubled": "{n} presses of {n_pressed} came, {n_doubled} of them doubled within 30 ms;"
        " press again and count",
    }
)

CHECK: Mapping[str, str] = MappingProxyType(
    {
        "untouched": "leave the sensor untouched for {seconds:.0f} s",
        "on_skin": "leave the sensor on the skin and hold still for {seconds:.0f} s",
        "press": "press the button {n} times meanwhile",
        "stopped_early": "stopped early: judged by what came until then",
        "fell_silent": "{port} fell silent: {reason}",
        "good": "ok   ",
        "limit": "limit",
        "bad": "BAD  ",
    }
)

CALIBRATE: Mapping[str, str] = MappingProxyType(
    {
        "put_on": "{mass_g:g} g on the sensor, and nothing else; then press Enter",
        "stays": "{mass_g:g} g stays on the sensor; then press Enter",
        "nothing": "Nothing on the sensor; then press Enter",
        "up": "{mass_g:g} g, going up: {counts:.0f} counts",
        "down": "{mass_g:g} g, going down: {counts:.0f} counts",
        "stopped": "stopped; no calibration was written",
        "line": "{counts_per_gram:.6g} counts per gram, zero at {zero_counts:.6g} counts",
        "uncertainty": "at 5 g: ± {u95_mg:.0f} mg (95 %), masses known to ± {mass_u95_mg:.0f} mg",
        "residual": "largest residual {largest_residual_mg:.0f} mg, hysteresis {hysteresis_mg:.0f} mg",
        "residual_one_way": "largest residual {largest_residual_mg:.0f} mg, hysteresis not tried",
        "known": "calibration {name} of {date}",
        "unknown_date": "unknown date",
        "known_for_any": "calibration {name} of {date}; the device has no serial number: is it the same one?",
        "unknown": "no calibration known ({program} calibrate makes one): force is kept in counts,"
        " and no warning of too much force can be given",
    }
)

PORTS: Mapping[str, str] = MappingProxyType(
    {
        "board": "board?",
        "none": "no serial port found (is the board plugged in, and is its driver there?)",
        "timed_by_device": "{port}: {what}; timing: device, loss detection: none",
        "timed_by_host": "{port}: {what}; timing: host, loss detection: none",
    }
)

LIVE: Mapping[str, str] = MappingProxyType(
    {
        "waiting": "waiting",
        "tapping": "tapping",
        "margin_before": "margin before",
        "margin_after": "margin after",
        "connected": "connected",
        "gone": "DEVICE GONE",
        "state": "{stage} · {elapsed} · {connection} · last byte {silent_s:.1f} s ago",
        "state_with_room": "{stage} · {elapsed} · {connection} · last byte {silent_s:.1f} s ago"
        " · disk full in {hours:.0f} h",
        "counts": "{fs:.1f} samples/s · {lost} · damaged {n_damaged} · resets {n_resets} · presses {n_presses}",
        "lost": "lost {percent:.2f} % ({n_dropped} dropped by the device)",
        "lost_unseen": "losses cannot be seen",
        "saturated": "SATURATED: {n} samples at the converter's end",
        "too_much": "TOO MUCH FORCE",
        "no_contact": "no contact",
        "on_target": "on target",
        "too_light": "too light",
        "too_heavy": "too heavy",
        "force": "force {value:8.2f} {unit:6s} {contact}",
        "heart": "heart {rate_bpm:5.1f} per minute · {n} beats in the last {seconds:.0f} s",
        "no_heart": "heart: no beat in the last {seconds:.0f} s (is the sensor on the skin?)",
        "too_few_samples": "heart: not seen, beats need {needed:g} samples/s and more",
        "band": "{low:g}–{high:g} cpm, causal: {delay:.1f} s behind",
    }
)
