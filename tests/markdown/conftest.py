"""Packages that only tests need, fetched by npm once, into pytest's cache."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Fetch = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def npm(request: pytest.FixtureRequest) -> Fetch:
    """The folder of an npm package, by its name and version; without npm, or a way to fetch it, the test is skipped."""

    def fetch(name: str, version: str) -> Path:
        program = shutil.which("npm")
        if not program:
            pytest.skip(f"NOT TESTED WITH {name}: there is no npm")
        cache: pytest.Cache = request.config.cache
        folder = cache.mkdir(f"npm-{name.strip('@').replace('/', '-')}-{version}")
        package = folder / "node_modules" / name
        if not package.exists():
            command = [program, "install", "--prefix", str(folder), "--no-audit", "--no-fund", f"{name}@{version}"]
            if subprocess.run(command, timeout=300, capture_output=True, check=False).returncode:
                pytest.skip(f"NOT TESTED WITH {name}: npm cannot fetch it")
        return package

    return fetch
