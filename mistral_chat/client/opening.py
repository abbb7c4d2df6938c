"""Where requests go and through what: the base URL, and proxies and certificates of the environment, all checked."""

from __future__ import annotations

import os
import ssl
from itertools import chain
from typing import NamedTuple
from urllib.request import proxy_bypass

import httpx

from mistral_chat import __version__
from mistral_chat.address import Address, is_loopback
from mistral_chat.errors import ConfigError

API = "https://api.mistral.ai"

_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy")


def checked(base_url: str) -> httpx.URL:
    """The URL, without /v1 at its end. Raises ConfigError, which does not hold it, as it may hold a password."""
    usual = f"the usual one is {API}"
    try:
        url = httpx.URL(str(Address().parse(base_url)))
    except ValueError as error:
        raise ConfigError(f"base_url: {error}", hint=usual) from None
    except httpx.InvalidURL:
        raise ConfigError("base_url: is not a URL", hint=usual) from None
    return url.copy_with(path=url.path.rstrip("/").removesuffix("/v1"))


class Way(NamedTuple):
    """The way to a server: its name in errors, who is connected to first, and what to do when that one is not there."""

    server: str
    first: str
    hint: str


def way(base: httpx.URL) -> Way:
    """The way to the server at a base URL: straight, or through the proxy of a variable, which is then told."""
    host = base.netloc.decode()
    variable = next((name for name in _PROXIES[:4] if os.environ.get(name)), "")
    if not variable or is_loopback(base.host) or proxy_bypass(base.host):
        return Way(host, host, "check the network and base_url")
    given = os.environ[variable]
    proxy = httpx.URL(given if "://" in given else f"http://{given}").netloc.decode()
    return Way(f"{host} (through {variable})", f"{proxy} (the proxy in {variable})", f"correct or unset {variable}")


def opened(
    base: httpx.URL, transport: httpx.AsyncBaseTransport | None, connect: float, write: float
) -> httpx.AsyncClient:
    """The client of httpx for this place; time-outs in seconds, that of reading is left to the exchange.

    Raises ConfigError, which names the variable, when one of the environment cannot be used.
    """
    tls = base.scheme == "https" and transport is None
    try:
        return httpx.AsyncClient(
            transport=transport,
            # Where nothing is encrypted no authorities are loaded, which takes 20 ms.
            verify=_trusted() if tls else httpx.create_ssl_context(verify=False),
            trust_env=not is_loopback(base.host),
            follow_redirects=False,
            timeout=httpx.Timeout(write, connect=connect, read=None, pool=None),
            headers={"User-Agent": f"mistral-chat/{__version__}", "Accept-Encoding": "identity"},
        )
    except ImportError:
        variable = _proxy_variable()
        hint = f"pip install 'mistral-chat[socks]', or unset {variable}"
        raise ConfigError(f"{variable}: cannot be used", "a SOCKS proxy needs an extra package", hint) from None
    except (ValueError, httpx.InvalidURL):
        variable = _proxy_variable()
        why = "it is not the URL of a proxy"
        raise ConfigError(f"{variable}: cannot be used", why, f"correct or unset {variable}") from None


def _trusted() -> ssl.SSLContext:
    """The certificate authorities: those of SSL_CERT_FILE or SSL_CERT_DIR, else those that come with httpx."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        variable = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), "certificates")
        why = error.strerror or str(error)
        raise ConfigError(f"{variable}: cannot be used", why, f"correct or unset {variable}") from None


def _proxy_variable() -> str:
    """The variable that holds the proxy which cannot be used."""
    given = [name for name in _PROXIES if os.environ.get(name)]
    odd = (name for name in given if not os.environ[name].startswith(("http://", "https://")))
    return next(chain(odd, given), "the proxy of the system")
