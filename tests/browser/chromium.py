"""A headless Chromium driven over a pipe (Chrome DevTools Protocol), by the standard library alone.

Messages are JSON, ended by a zero byte; Chromium reads them from descriptor 3 and answers on 4.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = 30.0
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
    "--force-color-profile=srgb",
)


def executable() -> str | None:
    """The path of a Chromium, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Failed(Exception):
    """The browser refused a command, or a script threw."""


class Chromium:
    """A running browser."""

    def __init__(self, folder: Path) -> None:
        path = executable()
        assert path is not None
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 64) for end in (theirs_in, theirs_out)]
        actions = [
            (os.POSIX_SPAWN_DUP2, high[0], 3),
            (os.POSIX_SPAWN_DUP2, high[1], 4),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ]
        arguments = [path, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        environment = {**os.environ, "HOME": str(folder), "LANG": "C.UTF-8"}
        self.process = os.posix_spawn(
            path, arguments, environment, file_actions=actions, setpgroup=0
        )
        for end in (theirs_in, theirs_out, *high):
            os.close(end)
        self.reading, self.writing = ours_in, ours_out
        self.rest = b""
        self.number = 0
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        """Send a command and return its result."""
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + SECONDS
        while True:
            answer = self._next(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failed(f"{method}: {answer['error']}")
                found: dict[str, Any] = answer["result"]
                return found
            self.events.append(answer)

    def wait(self, seconds: float) -> None:
        """Collect what the browser tells for a while."""
        until = time.monotonic() + seconds
        while True:
            try:
                self.events.append(self._next(until))
            except TimeoutError:
                return

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.reading], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.reading, 1 << 20)
            if not piece:
                raise Failed("the browser has gone")
            self.rest += piece
        line, self.rest = self.rest.split(b"\0", 1)
        found: dict[str, Any] = json.loads(line)
        return found

    def close(self) -> None:
        """End the browser and all of its processes."""
        os.close(self.writing)
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for _ in range(60):
                if os.waitpid(self.process, os.WNOHANG)[0]:
                    os.close(self.reading)
                    return
                time.sleep(0.05)
            os.killpg(self.process, sign)
        os.waitpid(self.process, 0)
        os.close(self.reading)

    def page(self, **options: object) -> Page:
        """Open an empty page in a context of its own."""
        context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        return Page(self, attached["sessionId"], target["targetId"], context)


class Page:
    """A page of the browser."""

    def __init__(self, browser: Chromium, session: str, target: str, context: str) -> None:
        self.browser, self.session = browser, session
        self.target, self.context = target, context
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a command to this page."""
        return self.browser.send(method, self.session, **parameters)

    def open(self, path: Path, fragment: str = "", width: int = 1280, height: int = 900) -> None:
        """Open a file and wait until it is loaded."""
        self.size(width, height)
        self.browser.events.clear()
        address = path.resolve().as_uri() + fragment
        self.send("Page.navigate", url="about:blank")
        self.send("Page.navigate", url=address)
        here = f"location.href.startsWith('{path.resolve().as_uri()}')"
        self.until(f"document.readyState == 'complete' && {here}")

    def until(self, condition: str) -> None:
        """Wait until a script gives a true value."""
        end = time.monotonic() + SECONDS
        while not self.run(condition):
            assert time.monotonic() < end, f"never true: {condition}"
            self.browser.wait(0.02)

    def size(self, width: int, height: int = 900, touch: bool = False) -> None:
        """Set the size of the window."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.send("Emulation.setTouchEmulationEnabled", enabled=touch)

    def run(self, script: str) -> Any:
        """Return the value of a script; promises are awaited.  Raises ``Failed``."""
        answer = self.send(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            raise Failed(json.dumps(answer["exceptionDetails"])[:800])
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """The text of an element."""
        found: str = self.run(f"document.querySelector({json.dumps(selector)}).textContent")
        return found

    def centre(self, selector: str) -> tuple[float, float]:
        """The middle of an element, scrolled into view."""
        x, y = self.run(
            f"(() => {{const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2]})()"
        )
        return x, y

    def drag(self, start: tuple[float, float], end: tuple[float, float], touch: bool) -> None:
        """Drag with the mouse or with a finger."""
        spots = [
            (start[0] + (end[0] - start[0]) * k / 4, start[1] + (end[1] - start[1]) * k / 4)
            for k in range(5)
        ]
        if touch:
            for kind, (x, y) in zip(("touchStart", *["touchMove"] * 4), spots, strict=True):
                self.send("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y}])
            self.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
            return
        self._mouse("mousePressed", spots[0], 1)
        for spot in spots[1:]:
            self._mouse("mouseMoved", spot, 1)
        self._mouse("mouseReleased", spots[-1], 0)

    def _mouse(self, kind: str, spot: tuple[float, float], buttons: int) -> None:
        self.send(
            "Input.dispatchMouseEvent",
            type=kind,
            x=spot[0],
            y=spot[1],
            button="left",
            buttons=buttons,
            clickCount=1,
        )

    def press(self, key: str, shift: bool = False) -> None:
        """Press a key that has a name, such as ``ArrowLeft``."""
        codes = {"Tab": 9, "Enter": 13, "Home": 36}
        codes |= {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
        typed = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.send(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=codes[key],
                modifiers=8 if shift else 0,
                **typed,
            )

    def type(self, selector: str, text: str) -> None:
        """Replace what is in a field by a text, as if typed."""
        name = json.dumps(selector)
        self.run(f"document.querySelector({name}).focus(), document.querySelector({name}).select()")
        self.send("Input.insertText", text=text)

    def pdf(self) -> bytes:
        """Print the page."""
        return base64.b64decode(self.send("Page.printToPDF", preferCSSPageSize=True)["data"])

    def complaints(self) -> list[str]:
        """Errors and warnings that the page caused, and all requests but the one for itself."""
        self.browser.wait(0.1)
        found = []
        for event in self.browser.events:
            name, values = event.get("method"), event.get("params", {})
            if name == "Runtime.exceptionThrown":
                found.append(json.dumps(values)[:400])
            elif name == "Log.entryAdded" and values["entry"]["level"] in ("error", "warning"):
                found.append(values["entry"]["text"])
            elif name == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning"):
                found.append(json.dumps(values["args"])[:400])
            elif name == "Network.requestWillBeSent" and values["type"] != "Document":
                found.append(f"request of {values['request']['url'][:200]}")
        return found

    def close(self) -> None:
        """Close the page and forget what it stored."""
        self.browser.send("Target.disposeBrowserContext", browserContextId=self.context)


@contextmanager
def browser() -> Iterator[Chromium]:
    """A browser that ends with the block."""
    with tempfile.TemporaryDirectory(prefix="wickflow-chromium-", ignore_cleanup_errors=True) as it:
        found = Chromium(Path(it))
        try:
            yield found
        finally:
            found.close()
