"""Proxies that requests go through, by the environment."""

from __future__ import annotations

from urllib.parse import urlsplit

from dropout_core.models.http.credentials import shown_url


def any_socks_proxy() -> bool:
    """Whether some requests would go through a SOCKS proxy."""
    import urllib.request  # imported only when needed

    return any(address.lower().startswith("socks") for address in urllib.request.getproxies().values())


def proxy_of(base_url: str) -> str | None:
    """Proxy for requests to `base_url`, to be shown; ``None`` when they go directly."""
    import urllib.request

    parts = urlsplit(base_url)
    proxies = urllib.request.getproxies()
    address = proxies.get(parts.scheme) or proxies.get("all")
    if not address or urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    return shown_url(address if "://" in address else f"http://{address}")


def proxy_setting(base_url: str) -> str:
    """Name of the variable that sets it."""
    import urllib.request

    scheme = urlsplit(base_url).scheme
    return f"{scheme.upper()}_PROXY" if urllib.request.getproxies().get(scheme) else "ALL_PROXY"
