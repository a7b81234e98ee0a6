"""Lines of a log read together are those read one by one, whatever stands between them."""

import numpy as np
import pytest

from touchrhythm.io.log_lines import read_lines, usual_layout

N = 300
X = np.round(50 + 2 * np.sin(np.arange(N) / 30), 2)
FORMS = {
    "stamped": lambda k, x: f"10:{k // 600:02d}:{k / 10 % 60:06.3f} -> {x}",
    "labelled": lambda k, x: f"force:{x},resp:{x / 2:.3f}",
    "unit": lambda k, x: f"[2024-05-01 10:{k // 600:02d}:{k / 10 % 60:06.3f}] Kraft: {x} g",
    "turns": lambda k, x: f"S{x:.0f}" if k % 5 else "B72",
    "comma": lambda k, x: f"{x:.2f}".replace(".", ","),
}
ODD = {17: "sensor not ready", 18: "", 100: "12:00:00.000 -> 5,", 200: "force:nan,resp:1"}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("odd", [{}, ODD], ids=["clean", "odd lines"])
def test_batches_make_no_difference(form, odd, monkeypatch):
    lines = [odd.get(k, FORMS[form](k, x)) for k, x in enumerate(X)]
    data = "\n".join(lines).encode()
    layout = usual_layout(data)
    found = []
    for size in (1, 700, 1 << 15):
        monkeypatch.setattr("touchrhythm.io.log_lines.BATCH", size)
        found.append(read_lines(data, layout))
    for one in found[1:]:
        for name in ("values", "fits", "is_held", "is_other", "number"):
            np.testing.assert_array_equal(getattr(one, name), getattr(found[0], name))
        assert one.before == found[0].before
    if found[0].arrival is not None:
        np.testing.assert_array_equal(found[0].arrival, found[2].arrival)
    assert found[0].fits.sum() >= 0.9 * found[0].fits.size
