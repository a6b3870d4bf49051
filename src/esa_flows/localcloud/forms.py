"""The upload form: a policy, signed, that allows one object for a while.

The object's name says what an upload becomes:

======== ================================================ ============================
staging  ``sp_esa_rwa/ACCOUNT/NAME/unstable/routine/index.js``  the routine's one slot
package  ``sp_esa_rwa/ACCOUNT/NAME/VERSION/code.zip``           a version with assets
revision ``site_er_js/NAME.ACCOUNT.LAST-11-DIGITS.js``          a DCDN revision
======== ================================================ ============================

The name of the slot is fixed, so every form of a routine overwrites the same slot and
the last writer wins.
Source: OSS PostObject, "Policy" and "Callback"; the members are those that the calls
GetRoutineStagingCodeUploadInfo, CreateRoutineWithAssetsCodeVersion (capitals, and no
callback) and UploadRoutineCode return.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from attrs import frozen

from .world import World

BUCKET = "local-edge-routine"
OSS_PREFIX = "/oss-"
KEY_ID = "STS.NLocalCloudUpload0001"
Kind = Literal["staging", "package", "revision"]
_KEY = re.compile(
    r"(?:sp_esa_rwa/(?P<owner>[^/]+)/(?P<name>[^/]+)/"
    r"(?:(?P<slot>unstable/routine/index\.js)|(?P<version>[0-9]+)/code\.zip)"
    r"|site_er_js/(?P<function>[^/.]+)\.(?P<account>[0-9]+)\.(?P<tail>[0-9]{11})\.js)"
)
_KEY_BYTES = re.compile(_KEY.pattern.encode())
_TAIL = 11  # digits of a revision in its object's name


@frozen(kw_only=True)
class Target:
    """What an object becomes.

    Attributes:
        kind: see the module's table.
        account: the owner.
        routine: the routine's name.
        version: the version's id, or its last digits for a revision.
    """

    kind: Kind = "staging"
    account: str
    routine: str
    version: str = ""

    @property
    def key(self) -> str:
        """The object's name in the bucket."""
        if self.kind == "revision":
            tail = self.version[-_TAIL:]
            return f"site_er_js/{self.routine}.{self.account}.{tail}.js"

        last = (
            f"{self.version}/code.zip" if self.version else "unstable/routine/index.js"
        )
        return f"sp_esa_rwa/{self.account}/{self.routine}/{last}"


def target_of(key: str) -> Target | None:
    """Return what an object's name stands for; None for any other object."""
    match = _KEY.fullmatch(key)
    if match is None:
        return None

    if match["tail"]:
        return Target(
            kind="revision",
            account=match["account"],
            routine=match["function"],
            version=match["tail"],
        )

    return Target(
        kind="staging" if match["slot"] else "package",
        account=match["owner"],
        routine=match["name"],
        version=match["version"] or "",
    )


def routine_named(body: bytes) -> str:
    """Return the routine that an unread form is about, or ``""``."""
    match = _KEY_BYTES.search(body)
    if match is None:
        return ""

    return (match["name"] or match["function"]).decode(errors="replace")


def encode(value: Any) -> str:
    """Return JSON in Base64, as policies, callbacks and descriptions travel."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(text.encode(errors="replace")).decode()


def sign_policy(secret: str, policy: str) -> str:
    """Return the signature of a policy in its Base64 form."""
    digest = hmac.new(secret.encode(), policy.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def security_token(world: World) -> str:
    """Return the token that belongs to the form's key id."""
    digest = hashlib.sha256(f"token {world.secret}".encode()).digest()
    return "CAIS" + base64.b64encode(digest).decode()


def code_form(
    world: World,
    target: Target,
    *,
    description: str,
    now: datetime,
    expired: bool = False,
) -> dict[str, Any]:
    """Return ``OssPostConfig`` for JavaScript code.

    Args:
        world: whose secret signs and whose switches bound the form.
        target: what the upload becomes.
        description: comes back through the callback.
        now: the policy's life starts here.
        expired: make a form that is already too old.
    """
    callback = encode(_callback())
    conditions: list[Any] = [
        ["eq", "$key", target.key],
        ["content-length-range", 1, world.switches.policy_max_size],
        {"callback": callback},
    ]
    policy = _policy(conditions, _end(world, now, expired=expired))
    return {
        **_signed(world, policy, target),
        "callback": callback,
        "x:codeDescription": encode(description),
        "policy": policy,
        "key": target.key,
    }


def package_form(
    world: World, target: Target, *, now: datetime, expired: bool = False
) -> dict[str, Any]:
    """Return ``OssPostConfig`` for a ZIP: capitals, and no callback.

    Args:
        world: whose secret signs and whose switches bound the form.
        target: the version that the upload becomes.
        now: the policy's life starts here.
        expired: make a form that is already too old.
    """
    conditions: list[Any] = [
        ["eq", "$key", target.key],
        ["content-length-range", 1, world.switches.package_max_size],
    ]
    policy = _policy(conditions, _end(world, now, expired=expired))
    return {**_signed(world, policy, target), "Policy": policy, "Key": target.key}


def _signed(world: World, policy: str, target: Target) -> dict[str, str]:
    """Return the members that every form has; the form is the newest of its target."""
    signature = sign_policy(world.secret, policy)
    world.newest_forms[target.key] = signature
    return {
        "Url": f"{world.base_url}{OSS_PREFIX}{BUCKET}",
        "OSSAccessKeyId": KEY_ID,
        "Signature": signature,
        "XOssSecurityToken": security_token(world) if world.switches.oss_token else "",
    }


def _end(world: World, now: datetime, *, expired: bool) -> datetime:
    return now - timedelta(seconds=1) if expired else now + world.switches.policy_life


def _callback() -> dict[str, str]:
    return {
        "callbackUrl": "http://er-callback.localcloud.invalid/upload",
        "callbackBody": "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}"
        "&codeDescription=${x:codeDescription}",
        "callbackBodyType": "application/x-www-form-urlencoded",
    }


def _policy(conditions: list[Any], expires: datetime) -> str:
    return encode(
        {
            "expiration": expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "conditions": [{"bucket": BUCKET}, *conditions],
        }
    )
