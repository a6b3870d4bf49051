"""What the provider shows of a routine."""

from __future__ import annotations

import pytest

from esa_flows.model import (
    Deployment,
    Environment,
    Routine,
    RoutineName,
    Split,
    Version,
    VersionId,
    VersionStatus,
)

ONE, TWO = VersionId("1000000000000000001"), VersionId("1000000000000000002")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("available", VersionStatus.AVAILABLE),
        ("Available", VersionStatus.AVAILABLE),
        (" INIT ", VersionStatus.INIT),
        ("failed", VersionStatus.FAILED),
        ("", VersionStatus.UNKNOWN),
        ("brand-new", VersionStatus.UNKNOWN),
    ],
)
def test_the_providers_word_for_a_status_is_read(
    text: str, status: VersionStatus
) -> None:
    """Casing does not matter, and a new word is unknown."""
    assert VersionStatus.read(text) is status


def test_a_routine_knows_what_is_live() -> None:
    """Every version that serves anywhere, in any share, is live."""
    routine = Routine(
        name=RoutineName("edge"),
        staging=Deployment(split=Split.whole(TWO)),
        production=Deployment(split=Split.canary(TWO, 10, ONE), id="d-1"),
    )

    assert routine.live == {ONE, TWO}
    assert routine.deployment(Environment.STAGING) == routine.staging
    assert routine.deployment(Environment.PRODUCTION) == routine.production
    assert Routine(name=RoutineName("edge")).live == frozenset()


@pytest.mark.parametrize(
    ("bound_to", "letter", "carries"),
    [
        (None, "-", None),
        (None, "p", Environment.PRODUCTION),
        (Environment.STAGING, "-", Environment.STAGING),
        (Environment.STAGING, "p", Environment.STAGING),
    ],
)
def test_whose_variables_a_version_carries(
    bound_to: Environment | None, letter: str, carries: Environment | None
) -> None:
    """The provider knows best; where it says nothing, our tag does."""
    tag = f"ef1 s=0123456789abcdef r=abcd1234 p=- e={letter} g=-"

    assert carries == Version(id=ONE, description=tag, bound_to=bound_to).carries


def test_a_version_of_somebody_else_carries_nothing() -> None:
    """Unless the provider says otherwise."""
    assert Version(id=ONE, description="by hand").carries is None
