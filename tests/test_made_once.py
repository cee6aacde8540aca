"""Folders that are made once: whole or absent, whoever is killed, whoever comes at the same time."""

import os
import stat
import subprocess
import sys
import threading
import time

import pytest

from matcher.errors import ModelMissing
from matcher.made_once import made_once
from matcher.settings import CHECKOUT


def two_files(folder):
    (folder / "inner").mkdir()
    (folder / "inner" / "weights").write_text("1 2 3")
    (folder / "about").write_text("a model")


def never(folder):
    raise AssertionError("it is there already")


@pytest.fixture
def made(tmp_path):
    return made_once(tmp_path / "cache" / "model", two_files)


def test_what_is_there_is_not_made_again_and_nothing_is_written(made):
    assert (made / "inner" / "weights").read_text() == "1 2 3"
    (made.parent / ".model.lock").unlink()
    before = made.parent.stat().st_mtime_ns
    assert made_once(made, never) == made
    assert [path.name for path in made.parent.iterdir()] == ["model"]  # not even a lock: the place may be read-only
    assert made.parent.stat().st_mtime_ns == before


def test_everybody_may_read_it(made):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (made, *made.rglob("*"))}
    assert modes == {"model": 0o755, "inner": 0o755, "weights": 0o644, "about": 0o644, "files.json": 0o644}


@pytest.mark.parametrize("harm", ["cut", "removed", "list cut"])
def test_what_is_damaged_is_made_anew(made, harm):
    if harm == "cut":
        (made / "inner" / "weights").write_text("1 2")
    elif harm == "removed":
        (made / "about").unlink()
    else:
        (made / "files.json").write_text('{"about"')
    made_once(made, two_files)
    assert (made / "inner" / "weights").read_text() == "1 2 3"
    assert (made / "about").read_text() == "a model"
    assert made_once(made, never) == made


def test_what_was_made_before_files_were_listed_serves(made):
    (made / "files.json").unlink()
    assert made_once(made, never) == made


def test_what_a_killed_process_left_is_swept_away(tmp_path):
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom matcher.made_once import made_once\n"
        "def half(folder):\n    (folder / 'weights').write_text('1')\n    os._exit(9)\n"
        "made_once(Path(sys.argv[1]), half)"
    )
    folder = tmp_path / "model"
    done = subprocess.run([sys.executable, "-c", code, str(folder)], cwd=CHECKOUT, check=False)
    assert done.returncode == 9
    assert not folder.exists()
    assert (tmp_path / ".model.part" / "weights").exists()
    made_once(folder, two_files)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".model.lock", "model"]
    assert sorted(path.name for path in folder.iterdir()) == ["about", "files.json", "inner"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing(tmp_path, stop):
    def interrupted(folder):
        (folder / "weights").write_text("1")
        raise stop

    with pytest.raises(stop):
        made_once(tmp_path / "model", interrupted)
    assert [path.name for path in tmp_path.iterdir()] == [".model.lock"]


def test_of_those_who_come_at_once_one_makes_it_and_the_others_wait(tmp_path):
    makers = []

    def slowly(folder):
        makers.append(threading.get_ident())
        time.sleep(0.2)
        two_files(folder)

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(made_once(tmp_path / "model", slowly) / "about")) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(makers) == 1
    assert [path.read_text() for path in found] == ["a model"] * 4


def test_where_nothing_can_be_written_it_is_said_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelMissing, match="let TINKUY_CACHE name a folder that can be written") as caught:
        made_once(tmp_path / "file" / "model", two_files)
    assert str(tmp_path / "file") in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ModelMissing, match=str(tmp_path)):
            made_once(tmp_path / "model", two_files)
    finally:
        tmp_path.chmod(0o700)
