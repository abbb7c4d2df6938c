"""A headless Chromium that opens a file, driven over WebDriver (https://www.w3.org/TR/webdriver2/).

It needs chromium and chromedriver, which Debian has as `apt-get install chromium chromium-driver`.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

NEEDED = "Chromium and its driver are not installed: apt-get install chromium chromium-driver"


def binaries() -> tuple[str, str] | None:
    """The browser and its driver, None where one of them is missing."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


class Browser:
    """One window. Scripts that a test runs are not held back by a page's policy, as those of the page would be."""

    def __init__(self) -> None:
        found = binaries()
        assert found is not None, NEEDED
        browser, driver = found
        self._driver = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._driver.stdout is not None
        port = next(port[1] for line in self._driver.stdout if (port := re.search(r"started .*on port (\d+)", line)))
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium refuses to be root's otherwise
        wanted = {
            "goog:chromeOptions": {"binary": browser, "args": arguments},
            "goog:loggingPrefs": {"performance": "ALL"},
        }
        session = self._call("POST", "/session", capabilities={"alwaysMatch": wanted})
        self._session = f"/session/{session['sessionId']}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._call("DELETE", self._session)
        finally:
            self._http.close()
            self._driver.terminate()
            self._driver.wait()

    def open(self, path: Path, *, width: int = 1000, height: int = 1200) -> None:
        """Shows a file in a window of this size, in CSS pixels, and waits until it is there with all it loads."""
        self._devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True
        )
        self.requests()
        self._call("POST", f"{self._session}/url", url=path.as_uri())

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        return self._call("POST", f"{self._session}/execute/sync", script=f"return {script}", args=[])

    def click(self, selector: str) -> None:
        """Clicks the first element that the selector finds."""
        element = self._call("POST", f"{self._session}/element", using="css selector", value=selector)
        self._call("POST", f"{self._session}/element/{next(iter(element.values()))}/click")

    def requests(self) -> list[str]:
        """The addresses that were asked for since the last call, without those that the page's policy forbade."""
        events = [json.loads(entry["message"])["message"] for entry in self._log()]
        asked = {
            event["params"]["requestId"]: event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        }
        for event in events:
            if event["method"] == "Network.loadingFailed" and event["params"].get("blockedReason") == "csp":
                del asked[event["params"]["requestId"]]
        return list(asked.values())

    @contextmanager
    def on_paper(self) -> Iterator[None]:
        """The page is shown as it would be printed."""
        self._devtools("Emulation.setEmulatedMedia", media="print")
        yield
        self._devtools("Emulation.setEmulatedMedia", media="")

    def _log(self) -> Any:
        return self._call("POST", f"{self._session}/se/log", type="performance")

    def _devtools(self, command: str, **parameters: Any) -> Any:
        return self._call("POST", f"{self._session}/goog/cdp/execute", cmd=command, params=parameters)

    def _call(self, method: str, path: str, **body: Any) -> Any:
        answer = self._http.request(method, path, json=body if method == "POST" else None)
        value = answer.json()["value"]
        assert answer.is_success, value
        return value
