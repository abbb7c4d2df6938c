"""Where a link really leads, and whether it may be handed to the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_chat.links import link_host, safe_link


@pytest.mark.parametrize(
    "url",
    [
        "https://docs.mistral.ai/api/#tag/chat",
        "http://127.0.0.1:8080/",
        "http://[::1]/",
        "HTTPS://Example.org/a?b=c%20d",
        "mailto:someone@example.org?subject=hi",
        "mailto:a@example.org,b@example.org",
    ],
)
def test_web_and_mail_links_are_safe(url: str) -> None:
    assert safe_link(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "ssh://host",
        "x-man-page://ls",
        "https:",
        "https://",
        "https:///path",
        "https://a b/",
        "https://example.org/\n",
        "https://example.org/\x1b]0;x\x07",
        "https://example.org/é",
        "https://пример.рф/",
        "https://example.org/\u202e",
        "http://[::1",
        " https://example.org",
    ],
)
def test_other_links_are_not(url: str) -> None:
    assert not safe_link(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.ORG:8443/a", "example.org"),
        ("https://mistral.ai@evil.example/", "evil.example"),
        ("https://evil.example\\@mistral.ai/", "evil.example"),
        ("https://evil.example#@mistral.ai", "evil.example"),
        ("https://%65vil.example/", "evil.example"),
        ("https://пример.рф/", "xn--e1afmkfd.xn--p1ai"),
        ("https://аррӏе.com/", "xn--80ak6aa92e.com"),
        ("https://faß.de/", "xn--fa-hia.de"),
        ("https://ｅｖｉｌ。example/", "evil.example"),
        ("http://[::1]:80/", "::1"),
        ("mailto:bank@evil.example?subject=x", "evil.example"),
        ("mailto:a@example.org,b@example.net", None),
        ("https://a\u200bb.example/", None),
        ("https://a%0ab.example/", None),
        ("https://a%2fb.example/", None),
        ("https://" + "é" * 300 + "/", None),
        ("https:///path", None),
        ("http://[::1", None),
        ("file:///etc/passwd", None),
        ("relative/path", None),
        ("", None),
    ],
)
def test_the_host_is_the_one_a_browser_would_go_to(url: str, host: str | None) -> None:
    assert link_host(url) == host


@given(st.text(st.characters(codec=None)).map("https://{}/".format) | st.text(st.characters(codec=None)))
def test_a_host_is_plain_ascii_whatever_the_link(url: str) -> None:
    host = link_host(url)
    assert host is None or (host.isascii() and host.isprintable() and " " not in host)
