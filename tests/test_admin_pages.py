"""Administration: keys, organisations, imports, audit, and weights that are tried before they are in force."""

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pytest
from fastapi.testclient import TestClient
from network import Network, network
from script_source import Script, configured, put_format, refused, rows, skipped
from sqlalchemy import select

from matcher import weights_edit, weights_preview
from matcher.access import EVERYTHING, Role
from matcher.errors import BadInput, BadWeights, Stale
from matcher.importing import import_files
from matcher.live import LiveEngine
from matcher.records import Evidence, Partner, Query, Side
from matcher.settings import Settings
from matcher.store import audit, database, keys, runs, sameness
from matcher.store.tables import AuditRow
from matcher.syncing import sync
from matcher.trial import Case, Trial
from matcher.weights import SHIPPED, Weights
from matcher.wholeness import Derived

DAY = dt.date(2026, 11, 22)


@pytest.fixture
def site(tmp_path):
    with network(tmp_path) as found:
        yield found


@pytest.fixture
def fresh(tmp_path):
    with network(tmp_path / "fresh", fresh=True) as found:
        yield found


def client_of(site: Network, who: str) -> TestClient:
    client = site.client()
    client.headers.update({"Accept": "text/html", **site.keys[who]})
    return client


@pytest.fixture
def admin(site: Network) -> TestClient:
    return client_of(site, "admin")


# --- keys and organisations


def test_the_first_key_closes_the_installation_and_signs_its_maker_in(fresh):
    client = fresh.client()
    client.headers["Accept"] = "text/html"
    assert "Esta es la primera clave" in client.get("/admin/keys").text
    refused = client.post("/admin/keys", data={"role": "officer", "organisation": "ott-cusco"})
    assert refused.status_code == 422
    assert client.get("/v1/whoami").json()["role"] == "admin"  # still open
    made = client.post("/admin/keys", data={"role": "admin", "label": "Ana"})
    token = re.search(r"tk_[0-9a-f]{12}_[\w-]{43}", made.text).group()
    assert client.cookies["tinkuy_key"] == token
    assert client.get("/v1/whoami").json() == {
        "role": "admin", "organisation": None, "serves": [], "key": token.split("_")[1],
    }  # fmt: skip
    assert client.get("/admin/keys").status_code == 200
    assert token not in client.get("/admin/keys").text  # never again
    assert fresh.client().get("/admin/keys", headers={"Accept": "text/html"}).status_code == 403


def test_a_key_made_on_the_page_lets_its_holder_in_until_it_is_revoked(site, admin):
    made = admin.post("/admin/keys", data={"role": "officer", "organisation": "ott-tacna", "label": "Escritorio 2"})
    token = re.search(r"tk_[0-9a-f]{12}_[\w-]{43}", made.text).group()
    assert "set-cookie" not in made.headers
    holder = {"Authorization": f"Bearer {token}"}
    assert site.client().get("/v1/whoami", headers=holder).json()["organisation"] == "ott-tacna"
    assert "Escritorio 2" in admin.get("/admin/keys").text
    id_ = token.split("_")[1]
    assert admin.post(f"/admin/keys/{id_}/revoke", follow_redirects=False).status_code == 303
    assert site.client().get("/v1/whoami", headers=holder).status_code == 401
    with site.store.reading() as session:
        assert [(e.action, e.record) for e in audit.search(session, record=id_)] == [
            ("revoke_key", id_), ("make_key", id_),
        ]  # fmt: skip


def test_the_only_key_of_an_administrator_cannot_be_revoked(site, admin):
    own = admin.get("/v1/whoami").json()["key"]
    assert admin.post(f"/admin/keys/{own}/revoke").status_code == 409
    with site.store.noting() as session:
        keys.make(session, Role.ADMIN, None)
    assert admin.post(f"/admin/keys/{own}/revoke", follow_redirects=False).headers["location"] == "/"
    assert admin.get("/admin/keys").status_code == 401


def test_a_key_without_its_organisation_is_refused_with_what_was_typed(admin):
    answer = admin.post("/admin/keys", data={"role": "contributor", "label": "Mi <etiqueta>"})
    assert answer.status_code == 422
    assert 'value="Mi &lt;etiqueta&gt;"' in answer.text
    assert re.search(r'value="contributor" checked', answer.text)


def test_organisations_are_added_renamed_and_served(site, admin):
    assert admin.post("/admin/organisations", data={"name": "Café Ñaña", "office": "ott-tacna"}).status_code == 200
    assert admin.post("/admin/organisations/cafe-nana", data={"name": "Café Ñaña SAC", "office": ""}).status_code == 200
    listed = admin.get("/admin/organisations").text
    assert 'value="Café Ñaña SAC"' in listed
    again = admin.post("/admin/organisations", data={"name": "Otra", "organisation": "cafe-nana"})
    assert again.status_code == 422
    assert 'value="Otra"' in again.text
    circle = admin.post("/admin/organisations/ott-cusco", data={"name": "OTT", "office": "tejedoras"})
    assert circle.status_code == 422
    assert 'value="OTT Cusco"' in circle.text  # nothing of it was done


@pytest.mark.parametrize("text", ["nul\0", "a\ud800"])
def test_what_no_database_can_hold_is_taken_out_of_what_is_typed(admin, text):
    data = {"role": "officer", "organisation": "ott-tacna", "label": text.encode("utf-8", "surrogatepass")}
    assert admin.post("/admin/keys", data=data).status_code == 200


# --- overview, imports, settings, audit


def test_the_overview_tells_how_things_stand(site, admin):
    text = admin.get("/admin").text
    assert site.live.current().snapshot.id in text
    assert "fake-1" in text
    assert "SQLite" in text
    assert f">{database.head()}<" in text


def test_the_overview_is_there_without_a_snapshot(tmp_path):
    with network(tmp_path) as found:
        for path in (found.home / "CURRENT",):
            path.unlink()
        found.app.state.live = LiveEngine(found.home, found.encoder, Weights.load(), found.store, watch=False)
        answer = client_of(found, "admin").get("/admin")
    assert answer.status_code == 200
    assert "tinkuy index" in answer.text


def test_imports_are_listed_with_what_was_refused(site, admin, tmp_path):
    path = tmp_path / "socios.csv"
    path.write_text("lado,nombre\noferta,Uno\nnada,<b>Dos</b>\n", encoding="utf-8")
    import_files(site.store, "table", [path])
    assert "Hojas de cálculo" in admin.get("/admin").text
    text = admin.get("/admin/imports").text
    assert "socios.csv, fila 3 (lado)" in text
    assert "lado: &#39;nada&#39; no es uno de oferta, demanda" in text


def test_sources_are_shown_with_their_runs_and_answered(site, admin, monkeypatch):
    script = Script([[*rows(1, 2), refused(3), skipped(4, "event")]])
    put_format(monkeypatch, script)
    assert "No hay fuentes configuradas" in admin.get("/admin/sources").text
    source = configured(site.store)
    assert "Nunca se leyó" in admin.get("/admin/sources").text
    sync(site.store, source)
    text = admin.get("/admin/sources").text
    assert "https://repo.example/oai" in text
    assert "<li>pages, fila 3: row 3 is nonsense</li>" in text
    assert "Leído, sin nada para Tinkuy: evento 1" in text
    assert "Borrarlos" not in text
    script.pages = [rows(1)]
    for say, left, state in (("keep", 2, "kept"), ("delete", 1, "done")):
        script.pages = [rows(1, 2)] if say == "delete" else script.pages
        sync(site.store, source)
        script.pages = [rows(1)]
        sync(site.store, source)
        assert "preguntan antes de borrar lo que falta: repo" in admin.get("/admin").text
        text = admin.get("/admin/sources").text
        assert "Faltan 2 de 4 registros" in text
        assert "Por ejemplo: Ensayos de fibra 2.; Laboratorio 2" in text
        done = admin.post("/admin/sources/repo/answer", data={"say": say}, follow_redirects=False)
        assert (done.status_code, done.headers["location"]) == (303, "/admin/sources")
        assert len([p for p in site.store.partners() if p.id.startswith("lab-")]) == left
        with site.store.reading() as session:
            assert runs.of_source(session, "repo", 1)[0].state == state
            assert audit.search(session, f"source_{say}")[0].record == "repo"
    again = admin.post("/admin/sources/repo/answer", data={"say": "delete"})
    assert again.status_code == 409
    assert "ninguna lectura de &#39;repo&#39; pregunta nada" in again.text
    assert admin.post("/admin/sources/repo/answer", data={"say": "burn"}).status_code == 422
    assert admin.get("/admin/imports").status_code == 200


def test_a_run_that_failed_tells_why(site, admin, monkeypatch):
    put_format(monkeypatch, Script([rows(1)], fails=0))
    source = configured(site.store)
    with pytest.raises(BadInput):
        sync(site.store, source)
    for page in ("/admin/sources", "/admin/imports"):
        assert "etenida por un error: page 0 is broken" in admin.get(page).text


def test_settings_are_shown_without_secrets(tmp_path):
    with network(tmp_path, rate_writes="7/hour") as found:
        client = client_of(found, "admin")
        found.app.state.settings = replace(found.app.state.settings, database_url="postgresql://u:secreto@h/n")
        text = client.get("/admin/settings").text
    assert "7/hour" in text
    assert "TINKUY_RATE_WRITES" in text
    assert ":secreto@" not in text
    assert "u:***@h/n" in text


def test_the_audit_log_is_filtered_and_paged(site, admin):
    with site.store.noting() as session:
        session.query(AuditRow).delete()
        for n in range(120):
            audit.record(session, EVERYTHING, "change" if n % 2 else "create", "partner", f"p{n:03}_x")
    first = admin.get("/admin/audit").text
    assert re.findall(r"<code>(p\d+_x)</code>", first) == [f"p{n:03}_x" for n in range(119, 69, -1)]
    older = re.search(r'href="(/admin/audit\?[^"]*before=\d+)"', first).group(1).replace("&amp;", "&")
    assert re.findall(r"<code>(p\d+_x)</code>", admin.get(older).text) == [f"p{n:03}_x" for n in range(69, 19, -1)]
    assert re.findall(r"<code>(p\d+_x)</code>", admin.get("/admin/audit?action=change&record=p00").text) == [
        "p009_x", "p007_x", "p005_x", "p003_x", "p001_x",
    ]  # fmt: skip
    assert "<code>p" not in admin.get("/admin/audit?record=p%25").text  # a percent sign is one


# --- weights


def form_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_weights_are_tried_saved_taken_up_and_put_back(site, admin):
    target = site.home / "weights.toml"
    before = site.live.current().weights
    shown = admin.get("/admin/weights/preview?w_same_region=0,25&w_bias=-5&data=demo")
    assert shown.status_code == 200
    assert site.live.current().weights == before  # nothing yet
    assert not target.exists()
    saved = admin.post("/admin/weights", data=form_of(shown.text))
    assert saved.status_code == 200
    expected = replace(before, bias=-5.0, signals=before.signals | {"same_region": 0.25})
    assert Weights.load(target) == expected
    assert site.live.current().weights == expected
    (match, *_) = site.live.current().match(Query("tinte de alpaca", Side.SUPPLY, region="PE-CUS")).matches
    assert {c.signal: c.weight for c in match.contributions}["same_region"] == 0.25
    assert str(target) in admin.get("/admin/weights").text
    assert admin.post("/admin/weights/back").status_code == 200
    assert site.live.current().weights == before
    assert not target.exists()
    admin.post("/admin/weights/back")  # and forth again
    assert site.live.current().weights == expected
    with site.store.reading() as session:
        assert session.scalars(select(AuditRow.action).where(AuditRow.kind == "weights")).all() == ["change"] * 3


def test_weights_that_somebody_else_changed_meanwhile_are_not_overwritten(site, admin):
    form = form_of(admin.get("/admin/weights/preview?w_text=0.5").text)
    admin.post("/admin/weights", data=form_of(admin.get("/admin/weights/preview?w_text=0.7").text))
    answer = admin.post("/admin/weights", data=form)
    assert answer.status_code == 422
    assert Weights.load(site.home / "weights.toml").signals["text"] == 0.7


@pytest.mark.parametrize("value", ["mucho", "inf", "nan", "1e9"])
def test_what_is_no_weight_is_told(admin, value):
    answer = admin.get(f"/admin/weights/preview?w_text={value}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_numbers_that_were_tried_can_be_changed_further(admin):
    assert (
        'name="w_text" type="number" step="0.001" min="-100" max="100" required value="0.123"'
        in admin.get("/admin/weights/change?w_text=0.123").text
    )


def test_a_second_worker_takes_the_weights_up(site, admin):
    settings = site.app.state.settings
    other = LiveEngine(
        site.home, site.encoder, Weights.load(), site.store, watch=False, weights_file=settings.weights_file
    )
    engine = other.current()
    admin.post("/admin/weights", data=form_of(admin.get("/admin/weights/preview?w_text=0.7").text))
    assert other.catch_up().weights.signals["text"] == 0.7
    assert engine.weights == Weights.load()  # questions under way keep theirs


def test_a_weights_file_that_is_broken_leaves_those_in_use(site, caplog):
    before = site.live.current()
    (site.home / "weights.toml").write_text("bias = ", encoding="utf-8")
    assert site.live.catch_up().weights == before.weights
    assert "the weights in use go on" in caplog.text


def settings_of(home, **more: object) -> Settings:
    return Settings(home=home, cache=home, **more)


def test_a_named_weights_file_is_changed_where_it_lies_with_its_comments(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    settings = settings_of(tmp_path / "home", weights=path)
    assert not weights_edit.can_put_back(settings)
    weights = weights_edit.changed(Weights.load(path), {"text": 0.9})
    assert weights_edit.save(settings, weights, weights_edit.digest(path), DAY) == path
    assert Weights.load(path) == weights
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^text = 0\.9 +# pooled fit of the partner's texts$", text, re.MULTILINE)
    assert f'date = "{DAY}"\nstarting_weights = "sha256:{weights_edit.digest(None)}"' in text
    weights_edit.put_back(settings)
    assert path.read_bytes() == SHIPPED.read_bytes()
    assert sorted(p.name for p in tmp_path.glob("own*")) == ["own.before.toml", "own.toml"]


def test_saving_over_other_weights_and_unwritable_places_are_refused(tmp_path):
    settings = settings_of(tmp_path)
    with pytest.raises(Stale):
        weights_edit.save(settings, Weights.load(), "0" * 64, DAY)
    with pytest.raises(BadInput):
        weights_edit.put_back(settings)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadWeights, match="cannot be written"):
        weights_edit.save(settings_of(tmp_path / "file"), Weights.load(), weights_edit.digest(None), DAY)


def asked(engine, **grades: dict[str, int]) -> Trial:
    queries = {
        "color": Query("color de fibra de alpaca al lavado", Side.SUPPLY, region="PE-TAC", guess_sector=False),
        "secado": Query("secado de orégano en bandejas", Side.SUPPLY, region="PE-TAC", guess_sector=False),
    }
    return Trial("a mano", "nDCG@10", engine, tuple(Case(name, queries[name], given) for name, given in grades.items()))


def test_the_effect_is_that_of_lists_ranked_by_each_of_the_weights(engine):
    """By hand: with an overwhelming weight of the region, Tacna's faculty comes first for both questions.

    The first question's only good partner, Cusco's, falls from the first place to the second: RR from 1 to 1/2,
    nDCG from 1 to 1/log2(3). The second question's stays first.
    """
    before = engine.weights
    after = weights_edit.changed(before, {"same_region": 90.0})
    trial = asked(engine, color={"unsaac": 2}, secado={"unjbg": 1, "lejos": 0})
    for case, first in zip(trial.cases, ("unsaac", "unjbg"), strict=True):
        assert engine.match(case.query).matches[0].partner.id == first  # as it is now
        assert engine.weighed(after).match(case.query).matches[0].partner.id == "unjbg"
    second = engine.weighed(after).match(trial.cases[0].query).matches[1].partner.id
    assert second == "unsaac"
    found = weights_preview.effect(trial, before, after)
    ndcg, rr = found.figures
    assert (found.questions, found.asked) == (2, 2)
    assert (rr.before, rr.after, rr.gain.mean) == (1.0, 0.75, -0.25)
    assert ndcg.after == pytest.approx((1 + 1 / np.log2(3)) / 2)
    assert [(f.before, f.before_grade, f.after, f.after_grade) for f in found.firsts] == [
        ("Facultad textil, Cusco", 2, "Facultad agraria, Tacna", None)
    ]
    now = np.mean([engine.match(case.query).matches[0].probability for case in trial.cases])
    assert found.probability_before == pytest.approx(now)


def test_without_time_some_questions_are_left_out_and_that_is_told(engine):
    trial = asked(engine, color={"unsaac": 2}, secado={"unjbg": 1})
    found = weights_preview.effect(trial, engine.weights, engine.weights, most_s=-1)
    assert (found.asked, found.questions) == (1, 2)


def test_nothing_to_ask_is_told(engine):
    with pytest.raises(BadInput, match="no judged questions"):
        weights_preview.effect(asked(engine, color={"unsaac": 0}), engine.weights, engine.weights)


def test_the_installations_own_questions_are_its_outcomes(engine):
    """By hand: the workshop's need is of 2024-02, so that only the meeting of 2025-05 can be about it.

    What came of the cooperative's introduction was before its need was written.
    """
    with weights_preview.questions(engine, own=True) as trial:
        assert [(case.id, case.grades, case.unknown) for case in trial.cases] == [
            ("taller-1", {"unsaac": 1}, frozenset({"o2"}))
        ]
    assert weights_preview.has_own(engine)


# --- partners that are one


def test_a_pair_is_answered_and_each_answer_taken_back(site, admin):
    with site.store.writing() as writer:
        writer.upsert([Partner("uno", Side.SUPPLY, "Instituto Uno", "institute", "PE", "PE-CUS", identifiers=("ruc:20131370645",))])  # fmt: skip
        writer.upsert([Partner("dos", Side.SUPPLY, "INST. UNO", "institute"), Partner("tres", Side.SUPPLY, "Instituto Un", "institute")])  # fmt: skip
        sameness.ask(writer.session, "uno", "dos", 0.87, "name")
        sameness.ask(writer.session, "uno", "tres", 0.71, "name")
    text = admin.get("/admin/same").text
    assert "Pares que esperan respuesta: 2" in text
    assert text.index("INST. UNO") < text.index("Instituto Un<")
    assert re.search(r"Parecidos en 87\s?%, por nombre y lugar", text)
    answered = admin.post("/admin/same/answer", data={"a": "dos", "b": "uno", "say": "b"}, follow_redirects=False)
    assert (answered.status_code, answered.headers["location"]) == (303, "/admin/same")
    admin.post("/admin/same/answer", data={"a": "tres", "b": "uno", "say": "two"})
    text = admin.get("/admin/same").text
    assert "No se le pregunta por ningún par." in text
    assert "lo dijo una persona, 100" in text
    moved = admin.get("/partners/dos", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (303, "/partners/uno")
    assert {"dos", "uno", "tres"} & {p.id for p in site.store.everything().partners} == {"uno", "tres"}
    assert admin.post("/admin/same/split", data={"partner": "dos"}, follow_redirects=False).status_code == 303
    assert admin.get("/partners/dos").status_code == 200
    with site.store.writing() as writer:  # who has withdrawn is not named
        writer.join("dos", "uno")
        writer.put(Partner("dos", Side.SUPPLY, "INST. UNO", "institute", consent=False))
    assert "INST. UNO" not in admin.get("/admin/same").text
    with site.store.writing() as writer:
        writer.split("dos")
    again = admin.post("/admin/same/split", data={"partner": "dos"})
    assert again.status_code == 409
    assert "no está unido a ningún otro socio" in again.text
    with site.store.reading() as session:
        assert sameness.refused_pairs(session) == {("dos", "uno"), ("tres", "uno")}
        done = [(e.action, e.record) for e in audit.entries(session) if e.action in ("join", "split")]
    assert done == [("join", "dos"), ("split", "tres"), ("split", "dos")]


def test_texts_that_say_the_same_are_listed_and_told_apart(site, admin):
    with site.store.writing() as writer:
        writer.upsert([Partner("uno", Side.SUPPLY, "Instituto Uno", "institute", owner=None)])
        writer.upsert([Evidence("t1", ("uno",), "project", "SECADO SOLAR DE FRUTA", source="Fuente A")])
        writer.upsert([Evidence("t2", ("uno",), "project", "Secado solar de fruta.", source="Fuente B")])
        writer.link("t1", "t2", 0.97)
    text = admin.get("/admin/same").text
    assert "SECADO SOLAR DE FRUTA" in text
    assert "Fuente B" in text
    of_partner = admin.get("/partners/uno").text
    assert "Secado solar de fruta." in of_partner
    assert "SECADO SOLAR DE FRUTA" not in of_partner
    assert 'también en <a href="/evidence/t1">Fuente A</a>' in of_partner
    assert "Secado solar de fruta." in admin.get("/evidence/t1").text  # both lead to each other
    assert admin.post("/admin/same/two", data={"text": "t1"}, follow_redirects=False).status_code == 303
    assert "Ningún texto se muestra por otro." in admin.get("/admin/same").text
    assert "SECADO SOLAR DE FRUTA" in admin.get("/partners/uno").text


def test_what_was_found_out_is_shown_to_offices_and_taken_back(site, admin):
    with site.store.writing() as writer:
        writer.upsert([Partner("uno", Side.SUPPLY, "Instituto Uno", "institute", "PE", city="Juliaca")])
        writer.upsert([Partner("dos", Side.SUPPLY, "INST. UNO", "institute")])
        writer.derive([Derived("partner", "uno", "region", "PE-PUN", 0.87, "city")])
        writer.join("dos", "uno")
    text = admin.get("/partners/uno").text
    assert re.search(r"Región: <strong>Puno</strong>.*averiguado, 87\s?%, por la ciudad", text)
    assert "INST. UNO" in text
    public = site.client().get("/partners/uno").text
    assert "Averiguado" not in public
    assert "INST. UNO" not in public
    said = {"kind": "partner", "record": "uno", "field": "region"}
    done = admin.post("/found/wrong", data=said, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/partners/uno#found-out")
    assert {p.id: p for p in site.store.everything().partners}["uno"].region is None
    assert "retirado por una persona" in admin.get("/partners/uno").text
    admin.post("/found/again", data=said)
    assert "Puno" not in admin.get("/partners/uno").text
