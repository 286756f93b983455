"""Host names: the hub has one, the desk has one, and every seat has one of its own.

On one shared host name a script in a seat could act as its person on the hub, read the person's other
seats and put a service worker before the desk. Names hold single hyphens only, so two hyphens part them.
"""

from __future__ import annotations

from urllib.parse import urlsplit


def seat_label(person: str, project: str) -> str:
    """The first label of a seat's host name."""
    return f"{person}--{project}"


def seat_host(public_url: str, person: str, project: str) -> str:
    """A seat's host name, without port."""
    return f"{seat_label(person, project)}.{urlsplit(public_url).hostname}"


def service_host(public_url: str, service: str) -> str:
    """A service's host name, without port."""
    return f"{service}.{urlsplit(public_url).hostname}"


def origin_of(public_url: str, host: str) -> str:
    """Scheme, ``host`` and the port of ``public_url``, as a browser writes an origin."""
    parts = urlsplit(public_url)
    return f"{parts.scheme}://{host}:{parts.port}" if parts.port else f"{parts.scheme}://{host}"


def subdomain_hook(name: str, domain: str, kind: str) -> str:
    """JupyterHub's question for a host name: services get their own; people have none beside their seats."""
    return f"{name}.{domain}" if kind == "service" else domain
