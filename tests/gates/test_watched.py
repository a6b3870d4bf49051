"""What a gate is asked about."""

from __future__ import annotations

from esa_flows.gates.watched import Watched
from esa_flows.model import Environment, RoutineName, VersionId

WATCHED = Watched(
    routine=RoutineName("shop"),
    version=VersionId("12"),
    environment=Environment.PRODUCTION,
    record="shop.example",
    share=10,
    former=VersionId("11"),
    run="7k2f",
)


def test_it_is_told_to_programs_as_variables() -> None:
    """Each fact has one, and all begin alike."""
    assert {
        "ESA_FLOWS_GATE_ROUTINE": "shop",
        "ESA_FLOWS_GATE_VERSION": "12",
        "ESA_FLOWS_GATE_ENVIRONMENT": "production",
        "ESA_FLOWS_GATE_HOST": "shop.example",
        "ESA_FLOWS_GATE_SHARE": "10",
        "ESA_FLOWS_GATE_FORMER": "11",
        "ESA_FLOWS_GATE_RUN": "7k2f",
    } == WATCHED.variables


def test_it_says_where() -> None:
    """With the share, where it is one."""
    whole = Watched(
        routine=RoutineName("shop"),
        version=VersionId("12"),
        environment=Environment.STAGING,
    )

    assert "production at 10 %" == WATCHED.where
    assert "staging" == whole.where
    assert "" == whole.facts["former"]
