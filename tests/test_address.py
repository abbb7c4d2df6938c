"""What may be a server's address; the client's own tests hold the forms that are refused."""

import subprocess
import sys

import pytest

from mistral_chat.address import Address, is_loopback


@pytest.mark.parametrize(
    "url", ["https://x.test", "https://x.test:65535/a/v1", "http://localhost:1", "http://[::1]:8080", "HTTPS://X.test"]
)
def test_an_address_is_taken_as_it_is_written(url: str) -> None:
    assert Address().parse(f" {url} ") == url


@pytest.mark.parametrize("url", ["https://x y", "https://x\ny", "https://x\x1b[2J"])
def test_what_no_url_may_hold_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"^is not a URL$"):
        Address().parse(url)


@pytest.mark.parametrize(
    ("host", "this_machine"),
    [("localhost", True), ("a.localhost", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("x", False)],
)
def test_this_machine_is_known_by_name_and_number(host: str, this_machine: bool) -> None:
    assert is_loopback(host) is this_machine


def test_declaring_it_loads_nothing_that_only_an_address_needs() -> None:
    code = "import sys, mistral_chat.settings; print(*sys.modules)"
    asked = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert {"urllib.parse", "ipaddress"} & set(asked.stdout.split()) == set()
