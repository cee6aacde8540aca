"""A folder of four partners and two questions, whose rankings can be worked out in the head."""

import json
from pathlib import Path

PARTNERS = [
    {"id": "tintes", "name": "Laboratorio de tintes", "country": "PE", "region": "PE-LIM"},
    {"id": "secado", "name": "Grupo de secado", "country": "PE", "region": "PE-CUS"},
    {"id": "acero", "name": "Taller de acero", "country": "PE", "region": "PE-PIU"},
    {"id": "clima", "name": "Instituto del clima", "country": "PE", "region": "PE-TAC"},
]
EVIDENCE = [
    {"id": "e1", "partners": ["tintes"], "text": "Tintes firmes para lana.", "language": "es"},
    {"id": "e2", "partners": ["secado"], "text": "Secado de hierbas.", "language": "es"},
    {"id": "e3", "partners": ["acero"], "text": "Engranajes gastados.", "language": "es"},
    {"id": "e4", "partners": ["clima"], "text": "Pronóstico de heladas.", "language": "es"},
]
QUESTIONS = [
    {"id": "q1", "text": "tintes para lana", "country": "PE", "region": "PE-CUS"},
    {"id": "q2", "text": "secado de hierbas", "country": "PE", "region": "PE-CUS"},
]


def make_bench(folder: Path) -> Path:
    """Write the folder and return it."""
    folder.mkdir()
    (folder / "benchmark.json").write_text('{"name": "tiny", "seeks": "supply"}')
    for name, lines in (("partners", PARTNERS), ("evidence", EVIDENCE), ("queries", QUESTIONS)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (folder / "qrels.txt").write_text("q1 0 tintes 2\nq2 0 secado 1\n")
    return folder
