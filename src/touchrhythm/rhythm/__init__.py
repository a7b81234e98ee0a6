"""Is there a rhythm in the band, how fast, and for how long? Arrays in, arrays out.

- `blocks` : the stretches that can be tested
- `background`, `whittle` : the fitted spectrum without a rhythm, and surrogates drawn from it
- `likelihood_ratio`, `periodicity` : the calibrated test
- `amplitude` : how strong it is, how weak it could be and still be found
- `peaks` : what else stands out, 2–36 cpm
- `rate`, `timecourse` : how fast, with its interval, and when
"""
