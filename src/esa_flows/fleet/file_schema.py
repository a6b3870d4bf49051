"""The JSON schema of a rollout's file, by which editors complete and check it."""

import enum
import re
from collections.abc import Mapping
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin

from attrs import NOTHING, Attribute, fields, has

from esa_flows.fleet.amount import Amount
from esa_flows.fleet.file_tables import SCHEMA, FleetFile, GateTable
from esa_flows.gates.spec import KINDS
from esa_flows.model import AreaCanary, Canary, Duration, Selector

__all__ = ["fleet_schema"]

_SCHEMA = "http://json-schema.org/draft-07/schema#"
"""The draft that editors of TOML know."""

_FILLED = r"\$\{"
"""Text that holds a variable: what it stands for is not known before it is read."""

_TEXT: Mapping[str, Any] = MappingProxyType({"type": "string"})
_NUMBER: Mapping[str, Any] = MappingProxyType({"type": "integer", "minimum": 0})
_LISTED = (dict(_TEXT), {"type": "array", "items": dict(_TEXT)})
_SIZE = (dict(_NUMBER), {"type": "string", "pattern": rf"^\s*\d+\s*%?\s*$|{_FILLED}"})
_KINDS: Mapping[Any, Mapping[str, Any]] = MappingProxyType(
    {
        str: _TEXT,
        bool: {"type": "boolean"},
        int: {"type": "integer", "minimum": 1},
        Amount: {"anyOf": [*_SIZE]},
        Amount | None: {"anyOf": [*_SIZE, {"const": "rest"}]},
        Duration: {"type": "string", "pattern": rf"\d\s*[dhms]\s*$|{_FILLED}"},
        Selector | None: _TEXT,
        Canary | None: {"anyOf": [*_LISTED]},
        Canary | AreaCanary | None: {"anyOf": [*_LISTED]},
        GateTable: {
            "anyOf": [
                dict(_TEXT),
                {
                    "type": "object",
                    "properties": {"kind": {"enum": [*KINDS]}},
                    "required": ["kind"],
                },
            ]
        },
    }
)
"""What may stand for a value of each kind."""


def fleet_schema() -> dict[str, Any]:
    """Give the schema: JSON schema, draft 7.

    A file that it refuses is refused by the reader, too; not the other way round, as a
    schema does not know what names mean.
    """
    told = _table(FleetFile)
    told["properties"]["schema"] |= {"const": SCHEMA}
    return {"$schema": _SCHEMA, "title": "A rollout of esa-flows"} | told


def _table(kind: type) -> dict[str, Any]:
    """Describe a table by the attributes of its class."""
    about = _about(kind)
    keys = {each.name: _key(each, about.get(each.name)) for each in fields(kind)}
    required = [each.name for each in fields(kind) if each.default is NOTHING]
    told: dict[str, Any] = {"type": "object", "properties": keys}
    if required:
        told["required"] = required

    return told | {"additionalProperties": False}


def _key(attribute: "Attribute[Any]", about: str | None) -> dict[str, Any]:
    described = {"description": about} if about else {}
    return described | _value(attribute.type)


def _value(kind: Any) -> dict[str, Any]:
    """Describe what may stand for a value."""
    if kind in _KINDS:
        return dict(_KINDS[kind])

    if get_origin(kind) is UnionType:
        return _value(next(each for each in get_args(kind) if each is not type(None)))

    if get_origin(kind) is tuple:
        return {"type": "array", "items": _value(get_args(kind)[0])}

    if get_origin(kind) in {dict, Mapping}:
        return {"type": "object", "additionalProperties": _value(get_args(kind)[1])}

    return _table(kind) if has(kind) else _choice(kind)


def _choice(kind: type[enum.StrEnum]) -> dict[str, Any]:
    allowed = [each.value for each in kind]
    return {"anyOf": [{"enum": allowed}, {"type": "string", "pattern": _FILLED}]}


def _about(kind: type) -> dict[str, str]:
    """Read what a class says of its attributes."""
    _, _, told = (kind.__doc__ or "").partition("Attributes:\n")
    found = re.findall(r"^ {8}(\w+): (.+(?:\n {12}.+)*)", told, re.MULTILINE)
    return {name: " ".join(said.split()) for name, said in found}
