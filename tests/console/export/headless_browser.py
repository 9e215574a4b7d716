"""A headless Chromium, driven through a pipe by its DevTools protocol."""

import base64
import json
import os
import selectors
import shutil
import subprocess
import sys
import time

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_S = 120

# DevTools reads from descriptor 3 and writes to 4.
LAUNCH = """
import fcntl, os, sys
read, write = (fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3])
os.dup2(read, 3)
os.dup2(write, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """One page in a headless Chromium; a context manager."""

    def __init__(self, folder):
        self.folder, self.complaints, self.fetched = folder, [], []
        self._number, self._read = 0, b""

    def __enter__(self):
        there_in, self._out = os.pipe()
        self._in, there_out = os.pipe()
        # `select.select` knows no file above the 1,024th, and fonts of many windows stay open in tests.
        self._heard = selectors.DefaultSelector()
        self._heard.register(self._in, selectors.EVENT_READ)

        self._process = subprocess.Popen(
            [sys.executable, "-c", LAUNCH, str(there_in), str(there_out), str(CHROMIUM),
             "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--hide-scrollbars", f"--user-data-dir={self.folder}",
             "--remote-debugging-pipe", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(there_in, there_out),
        )  # fmt: skip
        os.close(there_in)
        os.close(there_out)
        self._session = None
        targets = self.ask("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for room in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{room}.enable")
        return self

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._heard.close()
        os.close(self._in)
        os.close(self._out)

    # -- the protocol ------------------------------------------------------------------------------------------------

    def ask(self, method, **given):
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(end)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _next(self, end):
        while b"\0" not in self._read:
            assert time.monotonic() < end, "Chromium does not answer"
            if self._heard.select(1):
                part = os.read(self._in, 1 << 20)
                assert part, "Chromium has ended"
                self._read += part
        message, self._read = self._read.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event):
        method, about = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.fetched.append(about["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(about["exceptionDetails"])
        elif method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.complaints.append(about["entry"])

    # -- what a person does ------------------------------------------------------------------------------------------

    def look(self, expression):
        """Return the value of an expression of the page, as plain JSON."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression):
        end = time.monotonic() + PATIENCE_S
        while not self.look(expression):
            assert time.monotonic() < end, f"{expression} does not come true"
            time.sleep(0.05)

    def open(self, path, *, fragment="", size=(1280, 800), phone=False, motion=True, dark=False):
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=size[0], height=size[1], deviceScaleFactor=2 if phone else 1, mobile=phone,
        )  # fmt: skip
        self.ask("Emulation.setTouchEmulationEnabled", enabled=phone)
        features = [
            {"name": "prefers-reduced-motion", "value": "no-preference" if motion else "reduce"},
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
        ]
        self.ask("Emulation.setEmulatedMedia", features=features)
        self.ask("Page.navigate", url="about:blank")
        self.wait("document.readyState === 'complete' && location.href === 'about:blank'")
        self.ask("Page.navigate", url=path.as_uri() + fragment)
        self.wait("location.protocol === 'file:' && document.readyState === 'complete'")

    def key(self, name, *, shift=False):
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=name, code=name, modifiers=8 if shift else 0)

    def click(self, place, *, kind="mouse"):
        """Click, or touch, the middle of what a selector finds; or a point (x, y)."""
        x, y = self.middle(place) if isinstance(place, str) else place
        if kind == "touch":
            self.ask("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
            self.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
            return
        for what in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=what, x=x, y=y, button="left", buttons=1, clickCount=1)

    def middle(self, selector):
        found = f"document.querySelector({json.dumps(selector)})"
        self.look(f"{found}.scrollIntoView({{block: 'center'}})")
        middle = "({left, top, width, height}) => [left + width / 2, top + height / 2]"
        box = self.look(f"({middle})({found}.getBoundingClientRect())")
        return tuple(box)

    def picture(self, path, *, whole=False):
        found = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))
