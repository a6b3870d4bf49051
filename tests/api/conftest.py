"""A local cloud in virtual time, and ESA as a client sees it."""

from __future__ import annotations

import pytest
from tests.api.desk import Desk


@pytest.fixture
async def desk() -> Desk:
    """A cloud with the sample routines, and a client of it."""
    return Desk()
