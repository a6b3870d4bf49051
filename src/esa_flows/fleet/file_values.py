"""How values of a rollout's file are read: each by its own grammar, with no guess."""

from collections.abc import Callable
from typing import Any

from cattrs import Converter

from esa_flows.errors import InvalidInput
from esa_flows.fleet.amount import Amount
from esa_flows.fleet.file_tables import GateTable
from esa_flows.fleet.spec import Mode, OnExhausted
from esa_flows.model import AreaCanary, Canary, Duration, Environment, Selector
from esa_flows.model.kinds import Kind
from esa_flows.model.webhook import Form
from esa_flows.release.spec import Binding, OnConflict
from esa_flows.wire.site import Site

__all__ = ["CONVERTER"]

_REST = "rest"
_CHOICES = (Mode, OnExhausted, Environment, Binding, OnConflict, Kind, Form, Site)


def _exactly(kind: type, called: str) -> Callable[[Any, Any], Any]:
    def check(value: Any, _: Any) -> Any:
        if type(value) is not kind:
            raise InvalidInput(f"{value!r} is no {called}.")

        return value

    return check


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{value!r} is no text: put it in quotes.")

    return value


def _amount(value: Any, _: Any) -> Amount:
    if isinstance(value, int | str) and not isinstance(value, bool):
        return Amount.of(value)

    raise InvalidInput(f'{value!r} is no number of routines: write 12, or "10%".')


def _size(value: Any, _: Any) -> Amount | None:
    if value == _REST:
        return None

    try:
        return _amount(value, _)
    except InvalidInput as error:
        rest = 'As the size of a wave "rest" is all that are left.'
        raise InvalidInput(f"{error} {rest}") from None


def _canary(value: Any, _: Any) -> Canary | AreaCanary:
    """Read a canary by shares, else one by areas; the first one says what is wrong."""
    parts = ",".join(map(_text, value)) if isinstance(value, list) else _text(value)
    try:
        return Canary.parse(parts)
    except InvalidInput as error:
        try:
            return AreaCanary.parse(parts)
        except InvalidInput:
            raise error from None


def _shares(value: Any, _: Any) -> Canary:
    found = _canary(value, _)
    if isinstance(found, Canary):
        return found

    raise InvalidInput(f"{found} goes by areas; a wave's canary goes by shares.")


def _gate(value: Any, _: Any) -> str | dict[str, Any]:
    if isinstance(value, str | dict):
        return value

    raise InvalidInput(f"{value!r} is no gate: write a text, or a table of settings.")


def _choice(value: Any, kind: Any) -> Any:
    try:
        return kind(_text(value))
    except ValueError:
        allowed = ", ".join(kind)
        raise InvalidInput(f"{value!r} is not allowed: use {allowed}.") from None


def _make() -> Converter:
    made = Converter(forbid_extra_keys=True, detailed_validation=True)
    made.register_structure_hook(str, lambda value, _: _text(value))
    made.register_structure_hook(bool, _exactly(bool, "yes or no: write true or false"))
    made.register_structure_hook(int, _exactly(int, "whole number"))
    made.register_structure_hook(Amount, _amount)
    made.register_structure_hook(Amount | None, _size)
    made.register_structure_hook(GateTable, _gate)
    made.register_structure_hook(Canary | AreaCanary | None, _canary)
    made.register_structure_hook(Canary | None, _shares)
    made.register_structure_hook(
        Duration, lambda value, _: Duration.parse(_text(value))
    )
    made.register_structure_hook(
        Selector | None, lambda value, _: Selector.parse(_text(value))
    )
    for kind in _CHOICES:
        made.register_structure_hook(kind, _choice)

    return made


CONVERTER = _make()
"""Reads plain values of TOML into those of a rollout's file."""
