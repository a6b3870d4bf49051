"""From what an observer is told to events: one for each happening, in their order.

A happening becomes the event that says most; where nothing more can be said of a step
it is `step.…`. What a step gave is told in the words of the kinds alone: the values
themselves are the library's own and may change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import define, field

from esa_flows.api.cloud import Op
from esa_flows.engine.codec import encode
from esa_flows.engine.observe import Happening, Moment
from esa_flows.engine.work import Identity
from esa_flows.errors import InvalidInput
from esa_flows.events.event import Event, Kind
from esa_flows.model import Realm
from esa_flows.model.freeze import awaits_end

__all__ = ["Teller"]

Told = tuple[Kind, dict[str, Any]]
_FLEET = "rollout"
"""The flow whose subject is a name people gave, and no routine."""


@define
class Teller:
    """Makes events of what runs tell, and numbers them."""

    _seq: int = 0
    _about: dict[str, tuple[Realm, str]] = field(factory=dict)

    def event(self, happening: Happening, *, wave: int = 0) -> Event:
        """Give the event of a happening.

        Args:
            happening: What a run told; the next one, of whichever run.
            wave: The number of its wave in a rollout.
        """
        kind, data = _told(happening)
        return self._made(kind, happening, wave, data)

    def turn(
        self, kind: Kind, happening: Happening, *, wave: int, data: dict[str, Any]
    ) -> Event:
        """Give an event that follows from a happening, and is none itself.

        Args:
            kind: What follows.
            happening: From what.
            wave: The number of its wave.
            data: More of it.
        """
        return self._made(kind, happening, wave, data)

    def _made(
        self, kind: Kind, happening: Happening, wave: int, data: dict[str, Any]
    ) -> Event:
        self._seq += 1
        if "subject" in happening.facts:
            self._about[happening.run] = _about(happening.facts)

        realm, routine = self._about.get(happening.run, (Realm(), ""))
        return Event(
            kind=kind,
            seq=self._seq,
            at=happening.at,
            run=happening.run,
            routine=routine,
            cloud=realm.cloud,
            account=realm.account,
            wave=wave,
            step=happening.step,
            data=data,
        )

    def __repr__(self) -> str:
        return f"<Teller, {self._seq} told>"


def _about(facts: Mapping[str, Any]) -> tuple[Realm, str]:
    if facts.get("flow") == _FLEET:
        return Realm(), ""  # it is about many; its name is none of theirs

    try:
        return Realm.read(facts["subject"])
    except InvalidInput:
        return Realm(), ""  # a flow of somebody's own, about something else


def _told(happening: Happening) -> Told:
    tell = _BY_MOMENT.get(happening.moment)
    if tell is not None:
        return tell(happening)

    kind, names = _PLAIN[happening.moment]
    return kind, _taken(happening, *names)


def _taken(happening: Happening, *names: str) -> dict[str, Any]:
    """Give those facts that are there, fit for JSON."""
    facts = happening.facts
    taken = {name: facts[name] for name in names if name in facts}
    if "seconds" in taken:
        taken["seconds"] = round(taken["seconds"], 3)

    if "calls" in taken:
        taken["calls"] = {_verb(name): n for name, n in taken["calls"].items()}

    return taken


def _verb(name: str) -> str:
    """Give a verb as plans write it."""
    return str(Op[name].value[0]) if name in Op.__members__ else name.lower()


# --- the run ------------------------------------------------------------------------


def _finished(happening: Happening) -> Told:
    facts = happening.facts
    value, error = facts.get("value"), facts.get("error")
    data = {"state": facts.get("event", "")}
    if isinstance(value, Mapping) and "outcome" in value:
        data["outcome"] = value["outcome"]
        data |= {name: value[name] for name in ("version", "reason") if value.get(name)}

    if isinstance(value, Mapping) and "ended" in value:
        data["outcome"] = value["ended"]

    if error is not None:
        data |= {"error": error.get("type", ""), "why": error.get("message", "")}

    return Kind.RUN_FINISHED, data


def _signalled(happening: Happening) -> Told:
    event, by = happening.facts["event"], happening.facts.get("by", "")
    if event in _ANSWERED:
        return _ANSWERED[event], {"by": by}

    return Kind.RUN_ASKED, {"what": event, "by": by}


_ANSWERED = MappingProxyType(
    {"approve": Kind.APPROVAL_GIVEN, "deny": Kind.APPROVAL_DENIED}
)


# --- its steps ----------------------------------------------------------------------


def _begun(happening: Happening) -> Told:
    is_back = _is_way_back(_identity(happening), "deploy")
    kind = Kind.ROLLBACK_STARTED if is_back else Kind.STEP_STARTED
    return kind, _taken(happening, "effect")


def _asking(happening: Happening) -> Told:
    kind = Kind.APPROVAL_ASKED
    if awaits_end(happening.step):
        kind = Kind.WINDOW_MET

    return kind, _taken(happening, "what")


def _failed(happening: Happening) -> Told:
    if awaits_end(happening.step):
        return Kind.WINDOW_ENDED, {}

    is_conflict = happening.facts.get("error") == "Conflict"
    kind = Kind.CONFLICT if is_conflict else Kind.STEP_FAILED
    return kind, _taken(happening, "why", "error", "seconds", "calls")


def _done(happening: Happening) -> Told:
    identity = _identity(happening)
    common = _taken(happening, "seconds", "calls")
    say = _BY_STEP.get(identity.name)
    if say is None:
        return Kind.STEP_DONE, common

    try:
        kind, data = say(identity, encode(happening.facts.get("value")))
    except (KeyError, TypeError, ValueError):
        return Kind.STEP_DONE, common  # somebody's own step of the same name

    return kind, common | data


def _identity(happening: Happening) -> Identity:
    return Identity.read(happening.step) or Identity((), happening.step)


def _is_way_back(identity: Identity, name: str) -> bool:
    return identity.name == name and "back" in identity.key.split(":")[1:]


def _committed(_: Identity, value: Any) -> Told:
    return Kind.VERSION_COMMITTED, {"version": value["version"]}


def _verified(_: Identity, value: Any) -> Told:
    told = {"version": value["version"], "sha256": value["digest"]}
    return Kind.VERSION_VERIFIED, told


def _pruned(_: Identity, value: Any) -> Told:
    return Kind.VERSION_PRUNED, {"version": value["version"], "saved": value["backup"]}


def _asked(identity: Identity, value: Any) -> Told:
    environment = identity.key.partition(":")[0]
    return Kind.SPLIT_ASKED, {"environment": environment, "serves": _shares(value)}


def _seen(identity: Identity, value: Any) -> Told:
    environment = identity.key.partition(":")[0]
    is_back = _is_way_back(identity, "read_back")
    kind = Kind.ROLLBACK_DONE if is_back else Kind.SPLIT_SEEN
    told = {"environment": environment, "serves": _shares(value[environment])}
    areas = value.get("areas")
    return kind, told | ({"areas": dict(areas)} if areas else {})


def _shares(deployment: Any) -> list[list[Any]]:
    """Give versions and their shares, the newest version first."""
    if deployment is None:
        return []

    held = deployment["split"]["shares"]
    shares = sorted(held, key=lambda share: -int(share["version"]))
    return [[share["version"], share["percentage"]] for share in shares]


def _gate_of_ones_own(identity: Identity, value: Any) -> Told:
    stage, gate, number = identity.key.rsplit(":", 2)
    kind, told = _gate(identity, value)
    return kind, {"gate": gate, "stage": stage, "reading": int(number), **told}


def _gate(_: Identity, value: Any) -> Told:
    facts = {name: _rounded(fact) for name, fact in value["facts"].items()}
    told = {"verdict": value["verdict"], "reason": value["reason"], "facts": facts}
    return Kind.GATE_READ, told


def _rounded(fact: Any) -> Any:
    return round(fact, 6) if isinstance(fact, float) else fact


def _baked(_: Identity, __: Any) -> Told:
    return Kind.BAKE_ENDED, {}


_BY_STEP: Mapping[str, Callable[[Identity, Any], Told]] = MappingProxyType(
    {
        "ask_staging": _gate,
        "commit": _committed,
        "deploy": _asked,
        "post_package": _committed,
        "prune": _pruned,
        "read_back": _seen,
        "read_gate": _gate_of_ones_own,
        "sleep": _baked,
        "verify": _verified,
        "verify_package": _verified,
    }
)

_BY_MOMENT: Mapping[Moment, Callable[[Happening], Told]] = MappingProxyType(
    {
        Moment.ASKING: _asking,
        Moment.RUN_ENDED: _finished,
        Moment.SIGNALLED: _signalled,
        Moment.STEP_STARTED: _begun,
        Moment.STEP_FAILED: _failed,
        Moment.STEP_DONE: _done,
    }
)

_PLAIN: Mapping[Moment, tuple[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        Moment.RUN_STARTED: (Kind.RUN_STARTED, ("flow", "subject")),
        Moment.RUN_RESUMED: (Kind.RUN_RESUMED, ("flow", "subject", "by")),
        Moment.RUN_STOPPED: (Kind.RUN_PAUSED, ("by", "why")),
        Moment.STEP_REPLAYED: (Kind.STEP_RECALLED, ()),
        Moment.STEP_LOOKING: (Kind.STEP_LOOKING, ()),
        Moment.STEP_WAITING: (Kind.STEP_WAITING, ("seconds", "why")),
        Moment.STEP_STUCK: (Kind.STEP_STUCK, ("why",)),
        Moment.SLEEPING: (Kind.BAKE_STARTED, ("seconds",)),
    }
)
