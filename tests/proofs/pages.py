"""Ask the same questions at the API and at the first page, in turns, and compare how long each takes.

    PYTHONPATH=tests python -m proofs.pages [--rounds 20]

The application runs in this process over the demonstration data with the real model; a request goes through all of it
but the network. Each question is asked once before, so that both find the same caches.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from demo_site import demo_site
from httpx2 import Client

QUESTIONS = (
    "se me corren los colores de las chompas de alpaca",
    "el orégano pierde color cuando lo seco",
    "la madera se raja en el secado",
    "mueren las larvas de langostino",
    "agua ácida de la mina",
)
MOST = 1.3  # times the API's time


def main() -> None:
    """Measure, and print medians in milliseconds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    seconds: dict[str, list[float]] = {"api": [], "page": []}
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_site(Path(folder) / "home") as site,
        Client(base_url=site.address, headers={"X-API-Key": site.admin}, timeout=60) as client,
    ):
        for number in range(rounds + 1):
            for question in QUESTIONS:
                for way in ("api", "page") if number % 2 else ("page", "api"):
                    started = time.perf_counter()
                    if way == "api":
                        answer = client.post("/v1/matches", json={"text": question})
                    else:
                        answer = client.get("/", params={"q": question}, headers={"Accept": "text/html"})
                    if number:  # the first round only warms
                        seconds[way].append(time.perf_counter() - started)
                    answer.raise_for_status()
    api, page = (1000 * float(np.median(seconds[way])) for way in ("api", "page"))
    sys.stdout.write(
        f"API {api:.1f} ms, page {page:.1f} ms (medians of {len(seconds['api'])}): {page / api:.2f} times\n"
    )
    raise SystemExit(page / api > MOST)


if __name__ == "__main__":
    main()
