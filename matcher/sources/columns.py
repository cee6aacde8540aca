"""The columns of the table template: their names in Spanish and English, and what they mean."""

from typing import NamedTuple

from matcher.language import N_


class Column(NamedTuple):
    """One column. The first of the Spanish and of the English names is the one that the template writes."""

    name: str
    spanish: tuple[str, ...]
    english: tuple[str, ...]
    meaning: str


class Sheet(NamedTuple):
    """One table of the template; `required` columns tell which table a file is."""

    name: str
    spanish: str
    required: tuple[str, ...]
    columns: tuple[Column, ...]


_ID = Column(
    "id",
    ("id", "codigo", "identificador"),
    ("id", "code"),
    N_("your own identifier; a row of the same id is updated. Made from the name or the text if empty"),
)
_KIND = Column(
    "kind",
    ("tipo", "clase"),
    ("kind", "type"),
    N_("e.g. university, faculty, laboratory, technology_centre, firm; of texts capability, project, patent, need"),
)
_COUNTRY = Column("country", ("pais",), ("country",), N_("name or ISO 3166-1 code (PE)"))
_REGION = Column(
    "region", ("region", "departamento"), ("region", "department"), N_("name or ISO 3166-2 code (Cusco, PE-CUS)")
)
_SECTORS = Column(
    "sectors",
    ("sectores", "sector", "ciiu", "rubro"),
    ("sectors", "isic"),
    N_("names or ISIC Rev. 4 (CIIU) codes (textiles; C13), several separated by ;"),
)
_DATE = Column("date", ("fecha",), ("date",), N_("2025-03-31 or 31/03/2025"))
_PARTNERS = Column(
    "partners",
    ("socios", "socio", "organizacion", "organizaciones", "institucion"),
    ("partners", "partner", "organisation", "organization"),
    N_("id or name of the partner whose text it is; several separated by ;"),
)
_TITLE = Column("title", ("titulo",), ("title",), N_("a short title, if there is one"))
_LANGUAGE = Column("language", ("idioma", "lengua"), ("language",), N_("es, en, pt…; found from the text if empty"))
_SOURCE = Column("source", ("fuente", "origen"), ("source",), N_("where the text comes from"))
_LINK = Column("url", ("enlace", "web"), ("url", "link"), N_("where the text stands on the web"))
_FIELDS = Column(
    "fields", ("areas", "campos", "ford"), ("fields",), N_("OECD FORD codes (2.11), several separated by ;")
)

PARTNERS = Sheet(
    "partners",
    "socios",
    ("side", "name"),
    (
        _ID,
        Column("side", ("lado",), ("side",), N_("supply (oferta) or demand (demanda)")),
        Column("name", ("nombre", "razon social"), ("name",), N_("the organisation's name")),
        _KIND,
        _COUNTRY,
        _REGION,
        Column("city", ("ciudad", "localidad"), ("city", "town"), N_("city or town")),
        _SECTORS,
        Column("size", ("tamano",), ("size",), N_("micro, small, medium or large, of firms")),
        Column("url", ("web", "pagina web", "sitio web"), ("url", "website"), N_("web page")),
        Column(
            "identifiers",
            ("identificadores", "identificador"),
            ("identifiers", "identifier"),
            N_("of public registers (ruc:20123456789; ror:…), several separated by ;"),
        ),
        Column("contact", ("contacto", "correo"), ("contact", "email"), N_("how to reach them; kept to the office")),
    ),
)
EVIDENCE = Sheet(
    "evidence",
    "evidencias",
    ("partners", "text"),
    (
        _ID,
        _PARTNERS,
        _KIND,
        _TITLE,
        Column(
            "text",
            ("texto", "descripcion", "resumen"),
            ("text", "description", "abstract"),
            N_("what they can do, in one or more sentences"),
        ),
        _LANGUAGE,
        _DATE,
        _SECTORS,
        _FIELDS,
        _REGION,
        _SOURCE,
        _LINK,
    ),
)
NEEDS = Sheet(
    "needs",
    "necesidades",
    ("partners", "text"),
    (
        _ID,
        _PARTNERS,
        _KIND,
        _TITLE,
        Column(
            "text",
            ("texto", "necesidad", "problema", "descripcion"),
            ("text", "need", "problem", "description"),
            N_("what they need, in their own words"),
        ),
        _LANGUAGE,
        _DATE,
        _SECTORS,
        _REGION,
        _SOURCE,
        _LINK,
    ),
)
OUTCOMES = Sheet(
    "outcomes",
    "resultados",
    ("partner", "stage"),
    (
        _ID,
        Column("partner", ("socio", "institucion"), ("partner",), N_("id or name of the supply partner")),
        Column(
            "counterpart", ("contraparte", "empresa"), ("counterpart", "firm"), N_("id or name of the demand partner")
        ),
        _DATE,
        _COUNTRY,
        _REGION,
        _SECTORS,
        Column("stage", ("etapa", "estado"), ("stage",), N_("introduced, met, agreed, project or declined")),
        Column("note", ("nota", "comentario"), ("note", "comment", "text"), N_("what came of it")),
    ),
)
SHEETS = (PARTNERS, EVIDENCE, NEEDS, OUTCOMES)

# What people write in a cell -> the word that Tinkuy uses.
SIDES = {"supply": "supply", "oferta": "supply", "demand": "demand", "demanda": "demand"}
STAGES = {
    "introduced": "introduced", "presentado": "introduced", "presentados": "introduced", "contactado": "introduced",
    "met": "met", "reunion": "met", "reunidos": "met", "agreed": "agreed", "acuerdo": "agreed", "contrato": "agreed", "convenio": "agreed", "acordado": "agreed",
    "project": "project", "proyecto": "project",
    "declined": "declined", "rechazado": "declined", "declinado": "declined",
}  # fmt: skip
SIZES = {
    "micro": "micro", "microempresa": "micro", "small": "small", "pequena": "small", "pequeno": "small", "mediano": "medium", "pequena empresa": "small",
    "medium": "medium", "mediana": "medium", "mediana empresa": "medium", "large": "large", "grande": "large",
}  # fmt: skip
KINDS = {
    "universidad": "university", "facultad": "faculty", "laboratorio": "laboratory", "grupo": "group",
    "instituto": "institute", "centro tecnologico": "technology_centre", "cite": "technology_centre",
    "oficina": "office", "empresa": "firm", "cooperativa": "cooperative", "asociacion": "association",
    "municipalidad": "municipality", "entidad publica": "public_body", "hospital": "hospital", "capacidad": "capability", "tecnologia": "technology", "proyecto": "project",
    "publicacion": "publication", "patente": "patent", "equipo": "equipment", "servicio": "service",
    "necesidad": "need", "problema": "problem", "desafio": "challenge",
    "certificacion": "certification", "mejora de procesos": "improvement", "pasantia": "mission", "mision": "mission",
    "emprendimiento": "startup", "agenda de innovacion": "agenda",
}  # fmt: skip
