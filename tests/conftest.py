"""What every test has: its own clean environment, and judges for each request body it sends."""

from collections.abc import Iterator

import pytest

from tests import judges


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sends_bad_bodies: sends requests that the API refuses, on purpose")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(judges.present())


@pytest.fixture(autouse=True)
def every_body_is_acceptable(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test when it sent a body that one of the judges does not take."""
    judges.violations.clear()
    yield
    found = judges.violations.copy()
    judges.violations.clear()
    if found and request.node.get_closest_marker("sends_bad_bodies") is None:
        pytest.fail("the API would not take a body that was sent:\n" + "\n".join(found), pytrace=False)
