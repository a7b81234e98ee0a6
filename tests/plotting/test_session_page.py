"""Do the pictures draw what they are given, on the axes they are given, and nothing else?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from analyses import CUTS, analysis, make, traces
from touchrhythm import plotting
from touchrhythm.plotting import session_page as page
from touchrhythm.plotting import style as plotting_style
from touchrhythm.plotting.session_page import pictures_of, zoom_stretches
from touchrhythm.plotting.style import BAND, RATERS, bins
from touchrhythm.report.session.pictures import picture_words

PLOTS: dict[str, Callable[..., Axes]] = {
    "timeline": plotting.plot_timeline,
    "signal": plotting.plot_signal,
    "filtered": plotting.plot_filtered,
    "zoom": lambda one, **kwargs: plotting.plot_zoom(one, 120.0, 180.0, **kwargs),
    "spectrum": plotting.plot_spectrum,
    "rate": plotting.plot_rate,
    "phases": plotting.plot_phases,
    "asynchrony": plotting.plot_asynchrony,
    "tap_rate": plotting.plot_tap_rate,
}


def new_axes() -> Axes:
    return Figure(figsize=(7, 3)).add_subplot()


def shown_texts(ax: Axes) -> list[Text]:
    found = [one for one in ax.figure.findobj(Text) if isinstance(one, Text)]
    return [one for one in found if one.get_text() and one.get_visible()]


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_is_drawn_on_the_axes_given_and_returned(name: str) -> None:
    ax = new_axes()
    assert PLOTS[name](make("rhythm"), ax=ax) is ax
    assert ax.has_data()


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_without_axes_gets_its_own_figure(name: str) -> None:
    ax = PLOTS[name](make("rhythm"))
    assert isinstance(ax, Axes) and ax.figure.axes == [ax]


def test_no_window_system_is_loaded() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, touchrhythm.plotting; print('matplotlib.pyplot' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "False"


@pytest.mark.parametrize("name", PLOTS)
def test_text_is_nine_points_or_more_and_axes_are_named(name: str) -> None:
    ax = PLOTS[name](make("two_raters"))
    assert ax.figure.get_size_inches()[0] <= 7.0
    assert min(one.get_fontsize() for one in shown_texts(ax)) >= 9
    if name != "phases":
        assert ax.get_xlabel()
        assert ax.get_ylabel() or name == "timeline"


@pytest.mark.parametrize("name", ["timeline", "signal", "filtered", "zoom", "rate", "asynchrony", "tap_rate"])
def test_time_is_written_as_minutes_and_seconds(name: str) -> None:
    ax = PLOTS[name](make("rhythm"))
    ax.figure.draw_without_rendering()
    labels = [label.get_text() for label in ax.get_xticklabels()]
    assert ax.get_xlabel() == "time (min:s)"
    assert len(labels) >= 4 and all(":" in label for label in labels)


def test_nothing_is_changed_by_drawing() -> None:
    one = make("two_raters")
    before = one.to_dict()
    for plot in PLOTS.values():
        plot(one)
    assert one.to_dict() == before


def test_a_word_goes_to_the_one_artist_and_a_misspelt_one_is_refused() -> None:
    ax = plotting.plot_spectrum(make("rhythm"), color="red")
    assert "red" in [line.get_color() for line in ax.lines]
    with pytest.raises(AttributeError, match="colour"):
        plotting.plot_spectrum(make("rhythm"), colour="red")


def test_states_are_told_by_shape_and_word_beside_colour() -> None:
    ax = plotting.plot_rate(make("rhythm"))
    labels = ax.get_legend_handles_labels()[1]
    assert {"stands out", "does not", "measured rate"} <= set(labels)
    faces = {line.get_label(): line.get_markerfacecolor() for line in ax.lines}
    assert faces["stands out"] != faces["does not"] == "white"
    markers = {line.get_marker() for line in plotting.plot_asynchrony(make("three_raters")).lines}
    assert {marker for _, marker in RATERS[:3]} <= markers
    names = [text.get_text() for text in shown_texts(plotting.plot_filtered(make("two_raters")))]
    assert {"R1", "R2"} <= set(names)


def test_the_spectrum_names_its_peaks_and_shades_its_band() -> None:
    ax = plotting.plot_spectrum(make("rhythm"))
    names = [text.get_text() for text in shown_texts(ax)]
    assert "breathing-like, 15.2, outside the band" in names
    assert "8.0, in the band" in names
    assert ax.get_xlim() == (2.0, 36.0)
    assert BAND.lower() in [to_hex(patch.get_facecolor()) for patch in ax.patches]


def test_names_of_peaks_do_not_overlap() -> None:
    one = make("rhythm")
    assert one.periodicity is not None
    near = [replace(one.peaks[0], freq=cpm / 60) for cpm in (14.0, 15.0, 16.5)]
    crowded = replace(one, periodicity=replace(one.periodicity, peaks=tuple(near)))
    ax = plotting.plot_spectrum(crowded)
    ax.figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in shown_texts(ax) if "breathing-like" in text.get_text()]
    assert len(boxes) == 3
    assert not [1 for i, a in enumerate(boxes) for b in boxes[i + 1 :] if a.overlaps(b)]


def test_chance_is_drawn_where_the_mean_phasor_is_judged() -> None:
    one = make("rhythm")
    ax = plotting.plot_phases(one)
    radii = sorted(float(patch.get_radius()) for patch in ax.patches if hasattr(patch, "get_radius"))
    assert radii == [pytest.approx(one.taps[0].resultant_null.high), 1.0]
    line = next(line for line in ax.lines)
    np.testing.assert_allclose(np.hypot(line.get_xdata(), line.get_ydata()), 1.0)
    top = one.taps[0].phase == one.taps[0].phase[np.argmin(np.abs(one.taps[0].phase))]
    assert np.asarray(line.get_ydata())[top] > 0.9  # phase 0, the peak, is at the top


def test_every_part_of_the_trace_is_shaded_where_the_filter_rings() -> None:
    ax = plotting.plot_filtered(make("gaps"))
    assert "filter still ringing" in ax.get_legend_handles_labels()[1]
    edges = [patch for patch in ax.patches if patch.get_alpha() == 0.45]
    parts = 1 + sum(1 for a, b in pairwise(CUTS) if b.onset > a.onset + a.duration)
    assert len(edges) == 2 * parts


def test_an_envelope_keeps_every_extreme_and_nothing_where_nothing_is() -> None:
    rng = np.random.default_rng(1)
    values = rng.standard_normal(10_000)
    values[3000:6000] = np.nan
    time, low, high = bins(np.arange(10_000.0), values, values, 100)
    assert time.size == 100
    assert np.nanmax(high) == np.nanmax(values) and np.nanmin(low) == np.nanmin(values)
    assert np.isnan(high[35:55]).all()


def test_what_is_not_there_cannot_be_drawn() -> None:
    nothing = make("no_answer_no_traces")
    with pytest.raises(ValueError, match="must have traces to draw"):
        plotting.plot_signal(nothing)
    with pytest.raises(ValueError, match="must have a spectrum to draw, it has none: the signal is constant"):
        plotting.plot_spectrum(nothing)
    with pytest.raises(ValueError, match="must have a time course to draw"):
        plotting.plot_rate(nothing)


def test_a_rater_or_a_stretch_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="rater must be a number from 0 to 0, got 3"):
        plotting.plot_phases(make("rhythm"), rater=3)
    with pytest.raises(ValueError, match="start must lie before stop, and both after 0 s, got 90 to 30 s"):
        plotting.plot_zoom(make("rhythm"), 90.0, 30.0)


def test_lines_stop_at_cuts() -> None:
    ax = plotting.plot_tap_rate(make("gaps"))
    rate = np.asarray(ax.lines[-1].get_ydata(), dtype=float)
    onset = make("gaps").taps[0].onset
    across = [
        (onset[:-1] < cut.onset + cut.duration) & (onset[1:] > cut.onset)
        for cut in CUTS
        if cut.label != "too short"  # for the rhythm's test, not for taps
    ]
    np.testing.assert_array_equal(np.isnan(rate), np.any(across, axis=0))
    assert np.isnan(rate).any() and not np.isnan(rate).all()


def test_the_worst_minute_is_a_broken_one_and_the_typical_one_is_whole() -> None:
    (start, stop), (worst_start, worst_stop) = zoom_stretches(make("gaps"))
    assert stop - start == worst_stop - worst_start == 60.0
    assert not [cut for cut in CUTS if cut.onset < stop and cut.onset + cut.duration > start]
    onset = make("gaps").taps[0].onset
    assert ((onset > start) & (onset < stop)).any()
    assert [cut for cut in CUTS if cut.onset < worst_stop and cut.onset + cut.duration > worst_start]


def test_a_minute_can_be_chosen_from_a_trace_without_any_value() -> None:
    empty = traces()
    empty = replace(empty, trace=replace(empty.trace, z=np.full_like(empty.trace.z, np.nan)))
    assert len(zoom_stretches(analysis(traces=empty))) == 2


@pytest.mark.parametrize("kind", ["three_raters", "harmonic", "no_answer", "no_answer_no_traces"])
def test_an_answer_is_drawn_twice_the_same(kind: str) -> None:
    one = make(kind)
    words = {name: (said.title, said.text) for name, said in picture_words(one).items()}
    first, second = pictures_of(one, words), pictures_of(one, words)
    assert first == second
    assert list(first) == list(words)
    for name, svg in first.items():
        assert svg.startswith("<svg") and f'aria-labelledby="{name}-title {name}-text"' in svg


@pytest.mark.parametrize(("factor", "level"), [(0.01, 0.0), (1e5, 8.4e6), (3e-4, 20.0)])
def test_no_label_is_cut_however_wide_the_numbers_are(
    factor: float, level: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make("none_taps")
    drawn = traces(600.0, None)
    wide = replace(
        drawn,
        low=drawn.low * factor + level,
        high=drawn.high * factor + level,
        trace=replace(drawn.trace, z=drawn.trace.z * factor),
    )
    figures: list[Figure] = []
    monkeypatch.setattr(page, "svg_of", lambda figure, **_: figures.append(figure) or "")
    pictures_of(
        replace(one, traces=wide),
        {name: (said.title, said.text) for name, said in picture_words(one).items()},
    )
    assert len(figures) == len(picture_words(one))
    for figure in figures:
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01
    sheets = [
        figure.axes for name, figure in zip(picture_words(one), figures, strict=True) if name != "phases"
    ]
    assert (
        len({round(ax.get_position().x0, 6) for axes in sheets for ax in axes}) == 1
    )  # all under each other


def test_ticks_hold_whole_numbers() -> None:
    drawn = traces(600.0, None)
    high = replace(drawn, low=drawn.low * 1e-4 + 20, high=drawn.high * 1e-4 + 20)
    ax = plotting.plot_signal(replace(make("none"), traces=high))
    ax.figure.draw_without_rendering()
    assert ax.yaxis.get_offset_text().get_text() == ""
    assert all(19.9 < float(tick.get_text()) < 20.1 for tick in ax.get_yticklabels())


def test_a_long_cut_is_not_called_by_what_lies_beside_it() -> None:
    one = make("gaps")
    named = [text.get_text() for text in shown_texts(plotting.plot_timeline(one))]
    assert "lost contact" in named
    cuts = plotting_style.shown_cuts(CUTS, 0.0, 600.0)
    assert [cut.label for cut in cuts] == ["flat", "no contact", "jump", "gap", "too short", "saturated"]


def test_a_recording_that_gave_no_answer_is_not_drawn_as_used() -> None:
    one = make("no_answer")
    one = replace(one, quality=replace(one.quality, usable=0.0, cuts=()))
    ax = plotting.plot_timeline(one)
    assert "nothing could be used" in [text.get_text() for text in shown_texts(ax)]
    assert picture_words(one)["timeline"].text == "Nothing of 62 s could be used."


def test_the_worst_minute_is_not_one_in_which_the_filter_rings() -> None:
    drawn = traces(600.0, 8.0)
    time = drawn.trace.time
    small = np.where((time < 60) | (time >= 540), 0.01, 1.0)
    small = np.where((time >= 240) & (time < 300), 0.5, small)
    trace = replace(drawn.trace, z=drawn.trace.z * small)
    one = replace(make("rhythm_alone"), traces=replace(drawn, trace=trace))
    assert zoom_stretches(one)[1] == (240.0, 300.0)
