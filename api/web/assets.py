"""Files of others that the pages use: fetched from their packages, checked, and kept in `static/vendor/`.

`python -m api.web.assets` fetches them anew with npm; which, and what they must be, is told in `vendor.toml`.
Running it twice changes nothing.
"""

import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

HERE = Path(__file__).parent
VENDOR = HERE / "static" / "vendor"
LIST = HERE / "vendor.toml"


class Kept(StaticFiles):
    """Our static files; their addresses change with what they say, so that browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, to be kept for a year where its address names its state."""
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = (
                "public, max-age=31536000, immutable" if scope["query_string"] else "no-cache"
            )
        return response


def fetch(name: str, version: str, integrity: str, files: dict[str, str], folder: Path) -> None:
    """Take files out of a package.

    :param integrity: as npm tells it: "sha512-" and the digest in base 64.
    :param files: path in the package -> name in `folder`.
    :raises ValueError: the package is not what it was.
    """
    with tempfile.TemporaryDirectory() as aside:
        command = ["npm", "pack", "--silent", f"{name}@{version}"]
        packed = subprocess.run(command, cwd=aside, check=True, capture_output=True, text=True)  # noqa: S603
        package = Path(aside) / packed.stdout.split()[-1]
        found = "sha512-" + base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
        if found != integrity:
            raise ValueError(f"{name} {version} is {found}, not {integrity}")
        with tarfile.open(package) as archive:
            for inside, outside in files.items():
                taken = archive.extractfile(f"package/{inside}")
                if taken is None:
                    raise ValueError(f"{name} {version} has no file {inside}")
                (folder / outside).write_bytes(taken.read())


def main() -> None:
    """Fetch whatever `vendor.toml` names."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    for package in tomllib.loads(LIST.read_text())["package"]:
        sys.stderr.write(f"{package['name']} {package['version']}\n")
        fetch(package["name"], package["version"], package["integrity"], package["files"], VENDOR)


if __name__ == "__main__":
    main()
