"""The state as JSON text and back; contents travel in Base64.

What is loaded was perhaps edited by hand: whatever does not fit is a ``ValueError``.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from attrs import define, field
from cattrs import BaseValidationError, Converter

from .routine import DcdnRoutine, Routine
from .site import Record, Route, Site
from .state import AccessKey, State

FORMAT = 2


@define(kw_only=True)
class Saved:
    """The state without its indexes."""

    format: int
    last_id: int
    last_number: int
    keys: list[AccessKey] = field(factory=list)
    routines: list[Routine] = field(factory=list)
    functions: list[DcdnRoutine] = field(factory=list)
    sites: list[Site] = field(factory=list)
    routes: list[Route] = field(factory=list)
    related: list[Record] = field(factory=list)
    opened: list[str] = field(factory=list)
    subdomains: dict[str, list[str]] = field(factory=dict)
    objects: dict[str, bytes] = field(factory=dict)


def _bytes_in(value: Any, _kind: Any) -> bytes:
    return base64.b64decode(value, validate=True)


def _bytes_out(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _moment_in(value: Any, _kind: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"the moment {value} has no time zone")

    return moment


def _converter() -> Converter:
    made = Converter(
        forbid_extra_keys=True, unstruct_collection_overrides={set: sorted}
    )
    made.register_structure_hook(bytes, _bytes_in)
    made.register_unstructure_hook(bytes, _bytes_out)
    made.register_structure_hook(datetime, _moment_in)
    made.register_unstructure_hook(datetime, datetime.isoformat)
    return made


_CONVERTER = _converter()


def dump_state(state: State) -> str:
    """Return the state as JSON text. It holds the fake keys' secrets."""
    saved = Saved(
        format=FORMAT,
        last_id=state.last_id,
        last_number=state.last_number,
        keys=list(state.keys.values()),
        routines=list(state.routines.values()),
        functions=list(state.functions.values()),
        sites=list(state.sites.values()),
        routes=list(state.routes.values()),
        related=list(state.related.values()),
        opened=sorted(state.opened),
        subdomains=state.subdomains,
        objects=state.objects,
    )
    return json.dumps(_CONVERTER.unstructure(saved), indent=1)


def load_state(text: str) -> State:
    """Make a state of JSON text.

    Raises:
        ValueError: not a saved state, or one of another format.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        value = None

    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ValueError(f"not a saved local cloud of format {FORMAT}")

    try:
        return _state(_CONVERTER.structure(value, Saved))
    except (BaseValidationError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f"a broken saved local cloud: {_first(error)}") from error


def _state(saved: Saved) -> State:
    """Index what was saved."""
    state = State(
        keys={key.id: key for key in saved.keys},
        functions={(held.account, held.name): held for held in saved.functions},
        sites={site.id: site for site in saved.sites},
        routes={route.id: route for route in saved.routes},
        related={record.id: record for record in saved.related},
        opened=set(saved.opened),
        subdomains=saved.subdomains,
        objects=saved.objects,
        last_id=saved.last_id,
        last_number=saved.last_number,
    )
    for routine in saved.routines:
        state.add(routine)

    bound: list[Route | Record] = [*saved.routes, *saved.related]
    for held in bound:
        if (held.account, held.routine) not in state.routines:
            raise ValueError(f"{held.name} leads to no routine {held.routine}")

        if held.site not in state.sites:
            raise ValueError(f"{held.name} belongs to no site {held.site}")

    return state


def _first(error: BaseException) -> str:
    """Return the innermost first reason."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]

    return f"{type(error).__name__}: {error}"
