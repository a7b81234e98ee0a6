"""What was measured, on which grid, and what is in the band? Arrays in, arrays out.

- `resampling` : arrival times to a uniform grid; what aliases into the band
- `artifacts`, `level_shifts` : stretches that are no measurement
- `decimation` : fewer samples, nothing folded into the band
- `filtering` : band-pass, analytic trace, phase
- `spectrum` : periodograms of blocks, coherence
"""
