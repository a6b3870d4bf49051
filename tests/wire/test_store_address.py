"""Where a store that machines share is."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.wire.store_address import StoreAddress, StoreKind


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        (
            "postgresql://ann:FakePassword0001@db.example:5433/caps?sslmode=require",
            StoreKind.POSTGRES,
            "postgresql://db.example:5433/caps",
        ),
        ("postgres:///caps", StoreKind.POSTGRES, "postgres:///caps"),
        (
            "redis://:FakePassword0001@[::1]:6379/0",
            StoreKind.REDIS,
            "redis://[::1]:6379/0",
        ),
        ("rediss://cache.example", StoreKind.REDIS, "rediss://cache.example"),
        ("unix:///run/redis.sock", StoreKind.REDIS, "unix:///run/redis.sock"),
    ],
)
def test_addresses_are_read_and_shown_without_passwords(
    text: str, kind: StoreKind, place: str
) -> None:
    """The driver gets all of it, people the part that tells where."""
    address = StoreAddress.of(text)

    assert (address.kind, str(address), address.url.reveal()) == (kind, place, text)
    assert "FakePassword" not in repr(address)
    assert address is StoreAddress.of(address)


def test_passwords_are_known_however_they_are_written() -> None:
    """A driver may quote them as given or as meant."""
    address = StoreAddress.of("postgresql://ann:p%40ss@host/db?password=s%2Bcret")
    secrets = {secret.reveal() for secret in address.secrets}

    assert {"p%40ss", "p@ss", "s+cret"} <= secrets


@pytest.mark.parametrize(
    "text", ["", "mysql://host/db", "FakePassword0001", "redis://host:none/0"]
)
def test_what_is_no_address_is_refused_unquoted(text: str) -> None:
    """It may be a password that went into the wrong setting."""
    with pytest.raises(InvalidInput, match="cannot be read") as caught:
        StoreAddress.of(text)

    assert not text or text not in str(caught.value)
    assert "redis://host:6379/0" in caught.value.next_move
