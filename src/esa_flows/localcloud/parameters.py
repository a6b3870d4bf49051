"""Where parameters travel: query, form and JSON body, merged into one mapping.

Official clients differ: the Python SDK posts a form, the command line tool puts all
into the query even of a POST, and one of its calls posts JSON. The body wins over the
query. Empty values count as absent.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from .refusal import CloudError
from .values import Request


def merge_parameters(request: Request) -> dict[str, Any]:
    """Return all parameters of a request.

    Raises:
        CloudError: ``InvalidParameter`` for a JSON body that is no object.
    """
    merged: dict[str, Any] = dict(parse_qsl(request.query))
    content_type = request.header("content-type").lower()
    if content_type.startswith("application/x-www-form-urlencoded"):
        merged.update(parse_qsl(request.body.decode(errors="replace")))

    if content_type.startswith("application/json"):
        merged.update(_json_members(request.body))

    return merged


def _json_members(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None

    if not isinstance(value, dict):
        raise CloudError("InvalidParameter", "The body is not a JSON object.")

    return {name: member for name, member in value.items() if member not in ("", None)}
