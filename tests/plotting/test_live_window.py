"""Does the window show what the text view says?"""

from __future__ import annotations

import numpy as np
import pytest

from monitors import fed_monitor
from touchrhythm.device.live_view import LiveView
from touchrhythm.plotting.live_window import LiveWindow


def test_the_window_draws_what_the_text_says():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5))
    FigureCanvasAgg(figure)
    view = LiveView(fed_monitor())
    window = LiveWindow(view, figure)
    before = np.asarray(figure.canvas.buffer_rgba()).copy()
    window.draw_frame()
    after = np.asarray(figure.canvas.buffer_rgba())
    assert (before != after).any()
    x, y = window._force.get_data()
    assert x[-1] == 0 and x[0] >= -31
    assert np.median(y) == pytest.approx(5.0, abs=0.3)
