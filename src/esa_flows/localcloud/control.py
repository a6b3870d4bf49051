"""The control endpoint: how another process steers and questions the cloud.

It stands beside the API on the same port, outside the cap, unsigned; the provider has
nothing like it.

====== ========================= ====================================================
GET    /__control__/report       the report; ``?kept=ID,ID`` names known versions
GET    /__control__/state        the whole state, as it is saved
POST   /__control__/state        a saved state, in place of the present one
POST   /__control__/seed         a JSON list of routines to add, as in a seed file
POST   /__control__/faults       a JSON list of faults to add; an empty list clears
POST   /__control__/switches     a JSON object of switches to change; times in seconds
POST   /__control__/digests      a JSON list of contents production may get
POST   /__control__/keys         a JSON list of access keys to make known
POST   /__control__/reset        start again; ``{"empty": true}`` without the samples
====== ========================= ====================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from .cloud import LocalCloud
from .faults import faults_from
from .seedfile import seeds_from
from .state import AccessKey
from .switchfile import switches_from
from .values import Reply, Request

PREFIX = "/__control__/"
MOST_BYTES = 256 * 1024 * 1024
"""A saved state holds every content."""

_JSON = (("content-type", "application/json"),)


def control(cloud: LocalCloud, request: Request) -> Reply:
    """Answer one control request; what is wrong with it is said with status 400."""
    name = request.path.removeprefix(PREFIX)
    if name == "report" and request.method == "GET":
        kept = parse_qs(request.query).get("kept", [""])[0].split(",")
        return _json(200, cloud.report(kept).to_json())

    if name == "state" and request.method == "GET":
        return Reply(status=200, headers=_JSON, body=cloud.snapshot().encode())

    verb = _VERBS.get(name)
    if verb is None or request.method != "POST":
        return _json(404, {"error": f"no control verb {request.method} {name}"})

    try:
        verb(cloud, json.loads(request.body or b"null"))
    except (AttributeError, RecursionError, TypeError, ValueError) as error:
        return _json(400, {"error": str(error.args[0])})

    return _json(200, {"done": name})


def _faults(cloud: LocalCloud, value: Any) -> None:
    if not value:
        cloud.faults.clear()
        return

    cloud.inject(*faults_from(value))


def _switches(cloud: LocalCloud, value: Any) -> None:
    cloud.switch(switches_from(value, cloud.switches))


def _digests(cloud: LocalCloud, value: Any) -> None:
    cloud.judge.expect(value)


def _keys(cloud: LocalCloud, value: Any) -> None:
    for told in value:
        expires = told.get("expires")
        moment = datetime.fromisoformat(expires) if expires else None
        cloud.console.add_key(AccessKey(**{**told, "expires": moment}))


def _reset(cloud: LocalCloud, value: Any) -> None:
    cloud.reset(empty=bool((value or {}).get("empty")))


def _seed(cloud: LocalCloud, value: Any) -> None:
    cloud.sow(*seeds_from(value))


def _state(cloud: LocalCloud, value: Any) -> None:
    cloud.restore(json.dumps(value))


_VERBS: dict[str, Callable[[LocalCloud, Any], None]] = {
    "digests": _digests,
    "faults": _faults,
    "keys": _keys,
    "reset": _reset,
    "seed": _seed,
    "state": _state,
    "switches": _switches,
}


def _json(status: int, value: Any) -> Reply:
    return Reply(status=status, headers=_JSON, body=json.dumps(value).encode())
