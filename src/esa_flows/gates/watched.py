"""What a gate is asked about: a version where it serves. Values."""

from collections.abc import Mapping

from attrs import frozen

from esa_flows.model import WHOLE, Environment, RoutineName, VersionId

__all__ = ["Watched"]

PREFIX = "ESA_FLOWS_GATE_"
"""Before the names of the variables that a program gets."""


@frozen(kw_only=True)
class Watched:
    """What a gate is asked about.

    Attributes:
        routine: Which routine.
        version: The version in question.
        environment: Where it serves.
        record: Host name of the routine's own record; empty where it has none.
        share: Percentage of the traffic there that it serves, 1 to 100.
        former: The version that served before; None where none did.
        run: The id of the run that asks.
    """

    routine: RoutineName
    version: VersionId
    environment: Environment
    record: str = ""
    share: int = WHOLE
    former: VersionId | None = None
    run: str = ""

    @property
    def facts(self) -> Mapping[str, str]:
        """What it is, as texts by name."""
        return {
            "routine": self.routine,
            "version": self.version,
            "environment": self.environment.value,
            "host": self.record,
            "share": str(self.share),
            "former": self.former or "",
            "run": self.run,
        }

    @property
    def variables(self) -> dict[str, str]:
        """What it is, as environment variables."""
        return {f"{PREFIX}{name.upper()}": text for name, text in self.facts.items()}

    @property
    def where(self) -> str:
        """Where it serves, in words."""
        if self.environment is Environment.STAGING or self.share == WHOLE:
            return self.environment.value

        return f"{self.environment} at {self.share} %"
