"""Sites of an account, with the routes and records that lead visitors to routines.

Source: ESA API 2024-09-10, ListSites, CreateRoutineRoute, CreateRoutineRelatedRecord.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen


@frozen(kw_only=True)
class Site:
    """A domain that the account has at the provider."""

    id: int
    account: str
    name: str
    created: datetime


@frozen(kw_only=True)
class Route:
    """A rule of a site that triggers a routine.

    Attributes:
        id: ``ConfigId``.
        account: the owner.
        site: the site's id.
        routine: the routine's name.
        name: the route's name.
        enable: ``on`` or ``off``.
        rule: the expression; it is kept, never evaluated.
        bypass: ``on`` or ``off``.
        fallback: ``on`` or ``off``: to the origin when the routine fails.
        sequence: place among the site's routes, from 1.
        timeout: seconds as text, or ``""``.
    """

    id: int
    account: str
    site: int
    routine: str
    name: str
    enable: str
    rule: str
    bypass: str = "off"
    fallback: str = "off"
    sequence: int = 1
    timeout: str = ""


@frozen(kw_only=True)
class Record:
    """A host of a site that is bound to a routine."""

    id: int
    account: str
    site: int
    routine: str
    name: str
    created: datetime
