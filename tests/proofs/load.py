"""Ask and write at a running service from many clients at once, and look for errors, stale answers and lost records.

    PYTHONPATH=tests python -m proofs.load [--clients 32] [--minutes 5] [--workers 1]

It starts `tinkuy serve` over the demonstration data in a temporary home on this machine's loopback address, with the
real model. Nine of ten requests are questions; the others create, change, read or delete a text of the client's own.
An honest 429 or 503 counts as refused, anything else that is no success as an error. A read that does not show the
client's own last write, an answer that shows a text that the client has deleted, and a record that is not as last
acknowledged when all is over are failures.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

import httpx2
import numpy as np
import psutil

START_S = 180
HEADERS = {"Accept-Language": "en"}
PROBLEMS = (
    "se me corren los colores de las chompas de alpaca",
    "el orégano pierde color cuando lo seco",
    "la madera se raja en el secado",
    "mueren las larvas de langostino",
    "agua ácida de la mina",
    "quiero exportar camu camu en polvo",
    "cómo medir metanol en el pisco",
    "las truchas no crecen en la laguna",
    "plagas en la quinua",
    "atraer turistas a las huacas",
)
COMMAND = [sys.executable, "-c", "from matcher.cli import main; main()"]


class Load:
    """What all clients find out together."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.refused: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()

    async def send(
        self, what: str, client: httpx2.AsyncClient, method: str, path: str, **more: object
    ) -> httpx2.Response | None:
        """Send a request, time it, and return its answer if it was a success."""
        started = time.perf_counter()
        try:
            answer = await client.request(method, path, **more)
        except httpx2.HTTPError as error:
            self.failures[f"{what}: {type(error).__name__}"] += 1
            return None
        if answer.status_code in (429, 503):
            self.refused[f"{what}: {answer.status_code}"] += 1
            await asyncio.sleep(min(float(answer.headers.get("Retry-After", 1)), 5))
            return None
        if not answer.is_success:
            self.failures[f"{what}: {answer.status_code} {answer.text[:200]}"] += 1
            return None
        self.seconds[what].append(time.perf_counter() - started)
        return answer


async def client(number: int, base: str, until: float, load: Load, kept: dict[str, str]) -> None:
    """Be one of the clients until `until`."""
    draw = random.Random(number)
    own: dict[str, tuple[str, str]] = {}  # id -> text, ETag
    gone: set[str] = set()
    made = 0
    async with httpx2.AsyncClient(base_url=base, timeout=60, headers=HEADERS) as http:
        while time.monotonic() < until:
            if draw.random() < 0.9:
                body = {"text": f"{draw.choice(PROBLEMS)} {draw.randrange(100)}", "k": 10}
                answer = await load.send("match", http, "POST", "/v1/matches", json=body)
                shown = {p["evidence_id"] for m in answer.json()["matches"] for p in m["passages"]} if answer else set()
                if shown & gone:
                    load.failures["an answer shows a deleted text"] += 1
                continue
            step = draw.choice(("create", "change", "read", "delete")) if own else "create"
            id_ = draw.choice(sorted(own)) if own else ""
            if step == "create":
                made += 1
                id_, text = f"load-{number}-{made}", f"{draw.choice(PROBLEMS)}, ensayo {number} {made}"
                body = {"id": id_, "partners": [f"load-{number}"], "kind": "project", "text": text, "language": "es"}
                answer = await load.send(step, http, "POST", "/v1/evidence", json=body)
                if answer:
                    own[id_] = (text, answer.headers["ETag"])
                    kept[id_] = text
            elif step == "change":
                text = f"{draw.choice(PROBLEMS)}, cambio {draw.randrange(10**6)}"
                head = {"If-Match": own[id_][1]}
                answer = await load.send(step, http, "PATCH", f"/v1/evidence/{id_}", json={"text": text}, headers=head)
                if answer:
                    own[id_] = (text, answer.headers["ETag"])
                    kept[id_] = text
            elif step == "read":
                answer = await load.send(step, http, "GET", f"/v1/evidence/{id_}")
                if answer and answer.json()["text"] != own[id_][0]:
                    load.failures["a read does not show the last write"] += 1
            else:
                answer = await load.send(step, http, "DELETE", f"/v1/evidence/{id_}")
                if answer:
                    del own[id_], kept[id_]
                    gone.add(id_)


async def memory(process: psutil.Process, until: float, found: list[float]) -> None:
    """Note the service's resident memory, all its processes together, in MiB, each second."""
    while time.monotonic() < until:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(sum(p.memory_info().rss for p in (process, *process.children(recursive=True))) / 2**20)
        await asyncio.sleep(1)


async def everything(base: str, clients: int, minutes: float, process: psutil.Process) -> tuple[Load, list[float]]:
    """Run all clients, then compare what is there with what was acknowledged."""
    load, kept, used = Load(), dict[str, str](), list[float]()
    async with httpx2.AsyncClient(base_url=base, timeout=60, headers=HEADERS) as http:
        for number in range(clients):
            body = {"id": f"load-{number}", "side": "supply", "name": f"Cliente {number}", "kind": "group"}
            (await http.post("/v1/partners", json=body)).raise_for_status()
        until = time.monotonic() + minutes * 60
        await asyncio.gather(
            memory(process, until, used), *(client(n, base, until, load, kept) for n in range(clients))
        )
        for id_, text in kept.items():
            answer = await http.get(f"/v1/evidence/{id_}")
            if answer.status_code != 200 or answer.json()["text"] != text:
                load.failures["a record is not as last acknowledged"] += 1
    return load, used


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def main() -> None:
    """Start the service, load it, print figures; exit code 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="tinkuy-load-"))
    environment = os.environ | {"TINKUY_HOME": str(home), "TINKUY_LANG": "en"}
    environment |= {"TINKUY_RATE_QUESTIONS": "1000000/minute", "TINKUY_RATE_WRITES": "1000000/minute"}
    port = free_port()
    subprocess.run([*COMMAND, "demo"], env=environment, check=True, stdout=subprocess.DEVNULL)
    command = [*COMMAND, "serve", "--port", str(port)]
    if options.workers > 1:
        command += ["--workers", str(options.workers)]
    log = (home / "log").open("w")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                if httpx2.get(f"{base}/readyz").status_code == 200:
                    break
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the service did not start:\n" + (home / "log").read_text()[-3000:])
            time.sleep(0.5)
        load, used = asyncio.run(everything(base, options.clients, options.minutes, psutil.Process(server.pid)))
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    finally:
        server.kill()
        shutil.rmtree(home, ignore_errors=True)
    report(load, used, options)
    sys.exit(bool(load.failures))


def report(load: Load, used: list[float], options: argparse.Namespace) -> None:
    """Print figures as a Markdown table, and write them as JSON where asked."""
    lines = ["| request | answered | per second | p50 ms | p95 ms | p99 ms | max ms |", "|---|---|---|---|---|---|---|"]
    for what, seconds in sorted(load.seconds.items()):
        ms = 1000 * np.percentile(seconds, [50, 95, 99, 100])
        rate = len(seconds) / (60 * options.minutes)
        lines.append(f"| {what} | {len(seconds)} | {rate:.1f} | " + " | ".join(f"{value:.0f}" for value in ms) + " |")
    third = max(len(used) // 3, 1)
    early, late = np.median(used[third : 2 * third] or used), np.median(used[-third:])
    sys.stdout.write("\n".join(lines) + "\n\n")
    sys.stdout.write(f"{options.clients} clients, {options.minutes:g} minutes, {options.workers} worker(s)\n")
    sys.stdout.write(f"refused: {dict(load.refused) or 'none'}\nfailures: {dict(load.failures) or 'none'}\n")
    sys.stdout.write(
        f"memory: {early:.0f} MiB in the middle third, {late:.0f} MiB in the last ({late / early - 1:+.1%})\n"
    )
    if options.json:
        found = {"seconds": load.seconds, "refused": load.refused, "failures": load.failures, "memory_mib": used}
        options.json.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
