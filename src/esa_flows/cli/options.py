"""The flags that every command takes which looks at the provider or the journal."""

from __future__ import annotations

from typing import Annotated, Any

from attrs import frozen
from cyclopts import Group, Parameter

__all__ = ["DEFAULTS", "DRIVING", "Common", "Driving"]

_GROUP = Group("Common", sort_key=9)


@Parameter(name="*", group=_GROUP)
@frozen(kw_only=True)
class Common:
    """How to reach the provider, where the journal is, and how to show things.

    Attributes:
        journal: The journal's file.
        cloud: `esa` or `dcdn`.
        account: The account's name in a rollout's file.
        endpoint: Host or URL to call.
        site: `cn` or `intl`.
        network: `public` or `vpc`.
        version_quota: Versions a routine may have; the plan is asked where empty.
        json: Whether to end with one JSON object on standard output.
        no_color: Whether to show no colours.
    """

    journal: Annotated[
        str | None, Parameter(help="The journal's file. [env: ESA_FLOWS_JOURNAL]")
    ] = None
    cloud: Annotated[
        str | None,
        Parameter(help="esa, or dcdn for EdgeRoutine. [env: ESA_FLOWS_CLOUD]"),
    ] = None
    account: Annotated[
        str | None,
        Parameter(help="Of a rollout's accounts, this one. [env: ESA_FLOWS_ACCOUNT]"),
    ] = None
    endpoint: Annotated[
        str | None, Parameter(help="Host or URL to call. [env: ESA_FLOWS_ENDPOINT]")
    ] = None
    site: Annotated[
        str | None,
        Parameter(help="cn or intl; found by trying. [env: ESA_FLOWS_SITE]"),
    ] = None
    network: Annotated[
        str | None,
        Parameter(help="public, or vpc from inside. [env: ESA_FLOWS_NETWORK]"),
    ] = None
    version_quota: Annotated[
        str | None,
        Parameter(help="Most versions, not the plan's. [env: ESA_FLOWS_VERSION_QUOTA]"),
    ] = None
    json: Annotated[
        bool,
        Parameter(
            help="One JSON object at the end. [env: ESA_FLOWS_JSON]", negative=""
        ),
    ] = False
    no_color: Annotated[
        bool,
        Parameter(help="No colours. [env: NO_COLOR]", negative=""),
    ] = False

    @property
    def settings(self) -> dict[str, Any]:
        """What is given of a client's settings; None where it is not."""
        return {
            "journal": self.journal,
            "cloud": self.cloud,
            "account": self.account,
            "endpoint": self.endpoint,
            "site": self.site,
            "network": self.network,
            "version_quota": self.version_quota,
        }


@Parameter(name="*", group=_GROUP)
@frozen(kw_only=True)
class Driving(Common):
    """The same for commands that drive runs, which can be followed by programs.

    Attributes:
        events: Where to write what the run does, as JSON lines.
    """

    events: Annotated[
        str | None,
        Parameter(
            help="JSON lines of what happens, to FILE or -. [env: ESA_FLOWS_EVENTS]",
            allow_leading_hyphen=True,
        ),
    ] = None


DEFAULTS = Common()
DRIVING = Driving()
