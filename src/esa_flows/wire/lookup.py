"""Find out once what somebody set up, and use it until it is refused.

Two rules for every place that is looked at: where nothing is set up, it has no
credentials (`NoCredentials`) and the next place is tried; where something is set up
that cannot be used, the search stops (`InvalidInput`), because going on would end in
another account than the one that was meant.
"""

from __future__ import annotations

import abc

import anyio
from attrs import define, field

from esa_flows.wire.credentials import Credentials, CredentialSource, Forgetful
from esa_flows.wire.surroundings import Surroundings

__all__ = ["Lookup"]


@define(repr=False, eq=False)
class Lookup(abc.ABC):
    """A source that stands somewhere else: a file, or variables.

    Args:
        around: What is looked at.
    """

    _around: Surroundings
    _found: CredentialSource | None = field(init=False, default=None)
    _looking: anyio.Lock = field(init=False, factory=anyio.Lock)

    async def get(self) -> Credentials:
        """Give the credentials of what was found.

        Raises:
            NoCredentials: Nothing is set up there; the message says what is missing.
            InvalidInput: What is set up cannot be used.
            CallError: A service did not give the credentials.
        """
        async with self._looking:
            found = await self._looked()

        return await found.get()

    def forget(self, refused: Credentials) -> None:
        """Look again; somebody may have signed in again meanwhile."""
        if isinstance(self._found, Forgetful):
            self._found.forget(refused)
            return

        self._found = None

    def __repr__(self) -> str:
        profile = self._around.variable("ALIBABA_CLOUD_PROFILE")
        return f"<{type(self).__name__} {profile}".rstrip() + ">"

    async def _looked(self) -> CredentialSource:
        if self._found is None:
            self._found = await self._look()

        return self._found

    @abc.abstractmethod
    async def _look(self) -> CredentialSource:
        """Read what is set up, and give the source it stands for."""
