"""Make the picture of the report that the README shows: python recordings/picture.py (needs chromium)."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

WIDTH, GAP = 900, 24
LEFT = ((0, 1465),)  # from and to, pixels of the page: the answer, its limits, the recording
RIGHT = (
    (1465, 2150),
    (2795, 3415),
)  # the signal, the spectrum; look at the picture after a change of the page
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1")
OUT = Path(__file__).resolve().parent / "report.png"


def screenshot(folder):
    """The demo's page as one tall picture."""
    subprocess.run([sys.executable, "-m", "touchrhythm", "demo"], cwd=folder, check=True, capture_output=True)
    page, picture = folder / "touchrhythm-demo.html", folder / "page.png"
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    size = f"--window-size={WIDTH},{RIGHT[-1][1]}"
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [browser, *FLAGS, profile, size, f"--screenshot={picture}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True)
    return Image.open(picture).convert("RGB")


def main():
    """Lay the parts side by side and save them small."""
    with tempfile.TemporaryDirectory() as folder:
        tall = screenshot(Path(folder))
    height = max(sum(bottom - top for top, bottom in column) for column in (LEFT, RIGHT))
    both = Image.new("RGB", (2 * WIDTH + GAP, height), "white")
    for number, column in enumerate((LEFT, RIGHT)):
        at = 0
        for top, bottom in column:
            both.paste(tall.crop((0, top, WIDTH, bottom)), (number * (WIDTH + GAP), at))
            at += bottom - top
    small = both.resize((both.width * 3 // 4, both.height * 3 // 4), Image.Resampling.LANCZOS)
    small.quantize(160, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(OUT, optimize=True)
    print(OUT, OUT.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
