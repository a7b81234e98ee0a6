"""The sensor on the wire: bytes, clocks, ports, the recorder.

- `touch_line`, `line_grammar`, `line_layout`, `sketch_lines`, `events`, `sequence`, `baud_rate` : bytes to samples and button edges
- `clock` : device time to host time
- `port`, `pty_board`, `virtual` : where bytes come from
- `recorder`, `session_protocol`, `monitor`, `live_view` : a session while it runs
- `calibration`, `qualification`, `phantom_plate`, `keyboard_taps` : what belongs to a good recording
"""
