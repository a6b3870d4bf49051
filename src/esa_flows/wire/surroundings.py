"""What sources of credentials see of the world: variables, files, clock, network.

Source: the variables of the official credential chain.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from attrs import field, frozen

from esa_flows.errors import InvalidInput, NoCredentials
from esa_flows.files import read_text as read_file
from esa_flows.wire.site import Endpoint, Network, sts_endpoint
from esa_flows.wire.transport import Transport

__all__ = ["Surroundings"]


@frozen(kw_only=True)
class Surroundings:
    """Everything outside that a source of credentials may use.

    Attributes:
        environ: Environment variables; never shown.
        home: The user's home folder.
        transport: Carries requests to STS, the metadata service and a credentials URI.
        now: The wall clock, with a time zone.
        nonce: Gives a text never used before.
        network: From where STS is reached.
        read_text: Reads a UTF-8 file; raises `OSError` where it cannot.
    """

    environ: Mapping[str, str] = field(repr=False)
    home: Path
    transport: Transport
    now: Callable[[], dt.datetime] = field(repr=False)
    nonce: Callable[[], str] = field(repr=False)
    network: Network = Network.PUBLIC
    read_text: Callable[[Path], Awaitable[str]] = field(default=read_file, repr=False)

    def variable(self, name: str) -> str:
        """Give an environment variable as it is now; empty where it is not set."""
        return self.environ.get(name, "").strip()

    def is_on(self, name: str) -> bool:
        """Whether a variable says ``true``."""
        return self.variable(name).lower() == "true"

    def sts(
        self, region: str = "", *, home_region: str = "", inside: bool | None = None
    ) -> Endpoint:
        """Give the endpoint of STS.

        Args:
            region: That of STS, such as ``cn-hangzhou``; by default the one of
                ``ALIBABA_CLOUD_STS_REGION``.
            home_region: Used inside a VPC, where the central endpoint is out of reach.
            inside: Whether to call from inside a VPC; by default as the network says,
                or ``ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED``.

        Raises:
            InvalidInput: The region is no name, or a VPC's region is not known.
        """
        by_default = self.network is Network.VPC or self.is_on(
            "ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"
        )
        vpc = by_default if inside is None else inside
        named = region or self.variable("ALIBABA_CLOUD_STS_REGION")
        network = Network.VPC if vpc else Network.PUBLIC
        return sts_endpoint(named or (home_region if vpc else ""), network)

    async def contents(self, path: Path, words: str) -> str:
        """Give the text of a file.

        Args:
            path: The file.
            words: What to call it in an error.

        Raises:
            NoCredentials: There is no such file, or it cannot be read.
            InvalidInput: It is no text.
        """
        try:
            return await self.read_text(path)
        except OSError as error:
            raise NoCredentials(
                f"{words}: there is no such file, or it cannot be read."
            ) from error
        except ValueError:
            # The decoder's error holds the whole file: it must not travel along.
            pass

        raise InvalidInput(f"{words}: it is not a text in UTF-8.")
