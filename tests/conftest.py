"""What every test has: an environment that is nobody's, and judges for each request body it sends."""

import os
import re
from collections.abc import Iterator

import hypothesis
import pytest

from tests import judges

PERSONAL = re.compile(
    r"(MISTRAL|XDG|LC)_.*|.*_PROXY|COLUMNS|LINES|(NO|FORCE|CLI)_?COLOR(_FORCE)?|COLORTERM|ACCESSIBLE|LANG(UAGE)?"
    r"|SSL_CERT_(FILE|DIR)|VISUAL|EDITOR|PAGER",
    re.IGNORECASE,
)
"""Variables that change what the program does, and that people have set."""


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")
    config.addinivalue_line("markers", "sends_bad_bodies: sends requests that the API refuses, on purpose")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(judges.present())


@pytest.fixture(scope="session", autouse=True)
def the_environment_is_nobody_s(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No key, proxy, colour or locale of whoever runs the tests, and an empty home."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if PERSONAL.fullmatch(name)]:
            patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("LANG", "C.UTF-8")
        yield


@pytest.fixture(autouse=True)
def every_body_is_acceptable(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test when it sent a body that one of the judges does not take."""
    judges.violations.clear()
    yield
    found = judges.violations.copy()
    judges.violations.clear()
    if found and request.node.get_closest_marker("sends_bad_bodies") is None:
        pytest.fail("the API would not take a body that was sent:\n" + "\n".join(found), pytrace=False)
