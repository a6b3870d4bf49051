"""Reading an upload policy and holding a form against it.

Source: OSS PostObject, "Policy" and "Conditions" with the error codes of its page.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from .refusal import CloudError

_RANGE_ITEMS = 3


@frozen(kw_only=True)
class Form:
    """What the conditions speak about.

    Attributes:
        fields: the form's fields before the file.
        bucket: the bucket posted to.
        size: bytes of the file.
    """

    fields: Mapping[str, str] = field(repr=False)
    bucket: str
    size: int

    def value(self, name: str) -> str:
        """Return what a condition's field holds."""
        return self.bucket if name == "bucket" else self.fields.get(name, "")


def check_policy(text: str, form: Form, now: datetime) -> None:
    """Hold a form against its policy.

    Args:
        text: the policy as sent, Base64.
        form: what was posted.
        now: the cloud's wall clock.

    Raises:
        CloudError: with OSS's code for the first thing that is wrong.
    """
    policy = _read(text)
    if now >= _expiration(policy):
        raise CloudError(
            "AccessDenied", "Invalid according to Policy: Policy expired.", 403
        )

    conditions = policy.get("conditions")
    if not isinstance(conditions, list):
        raise _bad_policy("it has no conditions")

    for condition in conditions:
        _check(condition, form)


def _bad_policy(why: str) -> CloudError:
    return CloudError("InvalidPolicyDocument", f"Invalid Policy: {why}.")


def _read(text: str) -> dict[str, Any]:
    try:
        policy = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        raise _bad_policy("Invalid JSON") from None

    if not isinstance(policy, dict):
        raise _bad_policy("it is not an object")

    return policy


def _expiration(policy: Mapping[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(policy["expiration"])
    except (KeyError, TypeError, ValueError):
        raise _bad_policy("it has no expiration") from None

    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _check(condition: Any, form: Form) -> None:
    """Hold the form against one condition."""
    if isinstance(condition, dict):
        for name, wanted in condition.items():
            _require(condition, held=form.value(name) == wanted)

        return

    if not isinstance(condition, list) or len(condition) != _RANGE_ITEMS:
        raise _bad_policy(f"Invalid Simple-Condition {condition!r}")

    kind, subject, wanted = condition
    if kind == "content-length-range":
        _check_size(form.size, _bytes(subject), _bytes(wanted))
        return

    value = form.value(str(subject).removeprefix("$"))
    _require(condition, held=_holds(kind, value, wanted))


def _holds(kind: str, value: str, wanted: Any) -> bool:
    if kind == "eq":
        return bool(value == wanted)

    if kind == "starts-with" and isinstance(wanted, str):
        return value.startswith(wanted)

    if kind in ("in", "not-in") and isinstance(wanted, list):
        return (value in wanted) is (kind == "in")

    raise _bad_policy(f"Invalid Simple-Condition: {kind!r} is unsupported")


def _bytes(value: Any) -> int:
    """Return one end of a range of sizes."""
    if type(value) is int and value >= 0:
        return value

    raise _bad_policy(f"the content-length-range has {value!r}")


def _require(condition: Any, *, held: bool) -> None:
    if held:
        return

    raise CloudError(
        "AccessDenied",
        "Invalid according to Policy: Policy Condition failed: "
        f"{json.dumps(condition, ensure_ascii=False)}",
        403,
    )


def _check_size(size: int, low: int, high: int) -> None:
    if size > high:
        raise CloudError(
            "EntityTooLarge", f"Your proposed upload exceeds the maximum size {high}."
        )

    if size < low:
        raise CloudError(
            "EntityTooSmall", f"Your proposed upload is smaller than {low} bytes."
        )
