"""A few records of two of Mexico's macro-regions, with who could serve their needs told by hand; and a full country.

Northwest: Sonora and Sinaloa. Western: Jalisco and Nayarit. They stand beside the small world's of Peru, where there
are no macro-regions.
"""

from collections.abc import Iterator

from matcher.coverage import Answers, Helper
from matcher.places import region_codes
from matcher.records import Evidence, Partner, Side

RECORDS = [
    Partner("sonora", Side.SUPPLY, "Instituto de alimentos, Sonora", "institute", "MX", "MX-SON", None, ("C10",)),
    Partner("sinaloa", Side.SUPPLY, "Facultad agraria, Sinaloa", "faculty", "MX", "MX-SIN", None, ("A01",)),
    Partner("jalisco", Side.SUPPLY, "Facultad textil, Jalisco", "faculty", "MX", "MX-JAL", None, ("C13",)),
    Partner("campo", Side.DEMAND, "Riego del desierto", "firm", "MX", "MX-SON", None, ("A01",)),
    Partner("fruta", Side.DEMAND, "Fruta de la costa", "firm", "MX", "MX-NAY", None, ("C10",)),
    Partner("telar", Side.DEMAND, "Telares del valle", "firm", "MX", "MX-JAL", None, ("C13",)),
    Evidence("sonora-1", ("sonora",), "capability", "Secado de fruta.", language="es"),
    Evidence("sinaloa-1", ("sinaloa",), "capability", "Riego por goteo.", language="es"),
    Evidence("sinaloa-2", ("sinaloa",), "service", "Ensayos de suelo.", language="es"),
    Evidence("jalisco-1", ("jalisco",), "capability", "Ensayos de tela.", language="es"),
    Evidence("campo-1", ("campo",), "need", "Se pierde el agua del riego.", "Riego", "es"),
    Evidence("fruta-1", ("fruta",), "need", "El mango se mancha al secar.", "Mango", "es"),
    Evidence("telar-1", ("telar",), "need", "La tela se encoge.", "Tela", "es"),
    Evidence("telar-2", ("telar",), "problem", "Zzyzx qwrtp.", language="es"),
]
ANSWERS: Answers = {
    "campo-1": (Helper("sinaloa", 0.3),),  # from Sonora's point to Sinaloa's are more than 400 km
    "fruta-1": (Helper("sinaloa", 0.3), Helper("jalisco", 0.1)),  # both further than 100 km from Nayarit's
    "telar-1": (Helper("sonora", 0.2),),
    "telar-2": (),
    "taller-1": (Helper("unsaac", 0.5),),  # Peru's, in its own region
    "oregano-1": (Helper("jalisco", 0.2),),
}
TOPICS = (
    ("A01", "riego por goteo en huertas de nopal"), ("C10", "secado solar de mango y chile"),
    ("C13", "teñido de lana con añil"), ("C15", "curtido de cuero sin cromo"),
    ("C25", "soldadura y desgaste de piezas de acero"), ("C27", "baterías para bombas de agua"),
)  # fmt: skip


def full_country() -> Iterator[Partner | Evidence]:
    """Yield a firm and an institute of each of Mexico's states, each of some topics, so that gaps are here and there."""
    for i, code in enumerate(region_codes("MX")):
        firm, able = f"firma-{code}", f"instituto-{code}"
        wants, can = (TOPICS[i % 6], TOPICS[(i + 1) % 6], TOPICS[i % 4]), (TOPICS[i % 4], TOPICS[i % 3])
        yield Partner(firm, Side.DEMAND, f"Cooperativa {i}", "firm", "MX", code, None, tuple({s for s, _ in wants}))
        name = f"Universidad Autónoma de nombre largo, Centro de Investigación Aplicada y Desarrollo {i}"
        yield Partner(able, Side.SUPPLY, name, "faculty", "MX", code, None, tuple({s for s, _ in can}))
        for j, (sector, topic) in enumerate(wants):
            text = f"Buscamos quien nos ayude con el {topic}."
            yield Evidence(f"{firm}-{j}", (firm,), "need", text, f"Sobre el {topic}", "es", sectors=(sector,))
        for j, (sector, topic) in enumerate(can):
            text = f"Investigamos el {topic} y medimos sus resultados."
            yield Evidence(f"{able}-{j}", (able,), "project", text, None, "es", sectors=(sector,))
