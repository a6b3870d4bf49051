"""What is said when a store that machines share is in trouble."""

from __future__ import annotations

from esa_flows.wire.store_address import StoreAddress
from esa_flows.wire.store_trouble import late, lost, no_driver, other_form, refused

ADDRESS = StoreAddress.of("redis://:FakePassword0001@cache.example:6379/0")


def test_a_lost_store_is_named_and_its_password_is_not() -> None:
    """The driver's own words, on one line."""
    error = lost(ADDRESS, OSError("refused\n  by FakePassword0001@cache."))

    assert error.message == (
        "Nothing was sent: redis://cache.example:6379/0, through which the cap is"
        " shared, cannot be asked: refused by ***@cache."
    )
    assert "Mend the store" in error.next_move


def test_an_error_without_words_is_called_by_its_name() -> None:
    """Some drivers say nothing."""
    assert "cannot be asked: TimeoutError." in lost(ADDRESS, TimeoutError()).message


def test_every_trouble_says_what_to_do() -> None:
    """A sentence with the facts, and the next move."""
    errors = [
        late(ADDRESS, 5.0),
        refused(ADDRESS, PermissionError("permission denied")),
        no_driver("redis", "redis"),
        other_form(ADDRESS),
    ]

    said = "\n".join(error.message for error in errors)

    assert "redis://cache.example:6379/0, through which" in said
    assert "did not answer within 5 s." in said
    assert "through redis://cache.example:6379/0: permission denied." in said
    assert "the package redis is not installed." in said
    assert "another version of esa-flows keeps its slots there" in said
    assert all(error.next_move for error in errors)
