"""The page in a real browser: what was done is what is saved, whatever dies in between."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from affectface.gallery.annotation.trace_folder import read_trace_folder
from affectface.gallery.annotation.traces import Trace, read_traces

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
if CHROMIUM is None:
    pytest.skip("no Chromium is installed", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

RATE = 30
SEEN = """() => [document.getElementById('video').currentTime,
                 Number(document.getElementById('bar').getAttribute('aria-valuenow'))]"""
PAD = """window.pad = null;
navigator.getGamepads = () => window.pad ? [window.pad] : [];
window.movePad = (axis, pressed = []) => { window.pad = { index: 0, connected: true, axes: [0, axis, 0, 0],
  buttons: [0, 1].map((n) => ({ pressed: pressed.includes(n), value: 0 })) }; };"""


class Server:
    """The command, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "affectface", "gallery", "annotate", "films", "--annotator", "anna"]
        self.process = subprocess.Popen(
            [*command, "-o", "traces", "--no-browser"], cwd=self.folder, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+", self.process.stderr.readline())
        assert found
        self.url = found.group()

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.communicate(timeout=20)
        return self.process.returncode

    def trace(self, sequence: str, dimension: str = "valence") -> Trace:
        found = read_trace_folder(self.folder / "traces")
        return next(one for one in found if (one.sequence, one.dimension) == (sequence, dimension))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "films").mkdir()
    write_film(tmp_path / "films" / "long.mp4", 6.0)
    write_film(tmp_path / "films" / "short.mp4", 1.6)
    running = Server(tmp_path)
    yield running
    if running.process is not None and running.process.poll() is None:
        running.stop(signal.SIGKILL)


@pytest.fixture
def context(browser: Any) -> Iterator[Any]:
    made = browser.new_context(viewport={"width": 1280, "height": 800})
    made.add_init_script(PAD)
    yield made
    made.close()


def write_film(path: Path, seconds: float) -> None:
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 128, 96, "yuv420p"
        for number in range(round(seconds * RATE)):
            image = np.full((96, 128, 3), 40, np.uint8)
            image[40:56, number % 112 : number % 112 + 16] = 200
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))


def opened(context: Any, url: str, errors: list[str] | None = None) -> Any:
    page = context.new_page()
    if errors is not None:
        page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    ready(page)
    return page


def ready(page: Any) -> None:
    page.locator("#screen-words").wait_for(state="hidden", timeout=20000)
    page.wait_for_timeout(100)


def mode(page: Any) -> str:
    return str(page.evaluate("() => document.body.dataset.mode"))


def until(page: Any, condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, what
        page.wait_for_timeout(20)


def watch(page: Any, upto: float) -> list[list[float]]:
    """Look at the value from time to time until the film is at a moment."""
    seen = [page.evaluate(SEEN)]
    until(page, lambda: seen.append(page.evaluate(SEEN)) or seen[-1][0] >= upto, f"the film comes to {upto} s")
    return seen


def check(trace: Trace, seen: list[list[float]], *, within: float = 0.12) -> None:
    """Compare a trace with what was seen: between the samples around a moment, in time and in value."""
    seen = [[moment, value] for moment, value in seen if moment > trace.times[0]]  # before, the film stands still
    assert len(seen) > 5
    for moment, value in seen:
        near = np.abs(trace.times - moment) < within
        assert near.any(), moment
        assert trace.values[near].min() - 0.02 <= value <= trace.values[near].max() + 0.02, moment


def saved(page: Any) -> None:
    until(page, lambda: page.locator("#saving-words").inner_text() == "All saved", "everything is saved")


def test_keys_and_whatever_dies(server: Server, browser: Any, context: Any) -> None:
    errors: list[str] = []
    page = opened(context, server.url, errors)
    assert page.locator("#name").inner_text() == "long"
    page.keyboard.press("Space")
    page.keyboard.down("ArrowUp")
    seen = watch(page, 0.5)
    page.keyboard.up("ArrowUp")
    seen += watch(page, 0.9)
    assert seen[-1][1] > 0.2
    page.reload()  # in the middle of recording
    ready(page)
    first = server.trace("long")
    check(first, seen)
    assert first.times[-1] >= seen[-1][0] - 0.05
    assert page.evaluate(SEEN)[0] == pytest.approx(first.times[-1], abs=0.05)

    page.keyboard.press("Space")
    assert mode(page) == "run-in"
    until(page, lambda: mode(page) == "recording", "recording goes on")
    page.keyboard.down("ArrowDown")
    seen = watch(page, 1.6)
    server.stop(signal.SIGKILL)
    seen += watch(page, 2.4)
    page.keyboard.up("ArrowDown")
    until(page, lambda: "kept in this browser" in page.locator("#saving-words").inner_text(), "it says so")
    assert server.trace("long").times[-1] < 2.2
    seen += watch(page, 2.8)
    page.keyboard.press("Space")
    old = server.url
    server.start()
    assert server.url == old
    saved(page)
    second = server.trace("long")
    check(second, seen)
    np.testing.assert_array_equal(second.times[: len(first.times)], first.times)

    page.keyboard.press("Space")
    until(page, lambda: mode(page) == "recording", "recording goes on")
    seen = watch(page, second.times[-1] + 1.0)
    crash(browser, page)
    again = opened(context, server.url, errors)
    third = server.trace("long")
    assert third.times[-1] >= seen[-1][0] - 0.7  # nothing but the last moments, which were not sent yet
    again.keyboard.press("Space")
    until(again, lambda: mode(again) == "idle", "the film ends")
    saved(again)
    whole = server.trace("long")
    assert whole.times[-1] == pytest.approx(6.0, abs=0.05)
    assert np.diff(whole.times).max() < 0.3
    assert np.median(np.diff(whole.times)) < 0.041  # 25 Hz at least
    assert again.locator("#done-count").inner_text() == "1 of 2 done"
    assert not errors
    assert server.stop() == 0


def crash(browser: Any, page: Any) -> None:
    """Kill the page's process: it has no time to say farewell."""
    gone: list[Any] = []
    page.on("crash", lambda crashed: gone.append(crashed))
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    for process in processes:
        if process["type"] == "renderer":
            os.kill(process["id"], signal.SIGKILL)
    end = time.monotonic() + 10
    while not gone and time.monotonic() < end:
        browser.contexts[0].cookies()  # lets the driver speak
    assert gone
    page.close()


def test_mouse_joystick_undo_and_export(server: Server, context: Any) -> None:
    errors: list[str] = []
    page = opened(context, server.url, errors)
    page.keyboard.press("n")
    until(page, lambda: page.locator("#name").inner_text() == "short", "the next sequence opens")
    ready(page)
    track = page.locator("#track").bounding_box()
    middle, height = track["x"] + track["width"] / 2, track["height"]

    def y(value: float) -> float:
        return float(track["y"] + height * (1 - value) / 2)

    page.mouse.click(middle, y(0.5))
    assert page.evaluate(SEEN)[1] == pytest.approx(0.5, abs=0.01)
    page.keyboard.press("Space")
    seen = watch(page, 0.4)
    page.mouse.move(middle - 300, y(-0.75))
    page.wait_for_timeout(50)
    seen += watch(page, 1.0)
    page.mouse.click(middle, y(0.25))
    page.mouse.move(middle, y(-0.25))  # it has let go
    until(page, lambda: mode(page) == "idle", "the film ends")
    saved(page)
    trace = server.trace("short")
    check(trace, seen)
    assert [seen[0][1], seen[-1][1]] == pytest.approx([0.5, -0.75], abs=0.02)
    assert trace.values[-1] != pytest.approx(-0.25, abs=0.02)
    assert trace.times[-1] == pytest.approx(1.6, abs=0.03)

    page.keyboard.press("d")
    until(page, lambda: page.evaluate("() => document.documentElement.dataset.dimension") == "arousal", "arousal opens")
    ready(page)
    page.evaluate("() => movePad(0.02)")
    page.wait_for_timeout(60)
    page.evaluate("() => movePad(-1, [0])")
    until(page, lambda: mode(page) == "recording", "the first button begins")
    seen = watch(page, 0.6)
    page.evaluate("() => movePad(0.5)")
    page.wait_for_timeout(80)
    seen += watch(page, 1.2)
    until(page, lambda: mode(page) == "idle", "the film ends")
    saved(page)
    trace = server.trace("short", "arousal")
    check(trace, seen)
    assert [seen[0][1], seen[-1][1]] == pytest.approx([1.0, -(0.5 - 0.06) / 0.94], abs=0.02)

    page.keyboard.press("Home")
    page.wait_for_timeout(200)
    page.keyboard.press("x")
    saved(page)
    assert not [one for one in read_trace_folder(server.folder / "traces") if one.dimension == "arousal"]
    page.keyboard.press("z")
    saved(page)
    np.testing.assert_array_equal(server.trace("short", "arousal").values, trace.values)
    page.reload()
    ready(page)
    page.keyboard.press("z")  # a stretch of before the reload
    page.wait_for_timeout(300)
    saved(page)
    assert not [one for one in read_trace_folder(server.folder / "traces") if one.dimension == "arousal"]

    with page.expect_download() as download:
        page.locator("#export").click()
    (exported,) = read_traces(download.value.path())
    np.testing.assert_array_equal(exported.times, server.trace("short").times)
    np.testing.assert_array_equal(exported.values, server.trace("short").values)
    assert not errors
    assert server.stop() == 0


def test_two_windows(server: Server, context: Any) -> None:
    one, other = opened(context, server.url), opened(context, server.url)
    one.bring_to_front()
    one.keyboard.press("Space")
    watch(one, 0.6)
    one.keyboard.press("Space")
    saved(one)
    before = server.trace("long")
    other.bring_to_front()
    other.keyboard.press("ArrowUp")
    other.keyboard.press("Space")  # it does not know what the first window did
    until(other, lambda: "another window" in other.locator("#notice").inner_text(), "it is told")
    ready(other)
    np.testing.assert_array_equal(server.trace("long").values, before.values)
    other.keyboard.press("Space")
    until(other, lambda: mode(other) == "recording", "now it goes on where the first stopped")
    watch(other, before.times[-1] + 0.4)
    other.keyboard.press("Space")
    saved(other)
    np.testing.assert_array_equal(server.trace("long").times[: len(before.times)], before.times)
    assert server.trace("long").times[-1] > before.times[-1] + 0.3
