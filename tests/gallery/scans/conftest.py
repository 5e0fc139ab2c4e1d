"""A sheet to write to disk."""

from __future__ import annotations

import pytest
from written_scans import Sheet, make_sheet


@pytest.fixture
def sheet() -> Sheet:
    return make_sheet()
