"""How the cloud says no: one exception, carrying what the error body will show.

The codes and their HTTP statuses are the provider's ("Common error codes" of the
ESA API 2024-09-10 and of the RPC gateway); the wording of messages may drift there,
so clients must judge by code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class CloudError(Exception):
    """A refusal with the provider's code.

    Args:
        code: the provider's error code, such as ``RoutineNotExist``.
        message: the sentence for people.
        status: HTTP status of the answer.
        detail: members added to the error body, such as ``AccessDeniedDetail``.
        headers: extra response headers, such as ``x-acs-retry-after``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int = 400,
        *,
        detail: Mapping[str, Any] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.detail = dict(detail or {})
        self.headers = headers


def invalid(parameter: str, why: str) -> CloudError:
    """Return the refusal of one parameter's value."""
    return CloudError("InvalidParameter", f"The parameter {parameter} {why}.")


def unknown_routine(name: str) -> CloudError:
    """Return the refusal of a routine name the account does not have."""
    return CloudError("RoutineNotExist", f"The routine {name} does not exist.")
