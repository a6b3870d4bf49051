"""What an upload becomes, where nobody waits for it any more."""

from __future__ import annotations

import pytest

from esa_flows.localcloud.arrival import receive_code, receive_package
from esa_flows.localcloud.forms import Target

from .desk import desk
from .packages import FILES, zipped


@pytest.mark.parametrize(
    "target",
    [
        Target(account="2", routine="hello"),
        Target(
            kind="package", account="1000000000000001", routine="hello", version="1"
        ),
        Target(kind="revision", account="2", routine="hello", version="12345678901"),
    ],
)
def test_code_for_nobody_is_not_registered(target: Target) -> None:
    """The callback then fails; a ZIP has no callback."""
    made = desk()

    assert not receive_code(target, b"x", "", made.cloud.world, made.now())


def test_a_package_for_nobody_is_forgotten() -> None:
    """Neither routine nor version."""
    made = desk()
    target = Target(kind="package", account="2", routine="hello", version="1")
    receive_package(target, zipped(FILES), made.cloud.world, made.now())

    assert made.cloud.console.routine("hello").versions == {}
