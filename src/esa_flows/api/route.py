"""What leads visitors to a routine: values for plans and reports, which change nothing.

A **route** is a rule of a site; a **related record** is a host name of a site that is
bound to the routine itself.

Source: ESA API 2024-09-10, ListRoutineRoutes and ListRoutineRelatedRecords.
"""

from __future__ import annotations

from attrs import frozen

__all__ = ["RelatedRecord", "Route"]


@frozen(kw_only=True)
class Route:
    """A rule of a site that leads visitors to a routine.

    Attributes:
        id: Its id.
        site: Name of the site it belongs to.
        name: What people call it.
        rule: Whom it leads there, in the provider's rule language.
        is_enabled: Whether it is in force.
        sequence: Its place among the site's routes, from 1; 0 where unknown.
    """

    id: str
    site: str
    name: str
    rule: str
    is_enabled: bool
    sequence: int = 0


@frozen(kw_only=True)
class RelatedRecord:
    """A host name that is bound to a routine.

    Attributes:
        id: Its id.
        site: Name of the site it belongs to.
        name: The host name.
    """

    id: str
    site: str
    name: str
