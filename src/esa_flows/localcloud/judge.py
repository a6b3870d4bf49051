"""The judge: watches every call and names the promises a client broke.

It sees the cloud's side only, and shares no code with any client.

=== =============================================================================
I1  a routine never has more versions than its quota
I2  a live version is never deleted, nor asked to be
I3  production gets only versions whose digest is among the expected ones
I4  at the end no tagged version is left that never served and nobody knows
I9  no illegal split is sent, none with an unknown or unready version
I11 no sliding second holds more calls than the cap
=== =============================================================================
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from attrs import define, evolve, field, frozen

from .call import Call
from .caps import Lane
from .routine import Serving
from .throttle import Tally
from .world import World

TAG = "ef1 "  # the first word of every tag a release tool of this family writes

_BIRTHS = frozenset(
    {
        "CommitRoutineStagingCode",
        "CommitStagingRoutineCode",
        "CreateRoutineWithAssetsCodeVersion",
        "UploadRoutineCode",
        "UploadStagingRoutineCode",
    }
)
_DELETES = frozenset({"DeleteRoutineCodeRevision", "DeleteRoutineCodeVersion"})
_DEPLOYS = frozenset({"CreateRoutineCodeDeployment", "PublishRoutineCodeVersion"})


@frozen(kw_only=True)
class Violation:
    """One broken promise.

    Attributes:
        rule: ``I1`` … ``I11``; see the module's table.
        operation: the call that broke it.
        routine: the routine's name, ``""`` where the rule is about the account.
        message: the facts.
        executed: False where the cloud refused the call, so that no harm was done.
    """

    rule: str
    operation: str
    routine: str
    message: str
    executed: bool = True


@frozen(kw_only=True)
class Orphan:
    """A tagged version that serves nowhere and is not known to be kept.

    Attributes:
        routine: the routine's name.
        version: its id.
        description: its tag.
        served: environments it ever served, empty for one that was never deployed.
    """

    routine: str
    version: str
    description: str
    served: tuple[str, ...]


@define
class Judge:
    """Collects violations; the cloud shows it every executed or refused call.

    Attributes:
        digests: SHA-256 of the contents production may get; None switches I3 off.
        violations: what was seen so far.
    """

    digests: frozenset[str] | None = None
    violations: list[Violation] = field(factory=list, init=False)

    def expect(self, digests: Iterable[str]) -> None:
        """Add contents that production may get from now on."""
        self.digests = (self.digests or frozenset()) | frozenset(digests)

    def watch(self, call: Call, world: World, refused: str) -> None:
        """Look at one call after it was done.

        Args:
            call: what was asked.
            world: the cloud after the call.
            refused: the error code, ``""`` when it was executed.
        """
        owners = (
            world.state.routines if call.product == "esa" else world.state.functions
        )
        routine = owners.get((call.account, call.name))
        if routine is None:
            return

        if call.operation in _DELETES:
            self._watch_delete(call, routine, refused)

        if call.operation in _DEPLOYS:
            self._watch_deploy(call, routine, refused, world)

        if call.operation == "PublishRoutineCodeRevision":
            self._watch_publish(call, routine, refused)

        if call.operation in _BIRTHS:
            self._watch_birth(call, routine, world)

    def _watch_birth(self, call: Call, routine: Serving, world: World) -> None:
        count, quota = len(routine.versions), world.switches.version_quota
        if call.product == "dcdn":
            quota = world.switches.revision_quota

        if count > quota:
            self._note("I1", call, f"{count} versions where {quota} are allowed")

    def _watch_delete(self, call: Call, routine: Serving, refused: str) -> None:
        version = call.text("CodeVersion") or call.text("SelectCodeRevision")
        if version in routine.live():
            self._note("I2", call, f"deletes the live version {version}", refused)

    def _watch_deploy(
        self, call: Call, routine: Serving, refused: str, world: World
    ) -> None:
        bad = {"InvalidParameter", world.switches.unknown_deploy_code}
        if refused in bad or refused.startswith("Missing"):
            sent = call.text("CodeVersions") or call.text("CodeVersion")
            self._note("I9", call, f"illegal split {sent}: {refused}", refused)

        if not refused and call.text("Env") == "production":
            self._watch_content(call, routine, "production")

    def _watch_publish(self, call: Call, routine: Serving, refused: str) -> None:
        version, envs = call.text("SelectCodeRevision"), call.text("Envs")
        if refused:
            told = f"illegal publish of {version!r} to {envs}: {refused}"
            self._note("I9", call, told, refused)
            return

        for env in call.parsed("Envs"):
            if env != "staging":
                self._watch_content(call, routine, env)

    def _watch_content(self, call: Call, routine: Serving, env: str) -> None:
        if self.digests is None:
            return

        for name, _ in routine.deployments[env].split:
            digest = routine.versions[name].digest
            if digest not in self.digests:
                self._note(
                    "I3", call, f"version {name} has unexpected content {digest}"
                )

    def _note(self, rule: str, call: Call, message: str, refused: str = "") -> None:
        self.violations.append(
            Violation(
                rule=rule,
                operation=call.operation,
                routine=call.name,
                message=message,
                executed=not refused,
            )
        )


def orphans(routines: Iterable[Serving], kept: Collection[str]) -> list[Orphan]:
    """Return the tagged versions that serve nowhere and are not kept (I4).

    Args:
        routines: where to look.
        kept: version ids somebody knows about.
    """
    return [
        Orphan(
            routine=routine.name,
            version=version.id,
            description=version.description,
            served=tuple(
                sorted(env for env, ids in routine.served.items() if version.id in ids)
            ),
        )
        for routine in routines
        for version in routine.versions.values()
        if version.description.startswith(TAG)
        and version.id not in kept
        and version.id not in routine.live()
    ]


def cap_violations(tallies: dict[Lane, Tally], cap: int) -> list[Violation]:
    """Return a violation of I11 for each gate whose fullest second was over the cap.

    Args:
        tallies: what arrived, by access key id, API and operation (``""`` for all).
        cap: calls per second.
    """
    seen = Violation(rule="I11", operation="", routine="", message="")
    return [
        evolve(
            seen,
            operation=operation,
            message=f"{tally.peak_sliding} calls in one second where {cap} are allowed",
        )
        for (_, _, operation), tally in tallies.items()
        if tally.peak_sliding > cap
    ]
