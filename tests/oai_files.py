"""Files of OAI-PMH read as a command reads them; where our fixtures and the official samples lie."""

from pathlib import Path

import pytest

from matcher.sources import oai
from matcher.sources.pages import Asked

FIXTURES = Path(__file__).parent / "fixtures" / "oai-pmh"
REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
PROFILES = ("perucris", "openaire")
real = pytest.mark.skipif(not REAL.exists(), reason="the real files are not here")


def read(*paths: Path, **options: str):
    """Return the rows of files."""
    return [row for page in oai.read(Asked(paths, options=options)) for row in page.rows]
