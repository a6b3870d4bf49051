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
from typing import Any, Literal

from attrs import field, frozen

from .refusal import CloudError, invalid

Product = Literal["esa", "dcdn"]
_INTEGER = re.compile(r"[0-9]{1,18}")


@frozen(kw_only=True)
class Call:
    """An authenticated call of one operation.

    Attributes:
        product: which of the two APIs.
        operation: the action's name.
        account: the caller's account id.
        params: merged parameters, none empty.
        now: the cloud's wall clock at arrival.
        clamps: a number out of its range is taken to the nearest one inside.
        fault: the kind of a fault the operation plays itself, or ``""``.
    """

    product: Product = "esa"
    operation: str
    account: str
    params: Mapping[str, Any] = field(repr=False)
    now: datetime
    clamps: bool = False
    fault: str = ""

    @property
    def name(self) -> str:
        """The routine's name, or ``""``."""
        return self.text("Name")

    @property
    def envs(self) -> tuple[str, ...]:
        """The environments a call names in ``Env`` or, as a JSON list, in ``Envs``."""
        if "Envs" not in self.params:
            return (self.text("Env"),)

        try:
            return tuple(map(str, self.parsed("Envs")))
        except (CloudError, TypeError):
            return ()

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
            CloudError: ``InvalidParameter`` outside, unless the call clamps; the
                documents name no code.
        """
        value = read_integer(self.text(name) or str(default))
        if value is not None and self.clamps:
            return min(max(value, 1), high)

        if value is not None and 1 <= value <= high:
            return value

        raise invalid(name, f"must be an integer from 1 to {high}")

    def number(self, name: str) -> int:
        """Return a required parameter that is a number, such as ``SiteId``.

        Raises:
            CloudError: absent, or no number.
        """
        found = read_integer(self.need(name))
        if found is None:
            raise invalid(name, "must be an integer")

        return found

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
        except (ValueError, RecursionError):
            raise invalid(name, "is not valid JSON") from None


def read_integer(text: str) -> int | None:
    """Return the number that a text is; None for anything else, or a huge one."""
    return int(text) if _INTEGER.fullmatch(text) else None


def stamp(moment: datetime) -> str:
    """Return a moment as answers show it: RFC 3339, UTC, whole seconds."""
    text = moment.astimezone(UTC).isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")
