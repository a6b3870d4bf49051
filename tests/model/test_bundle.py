"""Bundles that hold something."""

from __future__ import annotations

import pytest

from esa_flows.errors import InvalidInput
from esa_flows.model import (
    Bundle,
    Digest,
)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [("dist/w.js", "dist/w.js is empty."), ("", "The bundle is empty.")],
)
def test_an_empty_bundle_is_refused(source: str, sentence: str) -> None:
    """Nothing is no release."""
    with pytest.raises(InvalidInput) as caught:
        Bundle(digest=Digest("0" * 64), size=0, source=source)

    assert str(caught.value) == sentence
