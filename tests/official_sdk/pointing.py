"""Pointing the unmodified official SDKs at a local cloud, and posting their forms."""

# mypy: disable-error-code="import-not-found, import-untyped, no-any-return"
from __future__ import annotations

import io
import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import requests
from alibabacloud_tea_openapi.models import Config

Ask = Callable[..., Awaitable[Any]]


def config_of(url: str, key_id: str, secret: str, token: str = "") -> Config:
    """Return a configuration as the SDK's users write it."""
    held = urlsplit(url)
    return Config(
        access_key_id=key_id,
        access_key_secret=secret,
        security_token=token or None,
        endpoint=held.netloc,
        protocol=held.scheme,
    )


def asking(client: Any, kind: str) -> Ask:
    """Return a way to call a method of a client: its ``sync`` or its ``async`` one."""

    async def ask(name: str, *request: Any) -> Any:
        """Make one call and return the body of its answer."""
        if kind == "sync":
            return getattr(client, name)(*request).body

        return (await getattr(client, f"{name}_async")(*request)).body

    return ask


def post(form: Mapping[str, str], content: bytes, name: str = "index.js") -> int:
    """Post a form as scripts in the wild do, and return OSS's status."""
    fields = {key: value for key, value in form.items() if key != "Url"}
    fields["x-oss-security-token"] = fields.pop("XOssSecurityToken")
    for capital in ("Policy", "Key"):
        if capital in fields:
            fields[capital.lower()] = fields.pop(capital)

    file = (name, content, "application/javascript")
    reply = requests.post(form["Url"], data=fields, files={"file": file}, timeout=10)
    return reply.status_code


def zipped(code: bytes) -> bytes:
    """Return the package of a version with assets."""
    held = io.BytesIO()
    with ZipFile(held, "w") as made:
        made.writestr("routine/index.js", code)
        made.writestr("assets/index.html", "<h1>page</h1>")

    return held.getvalue()


def tell(seen: Mapping[str, Any]) -> None:
    """Print what was seen."""
    sys.stdout.write(json.dumps(seen) + "\n")
