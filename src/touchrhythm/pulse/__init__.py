"""Which slow series does a pulse wave carry? From the wave to its beats, and from beats to series.

- `beats` : `find_beats`, from a wave to its beats
- `detection` : where the candidate upstrokes (or R waves) lie
- `fiducials` : at which moment a beat is, and how high it rises
- `quality` : which beats are no measurement, and why
- `recognition` : is this a pulse wave, an ECG, or neither?
- `series` : baseline, height and interval on an even grid
"""
