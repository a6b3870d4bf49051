"""How a release ended, for people and programs."""

import enum
from collections.abc import Mapping

from attrs import field, frozen

from esa_flows.engine.codec import decode
from esa_flows.engine.history import History
from esa_flows.errors import Aborted, EsaFlowsError
from esa_flows.model import (
    HOME,
    Cloud,
    Deployment,
    Realm,
    Routine,
    RoutineId,
    RoutineName,
    VersionId,
)
from esa_flows.steps.prune import Pruned

__all__ = ["Outcome", "Report", "first_seen", "stopped", "ways_out"]

LOOKS = ("observe", "look[", "read_back[", "still_serves[")
"""Steps whose value shows what serves."""

MADE = ("commit#", "commit[", "post_package#", "post_package[")
"""Steps whose value is the version they made."""


class Outcome(enum.StrEnum):
    """How a release ended."""

    RELEASED = "released"
    UNCHANGED = "unchanged"
    PREPARED = "prepared"
    """Staging serves it, verified and asked; production waits for its turn."""

    ROLLED_BACK = "rolled back"
    FAILED = "failed"
    ABORTED = "aborted"
    CONFLICT = "conflict"
    STUCK = "stuck"
    PAUSED = "paused"
    PRUNED = "pruned"
    RESTORED = "restored"


@frozen(kw_only=True)
class Report:
    """How a release ended.

    Attributes:
        run: The run's id.
        routine: Which routine.
        cloud: Where it is.
        account: Its account's name there; empty for the client's own.
        outcome: How it ended.
        version: The version it was about; None where it did not get so far.
        before: What served production when it began.
        production: What served production when it was last seen.
        staging: What served staging when it was last seen.
        areas: What served each area of production when it was last seen.
        production_as_before: Whether production serves what it served before.
        reason: Why it ended so, in a sentence; empty where all went well.
        next_move: What a person can do now; empty where nothing is left to do.
        pruned: Versions that were deleted, and what their code is kept under.
        notes: What else a person should know.
    """

    run: str
    routine: RoutineName
    outcome: Outcome
    version: VersionId | None = None
    before: Deployment | None = None
    production: Deployment | None = None
    staging: Deployment | None = None
    areas: Mapping[str, VersionId | None] = field(factory=dict, hash=False)
    production_as_before: bool = True
    reason: str = ""
    next_move: str = ""
    cloud: Cloud = Cloud.ESA
    account: str = ""
    pruned: tuple[Pruned, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def realm(self) -> Realm:
        """Whose routine it is."""
        return Realm(self.cloud, self.account)

    @property
    def id(self) -> RoutineId:
        """Which routine of a rollout it is."""
        return RoutineId.of(self.account, self.routine)

    @property
    def is_good(self) -> bool:
        """Whether it ended as it was asked to."""
        return not self.reason

    def __str__(self) -> str:
        version = f" as version {self.version}" if self.version else ""
        told = f"{self.routine}: {self.outcome}{version}."
        serves = self.production.split if self.production else "nothing"
        parts = [told, f"Production serves {serves}.", self.reason, self.next_move]
        return " ".join(part for part in (*parts, *self.notes) if part)


def ways_out(
    routine: RoutineName, target: VersionId | None, realm: Realm = HOME
) -> str:
    """Give the commands that end a state in which production is not as before: pure.

    Args:
        routine: What it is about.
        target: The version that production should go back to; None where none is known.
        realm: Whose it is.
    """
    to = f" --to {target}" if target else ""
    moves = [
        f"Go back by hand with: esa-flows rollback {routine}{to}{realm.flag}",
        f"See what serves with: esa-flows versions list {routine}{realm.flag}",
    ]
    if target:
        order = f"{routine} {target} --deploy{realm.flag}"
        restore = f"esa-flows versions restore {order}"
        moves.insert(1, f"Where that version is gone: {restore}")

    return " - ".join(moves)


def stopped(
    history: History, *, run: str, routine: str, error: EsaFlowsError
) -> Report:
    """Tell where a run stands that was stopped by trouble, from its journal: pure.

    Args:
        history: What the run did.
        run: Its id.
        routine: What it is about, as the journal calls it.
        error: What stopped it.
    """
    realm, name = Realm.read(routine)
    move = f"Go on with: esa-flows resume {run}{realm.flag}"
    back = f" or go back with: esa-flows abort {run}{realm.flag}"
    seen = _seen(history)
    return Report(
        run=run,
        routine=name,
        cloud=realm.cloud,
        account=realm.account,
        outcome=_outcome(history, error),
        version=_committed(history),
        before=seen[0].production if seen else None,
        production=seen[-1].production if seen else None,
        staging=seen[-1].staging if seen else None,
        areas=seen[-1].areas if seen else {},
        production_as_before=not _is_exposed(history),
        reason=str(error),
        next_move="" if history.is_ended else move + back,
    )


def first_seen(history: History) -> Deployment | None:
    """Give what production served when a run first looked: pure.

    Args:
        history: What the run did.
    """
    seen = _seen(history)
    return seen[0].production if seen else None


def _outcome(history: History, error: EsaFlowsError) -> Outcome:
    if not history.is_ended:
        return Outcome.PAUSED

    return Outcome.ABORTED if isinstance(error, Aborted) else Outcome.FAILED


def _seen(history: History) -> list[Routine]:
    """Give the routine as each recorded look showed it, in order."""
    looks = sorted(
        (past.seq, identity, past.outcome["value"])
        for identity, past in history.steps.items()
        if identity.startswith(LOOKS) and past.outcome and "value" in past.outcome
    )
    return [
        decode(value["routine"] if "versions" in value else value, Routine)
        for _, _, value in looks
    ]


def _committed(history: History) -> VersionId | None:
    made = [
        past.outcome["value"]["version"]
        for identity, past in history.steps.items()
        if identity.startswith(MADE) and past.outcome and "value" in past.outcome
    ]
    return VersionId(made[-1]) if made else None


def _is_exposed(history: History) -> bool:
    """Tell whether production may serve anything but what it served before."""
    changes = {
        identity: past
        for identity, past in history.steps.items()
        if identity.startswith("deploy[production") and past.attempts
    }
    is_back = any(
        identity.startswith("deploy[production:back")
        and "value" in (past.outcome or {})
        for identity, past in changes.items()
    )
    return bool(changes) and not is_back
