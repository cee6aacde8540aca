"""What more texts need: worked out by hand, and FAISS's own sizes."""

import json

import faiss
import numpy as np
import pytest
from click.testing import CliRunner

from eval.capacity_cli import capacity_command
from eval.speed.capacity import INDEXES, Measured, Plan, gpu_s, index_bytes, shards, vector_bytes
from matcher.errors import BadInput

MB = 2**20
# Of 1,000 texts: 1,500 windows, 3,000 sentences, 500 words, 20,000 postings.
COUNTS = {"dimensions": 384, "texts": 1000, "partners": 100, "windows": 1500, "sentences": 3000, "words": 500, "postings": 20_000}  # fmt: skip
BENCH = {
    "cores": 2,
    "encoders": {
        "cores": 2,
        "sentence-transformers": {"texts/s": 30.0},
        "Tinkuy, float32": {"texts/s": 50.0, "sentences/s": 100.0, "words/s": 500.0},
        "Tinkuy, int8": {"texts/s": 100.0, "sentences/s": 200.0, "words/s": 1000.0},
    },
    "100": {"index s": 1.0, "steady MB": 410.0, "parts MB": {"vectors": 0.2, "records": 0.1}, "counts": {}},
    "1000": {"index s": 8.0, "steady MB": 500.0, "parts MB": {"vectors": 2.0, "records": 1.0}, "counts": COUNTS},
}


@pytest.fixture
def found():
    return Measured.of(BENCH)


def test_what_a_text_takes(found):
    assert (found.texts, found.dimensions) == (1000, 384)
    assert found.bytes_of == pytest.approx(
        {"vectors": 0.002 * MB, "records": 0.001 * MB}
    )  # 1.8 and .9 MB for 900 texts
    assert found.memory == pytest.approx(0.1 * MB)  # 90 MB more for 900 texts more
    assert found.fixed == pytest.approx(400 * MB)
    assert found.index_s == 0.008
    assert (found.vectors, found.pieces, found.postings) == (1.5, 5.0, 20.0)
    # float32, of two cores: 1.5 windows / 50 + 3 sentences / 100 + half a word / 500 = .03 + .03 + .001 s
    assert found.core_s == {"float32": pytest.approx(0.122), "int8": pytest.approx(0.061)}


def test_with_one_size_all_memory_is_of_the_texts():
    found = Measured.of({name: told for name, told in BENCH.items() if name != "100"})
    assert (found.fixed, found.memory) == (0.0, 0.5 * MB)
    assert found.bytes_of == pytest.approx({"vectors": 0.002 * MB, "records": 0.001 * MB})


def test_memory_by_index(found):
    # A million texts: 1.5 million vectors and 20 million postings of 8 bytes.
    million = 1_000_000
    assert index_bytes("flat, float32", million, found) == 1.5e6 * 1536 + 160e6 == 2.464e9
    assert index_bytes("SQ8", million, found) == 1.5e6 * 384 + 160e6 == 0.736e9
    assert index_bytes("HNSW, float32", million, found) == 1.5e6 * 1792 + 160e6
    assert index_bytes("HNSW, SQ8", million, found) == 1.5e6 * 640 + 160e6
    assert index_bytes("IVF, PQ of 96 bytes", million, found) == 1.5e6 * 104 + 160e6


@pytest.mark.parametrize(
    ("kind", "factory"),
    list(zip(INDEXES, ("Flat", "HNSW32,Flat", "SQ8", "HNSW32_SQ8", "IVF4,PQ96np"), strict=True)),
)
def test_faiss_takes_what_is_worked_out(kind, factory):
    vectors = np.random.default_rng(1).normal(size=(1000, 384)).astype(np.float32)
    faiss.omp_set_num_threads(1)  # which on a busy machine wait for each other
    index = faiss.index_factory(384, factory, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[:300])
    sizes = []
    for part in (vectors[:500], vectors[500:]):
        index.add(part)
        sizes.append(len(faiss.serialize_index(index)))
    assert (sizes[1] - sizes[0]) / 500 == pytest.approx(vector_bytes(kind, 384), rel=0.08)


def test_shards_hold_it_all_in_their_share():
    plan = Plan(memory=64, used=0.5)
    assert [shards(size, plan) for size in (1.0, 32e9, 32.1e9, 320e9, 321e9)] == [1, 1, 2, 10, 11]


def test_a_gpu(found):
    assert gpu_s(1_000_000, found, Plan(gpu=5000)) == 1000  # five pieces a text


def test_the_command(tmp_path):
    (tmp_path / "bench.json").write_text(json.dumps(BENCH), encoding="utf-8")
    said = CliRunner().invoke(capacity_command, [str(tmp_path / "bench.json"), "--used", "0.5"])
    assert said.exit_code == 0, said.output
    lines = {line.split("|")[1].strip(): [c.strip() for c in line.split("|")[2:-1]] for line in said.output.splitlines() if line.startswith("|")}  # fmt: skip
    assert lines["disk: all, bytes"] == ["3,146"]
    assert lines["disk of a snapshot, GB"] == ["3.15", "31.5", "315", "3,146"]
    assert lines["building the index in one process, hours"] == ["2.22", "22.2", "222", "2,222"]
    assert lines["flat, float32 (1,536 bytes)"] == [
        "2.46 GB: 1 × 2 = 2", "24.6 GB: 1 × 2 = 2", "246 GB: 8 × 2 = 16", "2,464 GB: 77 × 2 = 154",
    ]  # fmt: skip
    assert lines["int8: core hours"] == ["16.9", "169", "1,694", "16,944"]
    assert lines["int8: hours of 16 cores"] == ["1.06", "10.6", "106", "1,059"]
    assert lines["a GPU of 5,000 pieces a second: hours"] == ["0.278", "2.78", "27.8", "278"]
    assert "at 1,000 texts on 2 cores; without any text a process takes 400 MB" in said.output


def test_a_bench_without_encoders_is_refused(tmp_path):
    (tmp_path / "bench.json").write_text(json.dumps({"1000": BENCH["1000"]}), encoding="utf-8")
    said = CliRunner().invoke(capacity_command, [str(tmp_path / "bench.json")])
    assert isinstance(said.exception, BadInput)
    assert "lacks 'encoders'" in str(said.exception)


def test_a_bench_in_parts_is_read_as_one(tmp_path):
    whole, sizes, encoders = (tmp_path / name for name in ("whole.json", "sizes.json", "encoders.json"))
    whole.write_text(json.dumps(BENCH), encoding="utf-8")
    sizes.write_text(json.dumps({k: v for k, v in BENCH.items() if k != "encoders"}), encoding="utf-8")
    encoders.write_text(json.dumps({"encoders": BENCH["encoders"]}), encoding="utf-8")
    said = [CliRunner().invoke(capacity_command, list(map(str, files))) for files in ([whole], [sizes, encoders])]
    assert said[0].exit_code == said[1].exit_code == 0
    assert said[0].output == said[1].output


def test_files_of_machines_with_other_cores_are_refused(tmp_path):
    paths = [tmp_path / f"{cores}.json" for cores in (2, 8)]
    for path in paths:
        path.write_text(json.dumps(BENCH | {"cores": int(path.stem)}), encoding="utf-8")
    said = CliRunner().invoke(capacity_command, list(map(str, paths)))
    assert isinstance(said.exception, BadInput)
    assert "8.json is of 8 cores, those before it of 2" in str(said.exception)
