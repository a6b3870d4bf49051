"""Everything that can go wrong, sorted by what the caller can do about it.

::

    EsaFlowsError
    ├── InvalidInput              fix what you gave us; nothing was sent
    │   └── NoCredentials         say who you are
    ├── Misuse                    fix the program that calls us
    │   ├── StepMisuse            a step or flow breaks a rule of the engine
    │   ├── DuplicateStep         one identity used twice in one run
    │   ├── IllegalMove           a run cannot do that in its present state
    │   └── WrongEventLoop        a client belongs to the loop that opened it
    ├── CallError                 one call did not give a usable answer
    │   ├── NotSent               certainly not executed: the request never left
    │   ├── Throttled             certainly not executed: wait, then the same again
    │   ├── OutcomeUnknown        may have been executed: look before doing it again
    │   ├── Refused               certainly not executed, and never will be like this
    │   │   ├── RoutineNotFound
    │   │   ├── RoutineExists
    │   │   ├── NotFound          a version or another thing the call names
    │   │   ├── QuotaExceeded     a version or routine too many: prune
    │   │   ├── InUse             something still depends on it
    │   │   ├── CallbackFailed    OSS stored the object, the provider was not told
    │   │   └── SlotExpired       the upload form is too old: ask for a new one
    │   └── AccountBlocked        nothing will work for this account until a person acts
    │       ├── BadCredentials
    │       └── AccessDenied      a RAM action is missing
    ├── ReleaseError              the release cannot go on
    │   ├── NothingPrunable       no version may be deleted, and each has its reason
    │   ├── ContentMismatch       the provider holds other bytes than ours
    │   ├── Contention            somebody else keeps writing to the same routine
    │   ├── VersionNotReady       the provider could not make the version available
    │   ├── GateFailed            the evidence says no
    │   ├── Conflict              somebody else changed what we were about to change
    │   └── ReleaseFailed         the end of a release, with its report
    ├── RunError                  about runs
    │   ├── UnknownRun
    │   ├── RunInProgress         this routine has an unfinished run already
    │   ├── AlreadyRunning        another process drives this run
    │   ├── LeaseLost             another process took this run over
    │   ├── StepChanged           code or input differ from what the journal recorded
    │   ├── StepFailed            a recorded failure of one's own exception
    │   ├── DeadlineExceeded      a step, a part of a flow or a run took too long
    │   ├── Frozen                a freeze window is in force: nothing was begun
    │   ├── Aborted               a person asked to stop and go back
    │   ├── Denied                a person said no to what a run asked
    │   └── Paused                stopped where it was; resume goes on
    └── JournalError
        ├── JournalUnavailable    cannot write or read now; nothing was sent
        ├── JournalCorrupt        a record does not match its checksum
        └── JournalTooNew         written by a newer release of this library

Two questions decide what the engine does with a `CallError`: was the call executed
(`executed`), and may the same call succeed later (`transient`)?
"""

import enum
from typing import Any, ClassVar

__all__ = [
    "Aborted",
    "AccessDenied",
    "AccountBlocked",
    "AlreadyRunning",
    "BadCredentials",
    "CallError",
    "CallbackFailed",
    "Conflict",
    "ContentMismatch",
    "Contention",
    "DeadlineExceeded",
    "Denied",
    "DuplicateStep",
    "EsaFlowsError",
    "Executed",
    "Frozen",
    "GateFailed",
    "IllegalMove",
    "InUse",
    "InvalidInput",
    "JournalCorrupt",
    "JournalError",
    "JournalTooNew",
    "JournalUnavailable",
    "LeaseLost",
    "Misuse",
    "NoCredentials",
    "NotFound",
    "NotSent",
    "NothingPrunable",
    "OutcomeUnknown",
    "Paused",
    "QuotaExceeded",
    "Refused",
    "ReleaseError",
    "ReleaseFailed",
    "RoutineExists",
    "RoutineNotFound",
    "RunError",
    "RunInProgress",
    "SlotExpired",
    "StepChanged",
    "StepFailed",
    "StepMisuse",
    "Throttled",
    "UnknownRun",
    "VersionNotReady",
    "WrongEventLoop",
]


class Executed(enum.Enum):
    """Whether the provider executed a call that gave no usable answer."""

    NO = "no"
    UNKNOWN = "unknown"


class EsaFlowsError(Exception):
    """The root: `except EsaFlowsError` catches everything this library raises.

    Args:
        message: One sentence with the facts.
        next_move: What the reader can do now, as a sentence; empty where the message
            says it.
    """

    def __init__(self, message: str, *, next_move: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_move = next_move

    def __str__(self) -> str:
        return f"{self.message} {self.next_move}".strip()


class InvalidInput(EsaFlowsError):
    """What you gave us cannot be used; nothing was sent."""


class NoCredentials(InvalidInput):
    """No source gave an access key."""


class Misuse(EsaFlowsError):
    """The program that uses this library breaks one of its rules."""


class StepMisuse(Misuse):
    """A step or flow is declared or used against the rules of the engine."""


class DuplicateStep(Misuse):
    """The same step identity was used twice in one run."""


class IllegalMove(Misuse):
    """A run cannot make this move in its present state; nothing changed."""


class WrongEventLoop(Misuse):
    """A client was used outside the event loop, thread or process that opened it."""


class CallError(EsaFlowsError):
    """One call to the provider gave no usable answer.

    Args:
        message: One sentence with the facts.
        next_move: What the reader can do now.
        operation: The operation called, as the provider names it.
        code: The provider's error code; empty where no answer came.
        request_id: The provider's name for this one call, for its support.
        recommend: The provider's own page about this error.
    """

    executed: ClassVar[Executed] = Executed.NO
    transient: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        next_move: str = "",
        operation: str = "",
        code: str = "",
        request_id: str = "",
        recommend: str = "",
    ) -> None:
        super().__init__(message, next_move=next_move)
        self.operation = operation
        self.code = code
        self.request_id = request_id
        self.recommend = recommend

    def __str__(self) -> str:
        facts = [
            f"operation {self.operation}" if self.operation else "",
            f"code {self.code}" if self.code else "",
            f"request {self.request_id}" if self.request_id else "",
        ]
        shown = ", ".join(fact for fact in facts if fact)
        tail = f"({shown})" if shown else ""
        return " ".join(
            part
            for part in (self.message, tail, self.next_move, self.recommend)
            if part
        )


class NotSent(CallError):
    """The request never left this machine; the same call may be made again."""

    transient = True


class Throttled(CallError):
    """The provider counted too many calls and did not execute this one.

    Args:
        message: One sentence with the facts.
        retry_after: Seconds the provider asks to wait; 0 where it gave no hint.
        facts: As `CallError`.
    """

    transient = True

    def __init__(self, message: str, *, retry_after: float = 0.0, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class OutcomeUnknown(CallError):
    """The call may have been executed: look at the provider's state first."""

    executed = Executed.UNKNOWN
    transient = True


class Refused(CallError):
    """The provider said no and did nothing; the same call will be refused again."""


class RoutineNotFound(Refused):
    """There is no routine of this name in the account."""


class RoutineExists(Refused):
    """There is a routine of this name already."""


class NotFound(Refused):
    """A version or another thing the call names does not exist."""


class QuotaExceeded(Refused):
    """A version or a routine more than the plan allows."""


class InUse(Refused):
    """Something else still depends on it."""


class CallbackFailed(Refused):
    """OSS stored the object but the provider did not hear of it (status 203)."""


class SlotExpired(Refused):
    """The upload form is no longer valid, or not for long enough."""


class AccountBlocked(CallError):
    """Nothing will work for this account until a person acts."""


class BadCredentials(AccountBlocked):
    """The access key, its secret or its token is not accepted."""


class AccessDenied(AccountBlocked):
    """The access key may not do this: a RAM action is missing."""


class ReleaseError(EsaFlowsError):
    """A release cannot go on; production is where the message says."""


class NothingPrunable(ReleaseError):
    """The version quota is full and no version may be deleted."""


class ContentMismatch(ReleaseError):
    """The provider holds other bytes than the ones we uploaded."""


class Contention(ReleaseError):
    """Somebody else keeps writing to the same routine while we release it."""


class VersionNotReady(ReleaseError):
    """The provider did not make the version available in time, or failed to."""


class GateFailed(ReleaseError):
    """A gate's evidence says no, or could not be had."""


class Conflict(ReleaseError):
    """Somebody else changed what we were about to change; we touched nothing."""


class ReleaseFailed(ReleaseError):
    """A release ended without its bundle serving production.

    Args:
        message: One sentence with the facts.
        next_move: What the reader can do now.
        report: The whole report of the release.
        production_as_before: Whether production serves what it served before.
    """

    def __init__(
        self,
        message: str,
        *,
        report: Any,
        production_as_before: bool,
        next_move: str = "",
    ) -> None:
        super().__init__(message, next_move=next_move)
        self.report = report
        self.production_as_before = production_as_before


class RunError(EsaFlowsError):
    """About a run."""


class UnknownRun(RunError):
    """The journal knows no run of this id."""


class RunInProgress(RunError):
    """This routine has an unfinished run with other content."""


class AlreadyRunning(RunError):
    """Another living process drives this run."""


class LeaseLost(RunError):
    """Another process took this run over; this one sends nothing more."""


class StepChanged(RunError):
    """A step's version or input differs from what the journal recorded."""


class StepFailed(RunError):
    """A failure recorded in the journal that is no error of this library."""


class DeadlineExceeded(RunError):
    """A step, a part of a flow or a whole run took longer than it may."""


class Frozen(RunError):
    """A rollout would begin inside a freeze window; nothing was begun."""


class Aborted(RunError):
    """A person asked to stop this run and to go back."""


class Denied(RunError):
    """A person said no to what a run asked before it went on."""


class Paused(RunError):
    """The run stopped where it was; resuming it goes on from there."""


class JournalError(EsaFlowsError):
    """About the journal."""


class JournalUnavailable(JournalError):
    """The journal cannot be read or written now; no call was sent."""


class JournalCorrupt(JournalError):
    """A record does not match its checksum or cannot be read."""


class JournalTooNew(JournalError):
    """The journal was written by a newer release of this library."""
