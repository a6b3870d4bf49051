"""What everybody did, in the order in which it took effect: calls, records, console.

A rehearsal notes each call where the cloud executes or refuses it and each record where
the journal holds it, so that one list shows what a promise is about: this intent was
durable before that call, this look lay between those two deployments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl

from attrs import evolve, field, frozen

from esa_flows.engine.journal import Row
from esa_flows.localcloud import LocalCloud
from esa_flows.localcloud.forms import routine_named
from esa_flows.localcloud.values import Reply, Request

__all__ = [
    "Act",
    "Answer",
    "Effect",
    "Sight",
    "Witness",
    "answer_of",
    "routine_of",
    "verb_of",
]

Answer = Literal["ok", "refused", "unknown"]
"""What the caller can know: done, certainly not done, or neither."""

_DOUBTFUL = (
    b"InternalException",
    b"InternalOperationError",
    b"LockFailed",
    b"ServiceUnavailable",
    b"Site.ServiceBusy",
    b"SignatureNonceUsed",
)
"""Codes of answers after which nobody knows whether the call was executed."""


@frozen(kw_only=True)
class Effect:
    """What a call changed at the provider.

    Attributes:
        made: Versions that are there now.
        gone: Versions that are not there any more.
        deployed: Environments with the split that a new deployment gave them.
    """

    made: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    deployed: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.made or self.gone or self.deployed)


@frozen(kw_only=True)
class Act:
    """One thing somebody did.

    Attributes:
        at: When, in seconds of the rehearsal.
        actor: Who: the name of a process, or `console`.
        verb: The operation's name, `PostObject`, `edge`; of a record its kind.
        subject: Of a record the step's identity; else empty.
        answer: What the caller could know afterwards.
        effect: What it changed; empty for a look, a refusal and a record.
        record: The row, where it is a record.
        routine: Of a call the routine that it names; empty where it names none.
        sent: The body of the request.
        got: The body of the answer, whether or not it was heard.
    """

    at: float
    actor: str
    verb: str
    subject: str = ""
    answer: Answer = "ok"
    effect: Effect = Effect()
    record: Row | None = None
    routine: str = ""
    sent: bytes = field(default=b"", repr=False)
    got: bytes = field(default=b"", repr=False)

    @property
    def is_call(self) -> bool:
        """Whether it went to the provider."""
        return self.record is None

    @property
    def given(self) -> Mapping[str, str]:
        """The parameters of the call, as text."""
        return dict(parse_qsl(self.sent.decode("utf-8", "replace")))

    @property
    def told(self) -> Mapping[str, Any]:
        """The members of the answer; none where it is no JSON object."""
        try:
            found = json.loads(self.got)
        except ValueError:
            return {}

        return found if isinstance(found, dict) else {}

    def __str__(self) -> str:
        what = f"{self.verb} {self.subject}".strip()
        changes = f" {self.effect}" if self.effect else ""
        return f"{self.at:9.2f} {self.actor:>8} {what} -> {self.answer}{changes}"


@frozen(kw_only=True)
class Sight:
    """What can change at the provider, at one moment.

    Attributes:
        versions: Version ids by routine.
        deployments: Deployment id and split by routine and environment.
    """

    versions: Mapping[str, frozenset[str]]
    deployments: Mapping[tuple[str, str], tuple[str, tuple[tuple[str, int], ...]]]

    @classmethod
    def of(cls, cloud: LocalCloud) -> Sight:
        """Look at a cloud from behind."""
        held = [*cloud.state.routines.values(), *cloud.state.functions.values()]
        return cls(
            versions={routine.name: frozenset(routine.versions) for routine in held},
            deployments={
                (routine.name, env): (deployment.id, deployment.split)
                for routine in held
                for env, deployment in routine.deployments.items()
            },
        )

    def until(self, later: Sight) -> Effect:
        """Say what changed between two moments."""
        before = frozenset[str]().union(*self.versions.values())
        after = frozenset[str]().union(*later.versions.values())
        return Effect(
            made=tuple(sorted(after - before)),
            gone=tuple(sorted(before - after)),
            deployed=tuple(
                (env, found[1])
                for (name, env), found in later.deployments.items()
                if self.deployments.get((name, env)) != found
            ),
        )


class Witness:
    """Takes down what everybody does.

    Attributes:
        acts: What was done, in the order in which it took effect.
    """

    def __init__(self) -> None:
        self.acts: list[Act] = []

    def __repr__(self) -> str:
        return f"<Witness of {len(self.acts)} acts>"

    def note(self, act: Act) -> int:
        """Take down an act; give its place."""
        self.acts.append(act)
        return len(self.acts) - 1

    def unheard(self, place: int) -> None:
        """Correct an act whose answer never reached its caller."""
        self.acts[place] = evolve(self.acts[place], answer="unknown")


def verb_of(request: Request) -> str:
    """Name what a request asks for: an operation, `PostObject` or `edge`."""
    if request.listener.startswith("edge"):
        return "edge"

    return request.header("x-acs-action") or "PostObject"


def routine_of(request: Request) -> str:
    """Name the routine that a call or a form is about; empty where it names none."""
    given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    return given.get("Name") or routine_named(request.body)


def answer_of(reply: Reply) -> Answer:
    """Say what a caller can know from a reply: pure."""
    if reply.cut is not None or reply.status >= 500:  # noqa: PLR2004  HTTP: 5xx
        return "unknown"

    if 200 <= reply.status < 300:  # noqa: PLR2004  HTTP: 2xx
        return "ok"

    return "unknown" if any(code in reply.body for code in _DOUBTFUL) else "refused"
