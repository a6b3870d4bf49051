"""The upload form: a policy, signed, that allows one object for a while.

The key of a routine's staging object is fixed, so every form of a routine overwrites
the same slot and the last writer wins.
Source: OSS PostObject, "Policy" and "Callback"; the members are those the ESA call
GetRoutineStagingCodeUploadInfo returns for JavaScript code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from .world import World

BUCKET = "local-edge-routine"
OSS_PREFIX = "/oss-"
KEY_ID = "STS.NLocalCloudUpload0001"
_ROOT, _TAIL = "sp_esa_rwa", "unstable/routine/index.js"
_KEY = re.compile(rf"{_ROOT}/([^/]+)/([^/]+)/{_TAIL}")
_KEY_BYTES = re.compile(_KEY.pattern.encode())


@frozen(kw_only=True)
class Target:
    """The routine whose staging slot an object is."""

    account: str
    routine: str

    @property
    def key(self) -> str:
        """The object's name in the bucket."""
        return f"{_ROOT}/{self.account}/{self.routine}/{_TAIL}"


def target_of(key: str) -> Target | None:
    """Return whose staging slot an object's name is; None for any other object."""
    match = _KEY.fullmatch(key)
    return Target(account=match[1], routine=match[2]) if match else None


def routine_named(body: bytes) -> str:
    """Return the routine whose slot an unread form is about, or ``""``."""
    match = _KEY_BYTES.search(body)
    return match[2].decode(errors="replace") if match else ""


def encode(value: Any) -> str:
    """Return JSON in Base64, as policies, callbacks and descriptions travel."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(text.encode()).decode()


def sign_policy(secret: str, policy: str) -> str:
    """Return the signature of a policy in its Base64 form."""
    digest = hmac.new(secret.encode(), policy.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def security_token(world: World) -> str:
    """Return the token that belongs to the form's key id."""
    digest = hashlib.sha256(f"token {world.secret}".encode()).digest()
    return "CAIS" + base64.b64encode(digest).decode()


def hand_out_form(
    world: World,
    *,
    account: str,
    routine: str,
    description: str,
    now: datetime,
    expired: bool = False,
) -> dict[str, Any]:
    """Return ``OssPostConfig`` for a routine's staging slot.

    Args:
        world: whose secret signs and whose switches bound the form.
        account: the owner.
        routine: the routine's name.
        description: comes back through the callback as the slot's description.
        now: the policy's life starts here.
        expired: make a form that is already too old.
    """
    life = -timedelta(seconds=1) if expired else world.switches.policy_life
    key = Target(account=account, routine=routine).key
    callback = encode(_callback())
    policy = encode(_policy(key, callback, now + life, world.switches.policy_max_size))
    return {
        "Url": f"{world.base_url}{OSS_PREFIX}{BUCKET}",
        "OSSAccessKeyId": KEY_ID,
        "Signature": sign_policy(world.secret, policy),
        "callback": callback,
        "x:codeDescription": encode(description),
        "policy": policy,
        "key": key,
        "XOssSecurityToken": security_token(world) if world.switches.oss_token else "",
    }


def _callback() -> dict[str, str]:
    return {
        "callbackUrl": "http://er-callback.localcloud.invalid/upload",
        "callbackBody": "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}"
        "&codeDescription=${x:codeDescription}",
        "callbackBodyType": "application/x-www-form-urlencoded",
    }


def _policy(key: str, callback: str, expires: datetime, size: int) -> dict[str, Any]:
    return {
        "expiration": expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "conditions": [
            {"bucket": BUCKET},
            ["eq", "$key", key],
            ["content-length-range", 1, size],
            {"callback": callback},
        ],
    }
