"""Imports run one way, and importing anything loads no model library."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# DESIGN.md's arrows: a module imports from its own step and those before it, never from a later one.
STEPS = (
    {"frozen", "records", "errors", "language", "access", "stopwatch", "beside", "garbage"},
    {
        "places",
        "macro_regions",
        "grouping",
        "sectors",
        "text",
        "spelling",
        "fields",
        "setting_kinds",
        "identifiers",
        "organisation_names",
        "name_likeness",
        "identity",
        "alike_keys",
        "placing",
        "latex",
        "mending",
        "duplicates",
        "wholeness",
        "settings",
        "weights",
        "introductions",
    },
    {"table_export", "upload_files"},
    {
        "sources",
        "store",
        "encode",
        "made_once",
        "bundled_model",
        "quick_encoder",
        "vector_cache",
        "history",
    },
    {"reconciling", "known"},
    {"page_plan"},
    {"page_writing", "run_start"},
    {"syncing"},
    {"importing", "dry_run"},
    {"key_figures", "quality"},
    {"checking"},
    {"editing"},
    {"bulk", "uploads", "undoing", "taking_over"},
    {"index"},
    {"candidate_sources"},
    {"candidates", "completing", "track_record"},
    {"signals"},
    {"scoring", "familiarity", "meanings", "reasons"},
    {"exposure"},
    {"explain", "advice", "asking", "question_reading"},
    {"engine"},
    {"following", "compacting", "trial", "erasure", "coverage", "coverage_file"},
    {"live", "standing_in", "encode_ahead", "forking"},
    {"whole_joins", "whole_texts", "dask_workers"},
    {"whole_store"},
    {"gains", "learning", "coverage_job", "regional", "region_map"},
    {"tuning", "weights_file", "specialisation", "value_chains"},
    {"weights_preview", "weights_edit"},
    {"feeds", "list_columns", "saved_searches", "shown", "regional_columns"},
    {"comparing", "desk_news", "drafts"},
    {
        "answer_json",
        "render",
        "whole_words",
        "parts",
        "time_split",
        "export_benchmark",
        "settings_page",
        "logs",
        "commands",
        "cli",
    },
)
STEP = {name: step for step, names in enumerate(STEPS) for name in names}


def modules(package: str) -> dict[str, Path]:
    """Return dotted name -> file of a package's modules."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sorted((ROOT / package).rglob("*.py"))
    }


OURS = {name: path for package in ("matcher", "api", "eval") for name, path in modules(package).items()}


def imports(source: str, name: str) -> set[str]:
    """Return the dotted names that a module imports from us, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(name.split(".")[: -node.level]) if node.level else ""
            whole = ".".join(part for part in (base, node.module) if part)
            found.update(f"{whole}.{alias.name}" for alias in node.names)
    return {each for each in found if each.split(".")[0] in {"matcher", "api", "eval"}}


def imported(name: str) -> set[str]:
    return imports(OURS[name].read_text(encoding="utf-8"), name)


def test_the_reader_of_imports_sees_every_form():
    source = "import api.app\nfrom matcher import text\ndef f():\n    from .store.store import Store\n    import numpy"
    assert imports(source, "matcher.cli") == {"api.app", "matcher.text", "matcher.store.store.Store"}


@pytest.mark.parametrize(("package", "forbidden"), [("matcher", {"api", "eval"}), ("api", {"eval"}), ("eval", {"api"})])
def test_packages_import_one_way(package, forbidden):
    wrong = {name: each for name in modules(package) for each in imported(name) if each.split(".")[0] in forbidden}
    assert wrong == {}


@pytest.mark.parametrize("name", ["matcher.frozen", "matcher.records", "matcher.errors", "matcher.language"])
def test_the_ground_floor_imports_nothing_of_ours(name):
    # Of records, only how their classes are made quickly.
    assert {each for each in imported(name) if not each.startswith("matcher.frozen")} == set()


def test_every_module_of_matcher_has_its_step():
    assert {name.split(".")[1] for name in modules("matcher") if name != "matcher.__init__"} - set(STEP) == set()


def test_arrows_run_one_way_inside_matcher():
    wrong = {
        (name, each)
        for name in modules("matcher")
        for each in imported(name)
        if each.count(".") and STEP[each.split(".")[1]] > STEP[name.split(".")[1]]
    }
    assert wrong == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["matcher.cli", "matcher.engine", "api.app", "eval.measures"])
def test_importing_loads_no_model_library(name):
    code = f"import sys, {name}; print(sorted({{'torch', 'sentence_transformers', 'transformers'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
