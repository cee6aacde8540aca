"""Settings: where each comes from, what is refused and how it is told."""

import logging
from pathlib import Path

import pytest
from test_cli import Run, tinkuy  # noqa: F401 - a fixture

from matcher import settings_page
from matcher.errors import BadInput
from matcher.settings import CHECKOUT, TABLE, VARIABLES, Settings, name_of

SECRET = "postgresql://tinkuy:s3creto@db.example/tinkuy"


def read(**variables: str) -> Settings:
    return Settings.read({f"TINKUY_{name}": value for name, value in variables.items()})


@pytest.fixture
def file(tmp_path: Path):
    def write(text: str) -> str:
        path = tmp_path / "tinkuy.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_without_anything_all_are_defaults():
    settings = read()
    assert (settings.host, settings.port, settings.workers, settings.language) == ("127.0.0.1", 8000, 1, "es")
    assert (settings.public_reading, settings.proxy, settings.max_body) == (True, False, 1024 * 1024)
    assert (settings.rate_questions, settings.rate_writes, settings.cors_origins) == ("120/minute", "300/minute", ())
    assert settings.home == CHECKOUT / "indexes"
    assert settings.origin == {}


def test_the_environment_goes_before_the_file_and_the_file_before_defaults(file):
    path = file('port = 9000\nlang = "en"\nproxy = true\ncors_origins = ["https://a.pe", "https://b.pe:8443"]\n')
    settings = read(CONFIG=path, PORT="9001", HOME="/var/lib/tinkuy", MAX_BODY="3 MiB", LOG_LEVEL="")
    assert (settings.port, settings.language, settings.proxy) == (9001, "en", True)
    assert settings.cors_origins == ("https://a.pe", "https://b.pe:8443")
    assert (settings.home, settings.max_body, settings.log_level) == (Path("/var/lib/tinkuy"), 3 * 1024 * 1024, "info")
    assert settings.origin == {
        "home": "TINKUY_HOME", "port": "TINKUY_PORT", "max_body": "TINKUY_MAX_BODY", "language": f"{path}: lang",
        "proxy": f"{path}: proxy", "cors_origins": f"{path}: cors_origins",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PORT", "0", "TINKUY_PORT is '0'; allowed: 1 … 65535"),
        ("PORT", "65536", "TINKUY_PORT is '65536'; allowed: 1 … 65535"),
        ("PORT", "tcp://10.0.0.1:80", "TINKUY_PORT is 'tcp://10.0.0.1:80'; allowed: 1 … 65535"),
        ("WORKERS", "two", "TINKUY_WORKERS is 'two'; allowed: 1 … 64"),
        ("WORKERS", "٣", "TINKUY_WORKERS is '٣'; allowed: 1 … 64"),
        ("LOG_FORMAT", "xml", "TINKUY_LOG_FORMAT is 'xml'; allowed: json, text"),
        ("LOG_LEVEL", "INFO", "TINKUY_LOG_LEVEL is 'INFO'; allowed: debug, info, warning, error"),
        ("PROXY", "perhaps", "TINKUY_PROXY is 'perhaps'; allowed: true, false (yes, no; on, off; 1, 0)"),
        ("RATE_WRITES", "0/minute", "TINKUY_RATE_WRITES is '0/minute'; allowed: N/second, N/minute, N/hour, N/day"),
        ("MAX_BODY", "12", "TINKUY_MAX_BODY is '12'; allowed: 1 KiB … 1024 MiB"),
        ("CORS_ORIGINS", "*", "TINKUY_CORS_ORIGINS is '*'; allowed: https://…, https://…"),
        ("CORS_ORIGINS", "https://a.pe/x", "TINKUY_CORS_ORIGINS is 'https://a.pe/x'; allowed: https://…, https://…"),
        ("HOST", "a b", "TINKUY_HOST is 'a b'; allowed: 127.0.0.1, ::1, 0.0.0.0, …"),
    ],
)
def test_a_wrong_value_is_told_with_its_name_and_what_is_allowed(variable, value, told):
    with pytest.raises(BadInput) as error:
        read(**{variable: value})
    assert str(error.value) == told


@pytest.mark.parametrize(("text", "value"), [
    ("true", True), ("False", False), ("YES", True), ("no", False), ("On", True), ("off", False), ("1", True), ("0", False),
])  # fmt: skip
def test_a_switch_is_on_or_off_in_any_usual_word(text, value):
    assert read(PROXY=text).proxy is value


def test_a_secret_is_neither_shown_nor_repeated_in_an_error():
    settings = read(DATABASE_URL=SECRET)
    assert "s3creto" not in repr(settings)
    shown = "\n".join(" ".join(line) for line in settings_page.lines(settings, str))
    assert "tinkuy:***@db.example" in shown
    assert "s3creto" not in shown
    with pytest.raises(BadInput) as error:
        read(DATABASE_URL="mysql://u:s3creto@h/n")
    assert str(error.value) == "TINKUY_DATABASE_URL is not understood; allowed: sqlite:///…, postgresql://…"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("potr = 1", "'potr' is no setting (port?)"),
        ("quidditch = 1", "'quidditch' is no setting"),
        ("[server]\nport = 1", "'server' is no setting"),
        ("port =", "cannot be read: Invalid value (at end of document)"),
        ("port = 70000", "port is '70000'; allowed: 1 … 65535"),
        ("port = {a = 1}", "port is \"{'a': 1}\"; allowed: 1 … 65535"),
    ],
)
def test_what_is_wrong_in_the_file_is_told_with_the_file(file, text, told):
    path = file(text)
    with pytest.raises(BadInput) as error:
        read(CONFIG=path)
    assert path in str(error.value)
    assert str(error.value).endswith(told)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(BadInput, match=r"none\.toml cannot be read: No such file"):
        read(CONFIG=str(tmp_path / "none.toml"))
    (tmp_path / "latin.toml").write_bytes(b'home = "\xe1"')
    with pytest.raises(BadInput, match=r"latin\.toml cannot be read: UTF-8"):
        read(CONFIG=str(tmp_path / "latin.toml"))


def test_an_unknown_variable_is_warned_of_with_the_nearest_name(caplog):
    with caplog.at_level(logging.WARNING):
        read(POTR="1", COMPLETE="bash_source", TEST_POSTGRES="postgresql://h/n", SCREENSHOTS="build/screenshots")
    assert [record.getMessage() for record in caplog.records] == ["TINKUY_POTR is no setting (TINKUY_PORT?)"]


def test_options_of_the_command_line_go_first():
    settings = read(PORT="9000").overridden({"port": "9001", "log_format": "text"})
    assert (settings.port, settings.log_format, settings.origin["port"]) == (9001, "text", "--port")
    with pytest.raises(BadInput, match="--workers is '0'; allowed: 1 … 64"):
        settings.overridden({"workers": "0"})


def test_the_page_of_the_documentation_is_the_table():
    page = (CHECKOUT / "docs" / "SETTINGS.md").read_text(encoding="utf-8")
    assert page == settings_page.markdown()
    assert all(f"| `{variable}` | `{name_of(row)}` |" in page for variable, row in VARIABLES.items())


def test_the_example_file_names_every_setting_with_an_allowed_value(file):
    lines = (CHECKOUT / "deploy" / "tinkuy.toml.example").read_text(encoding="utf-8").splitlines()
    given = [line.removeprefix("#") for line in lines if " = " in line and not line.startswith("# ")]
    assert [line.partition(" = ")[0] for line in given] == [name_of(row) for row in TABLE]
    read(CONFIG=file("\n".join(given)))  # none is refused


def test_the_command_shows_values_and_where_they_come_from(tinkuy: Run, monkeypatch, tmp_path):  # noqa: F811
    monkeypatch.setenv("TINKUY_DATABASE_URL", SECRET)
    monkeypatch.setenv("TINKUY_PORT", "8080")
    result = tinkuy("settings")
    assert result.code == 0
    lines = result.out.splitlines()
    assert "TINKUY_PORT = 8080   [TINKUY_PORT]" in lines
    assert "TINKUY_WORKERS = 1   [default]" in lines
    assert "s3creto" not in result.out
