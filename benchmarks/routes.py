"""What a researcher would type with each tool to get the rate of a slow rhythm, 6–12 cycles per minute.

Each route takes ``x, fs`` and returns ``(rate in cycles per minute or None, whether it claims a rhythm)``.
A route without a test of its own claims a rhythm whenever it prints a rate inside the band: that is what
its user reads. The packages are imported inside, so that each can be measured alone.
"""

import warnings

import numpy as np

BAND_CPM = (6.0, 12.0)
BAND = (0.1, 0.2)
ALPHA = 0.05


def touchrhythm_route(x, fs):
    import touchrhythm as tr

    found = tr.periodicity_test(x, fs=fs, band=BAND, rng=0)
    if not (found.pvalue <= ALPHA and found.inside and found.harmonic_of is None):
        return None, False
    return tr.estimate_rate(x, fs=fs, band=BAND, rng=0).rate_cpm, True


def scipy_welch(x, fs):
    """Butterworth of order 4, there and back, and the peak of Welch's spectrum."""
    import scipy

    sos = scipy.signal.butter(4, BAND, "bandpass", fs=fs, output="sos")
    y = scipy.signal.sosfiltfilt(sos, x - np.mean(x))
    return _peak(*scipy.signal.welch(y, fs, nperseg=min(len(y), int(120 * fs)), nfft=int(600 * fs)))


def scipy_decimated(x, fs):
    """The same after decimation to about 5 Hz."""
    import scipy

    while fs >= 10:
        factor = min(10, int(fs / 5))
        x, fs = scipy.signal.decimate(x, factor, ftype="fir"), fs / factor
    return scipy_welch(x, fs)


def neurokit(x, fs):
    """NeuroKit2: filter to the band, find peaks, mean rate."""
    import neurokit2 as nk

    y = nk.signal_filter(x, sampling_rate=fs, lowcut=BAND[0], highcut=BAND[1], method="butterworth", order=4)
    peaks = nk.signal_findpeaks(y)["Peaks"]
    return _inside(float(np.mean(nk.signal_rate(peaks, sampling_rate=fs, desired_length=len(y)))))


def biosppy(x, fs):
    """BioSPPy: its respiration pipeline, mean rate."""
    from biosppy.signals import resp

    rate = resp.resp(signal=x, sampling_rate=fs, show=False)["resp_rate"]
    return _inside(float(np.mean(rate)) * 60)


def mne_multitaper(x, fs):
    """MNE: FIR filter to the band, multitaper spectrum, its peak."""
    import mne

    y = mne.filter.filter_data(x - np.mean(x), fs, *BAND, verbose="error")
    density, freq = mne.time_frequency.psd_array_multitaper(y, fs, fmin=0.05, fmax=0.5, verbose="error")
    return _peak(freq, density)


def astropy_lombscargle(x, fs):
    """astropy: Lomb–Scargle periodogram inside the band, with its own false alarm probability."""
    from astropy.timeseries import LombScargle

    scargle = LombScargle(np.arange(len(x)) / fs, x)
    freq, power = scargle.autopower(
        minimum_frequency=BAND[0], maximum_frequency=BAND[1], samples_per_peak=10, method="fast"
    )
    claims = scargle.false_alarm_probability(
        power.max(), minimum_frequency=BAND[0], maximum_frequency=BAND[1]
    )
    rate = float(freq[np.argmax(power)]) * 60
    return rate, bool(claims <= ALPHA)


def _peak(freq, density):
    inside = (freq >= BAND[0]) & (freq <= BAND[1])
    if not np.isfinite(density[inside]).all() or not density[inside].max() > 0:
        return None, False
    return _inside(float(freq[inside][np.argmax(density[inside])]) * 60)


def _inside(rate):
    if not np.isfinite(rate):
        return None, False
    return rate, BAND_CPM[0] <= rate <= BAND_CPM[1]


ROUTES = {
    "touchrhythm": touchrhythm_route,
    "SciPy sosfiltfilt + welch": scipy_welch,
    "SciPy decimate first": scipy_decimated,
    "NeuroKit2 peaks": neurokit,
    "BioSPPy resp": biosppy,
    "MNE multitaper": mne_multitaper,
    "astropy Lomb–Scargle": astropy_lombscargle,
}


def answer(route, x, fs):
    """Rate and claim; what a route cannot do is no answer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ROUTES[route](x, fs)
        except Exception:
            return None, False
