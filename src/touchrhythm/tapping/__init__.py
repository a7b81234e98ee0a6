"""Do taps follow a signal, or one another, more than chance would? Arrays in, arrays out.

- `agreement` : `tap_agreement`, the whole answer for one rater
- `phase_reference` : what taps are held against
- `shift_test`, `statistics` : the null of shifted taps, and the estimates
- `tapper` : how regular a tapper is who follows nothing
- `press_artefact` : whether pressing the button shakes the sensor
"""
