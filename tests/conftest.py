"""Fixtures for every test."""

from pathlib import Path

import pytest

SHARED_FACES = Path(__file__).parents[1] / ".." / "shared" / "faces"


@pytest.fixture(scope="session")
def shared_faces() -> Path:
    """The folder of shared photographs, which lies beside the repository where it is there at all."""
    if not SHARED_FACES.is_dir():
        pytest.skip("the photographs of ../shared/faces are not here")
    return SHARED_FACES
