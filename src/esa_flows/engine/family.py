"""What a run knows of the runs that belong to it, and of who brings them up."""

from typing import Any, Protocol

from attrs import frozen

from esa_flows.engine.flow import Flow
from esa_flows.engine.observe import Observer

__all__ = ["Birth", "Family"]


@frozen(kw_only=True)
class Birth:
    """What a child run is begun as.

    Attributes:
        flow: What it runs.
        value: Its input.
        subject: What it is about.
        content: Digest of what it brings there.
        place: Where it belongs; empty for where its engine is at home.
        stops: Whether trouble with its account stops its parent at once.
        id: Its id, once it has one.
        is_recalled: Whether the id was recorded before, so that it may have begun.
    """

    flow: Flow[Any, Any]
    value: Any
    subject: str = ""
    content: str = ""
    place: str = ""
    stops: bool = True
    id: str = ""
    is_recalled: bool = False


class Family(Protocol):
    """What begins and drives the runs that belong to another."""

    async def bring_up(
        self, birth: Birth, *, parent: str, observer: Observer | None
    ) -> dict[str, Any] | None:
        """Begin a child or go on with it; give the body of its last row.

        Returns:
            None where it was left without an end.

        Raises:
            Exception: What stopped it without an end.
        """
        ...

    async def abort_child(self, run: str, *, parent: str) -> None:
        """Ask a child to abort, if there is such a run."""
        ...
