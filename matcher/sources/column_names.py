"""What offices call their columns, in Spanish, English and Portuguese, beside the names of the template."""

from functools import cache

from matcher.sources.columns import NEEDS, PARTNERS, SHEETS
from matcher.text import fold

# Ours -> theirs, folded. `name` is the organisation of a row; `ruc` an identifier without its scheme.
ALIASES = {
    "name": """organizacion; organizacao; nombre de la organizacion; nombre de la empresa; empresa; razon social;
        nombre o razon social; institucion; instituicao; entidad; entidade; solicitante; nombre del solicitante;
        beneficiario; cliente; company; company name; organisation; organization; organisation name; organization name;
        institution; applicant; beneficiary; firm; universidad; universidade; university; nome; nome da empresa;
        nome da instituicao; razao social; unidad; unidade; centro""",
    "ruc": "ruc; numero de ruc; nro ruc; n ruc; n de ruc; ruc nro; numero ruc",
    "needs": """necesidad; necesidades; problema; desafio; reto; demanda; demanda tecnologica; requerimiento;
        descripcion de la necesidad; descripcion del problema; need; needs; problem; challenge; requirement; demand;
        technology need; necessidade; descricao do problema; descricao da necessidade""",
    "evidence": """capacidad; capacidades; servicio; servicios; oferta; oferta tecnologica; linea de investigacion;
        lineas de investigacion; capability; capabilities; service; services; technology offer; research line;
        capacidade; capacidades tecnicas; servico; servicos; linha de pesquisa; linhas de pesquisa""",
    "text": """descripcion; descripcion del proyecto; resumen; resumen ejecutivo; texto; detalle; objetivo; objetivos;
        objetivo general; description; project description; abstract; summary; text; details; objective; objectives;
        descricao; descricao do projeto; resumo; detalhe""",
    "title": """titulo; titulo del proyecto; nombre del proyecto; proyecto; tema; title; project title; project;
        project name; topic; subject; titulo do projeto; nome do projeto; projeto""",
    "region": """region; departamento; department; provincia; province; estado; state; uf; regiao; ubicacion; location;
        localizacao""",
    "city": "ciudad; localidad; distrito; city; town; cidade; municipio; distrito",
    "country": "pais; country",
    "date": """fecha; fecha de registro; fecha de inicio; fecha inicio; ano; anio; date; start date; year; data;
        data de inicio; data de registro""",
    "sectors": """sector; sectores; sector economico; rubro; ciiu; giro; actividad economica; industry; sector s;
        economic activity; isic; setor; setores; cnae; atividade economica; ramo""",
    "contact": """contacto; correo; correo electronico; e mail; email; mail; telefono; celular; contact; phone;
        contato; telefone; correio eletronico""",
    "url": "web; pagina web; sitio web; website; web page; site; enlace; link; url; pagina",
    "language": "idioma; lengua; language; lingua",
    "side": "lado; side",
    "size": "tamano; tamano de empresa; size; company size; porte; tamanho",
    "source": "fuente; origen; source; fonte; origem",
    "id": "id; codigo; code",
}  # fmt: skip
TEXTS_OF = {"needs": "need", "evidence": "capability"}  # what a text column's own name says of its kind


def plain(heading: str) -> str:
    """Return a heading as headings are compared."""
    return " ".join("".join(c if c.isalnum() else " " for c in fold(heading)).split())


@cache
def named() -> dict[str, str]:
    """Return every known heading -> our column."""
    found = {alias.strip(): ours for ours, aliases in ALIASES.items() for alias in " ".join(aliases.split()).split(";")}
    for sheet in SHEETS:
        for column in sheet.columns:
            if column.name in columns_of("texts"):
                for name in (*column.spanish, *column.english):
                    found.setdefault(plain(name), column.name)
    return found


def columns_of(table: str) -> frozenset[str]:
    """Return the columns that a sheet may be read into: `texts` has an organisation in each row."""
    if table == "texts":
        both = {column.name for sheet in (PARTNERS, NEEDS) for column in sheet.columns}
        return frozenset(both - {"partners"} | {"ruc", "fields"})
    sheet = next((sheet for sheet in SHEETS if sheet.name == table), None)
    if sheet is None:
        return frozenset()
    return frozenset({column.name for column in sheet.columns} | ({"ruc"} if sheet is PARTNERS else set()))
