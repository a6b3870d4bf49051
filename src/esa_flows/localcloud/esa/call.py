"""One call that passed the gateway, and how an operation reads its parameters.

Parameters arrive as text (form, query) or as JSON values (JSON body); both are read
alike. Empty values were dropped on the way in: the official Node client sends
``Key=`` for members it does not set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from esa_flows.localcloud.refusal import CloudError, invalid

_INTEGER = re.compile(r"[0-9]{1,18}")


@frozen(kw_only=True)
class Call:
    """An authenticated call of one operation.

    Attributes:
        operation: the action's name.
        account: the caller's account id.
        params: merged parameters, none empty.
        now: the cloud's wall clock at arrival.
        fault: the kind of a fault the operation plays itself, or ``""``.
    """

    operation: str
    account: str
    params: Mapping[str, Any] = field(repr=False)
    now: datetime
    fault: str = ""

    @property
    def name(self) -> str:
        """The routine's name, or ``""``."""
        return self.text("Name")

    def text(self, name: str) -> str:
        """Return a parameter as text; ``""`` when absent."""
        value = self.params.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def need(self, name: str) -> str:
        """Return a required parameter.

        Raises:
            CloudError: ``Missing<Name>``, as the gateway answers.
        """
        value = self.text(name)
        if not value:
            raise CloudError(
                f"Missing{name}",
                f"{name} is mandatory for this action.",
            )

        return value

    def integer(self, name: str, default: int, high: int) -> int:
        """Return a parameter between 1 and ``high``.

        Raises:
            CloudError: ``InvalidParameter`` outside; the documents name no code.
        """
        value = self.text(name) or str(default)
        if _INTEGER.fullmatch(value) and 1 <= int(value) <= high:
            return int(value)

        raise invalid(name, f"must be an integer from 1 to {high}")

    def boolean(self, name: str) -> bool:
        """Return a parameter that is ``true`` in any case (clients differ)."""
        return self.text(name).lower() == "true"

    def parsed(self, name: str) -> Any:
        """Return a required JSON parameter, which may also come as real JSON.

        Raises:
            CloudError: absent, or not JSON.
        """
        value = self.params.get(name)
        if isinstance(value, list | dict):
            return value

        try:
            return json.loads(self.need(name))
        except ValueError:
            raise invalid(name, "is not valid JSON") from None


def stamp(moment: datetime) -> str:
    """Return a moment as answers show it: RFC 3339, UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
