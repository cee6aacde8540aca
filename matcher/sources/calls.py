"""ProInnóvate's calls: what a project of each shows, read off its name.

Not every grant pays for research and development. Which do was judged call by call, by the titles in the portfolio of
2023 (2,527 projects): all but two of the 435 titles of `Ayuda a la demanda`, category 2, name a standard, a
certificate or a quality system, and none of category 1 is about more than how a firm runs. What is not listed,
research, innovation projects and the validation of innovations, is a `project`.
"""

import re
from functools import lru_cache

from matcher.text import fold

# (kind of the text, the call's name after folding); the first that fits holds.
CALLS = (
    ("certification", r"ayuda a la demanda de servicios tecnologicos.*categoria 2|acreditacion de laboratorios"),
    # Consultants on processes, software for the office, suppliers brought up to a buyer's rules: no research.
    ("improvement", r"ayuda a la demanda de servicios tecnologicos|desarrollo de proveedores"),
    # A journey is paid, not the work that it is for.
    ("mission", r"\bpasantia|\bmision(?:es)?\b|\bgiras?\b|\bestancias? cortas?\b"),
    # Seed capital starts a business upon a product that is there.
    ("startup", r"\bemprendedores innovadores\b|\bemprendimientos dinamicos\b|\bcapital semilla\b|\bedi$"),
    ("equipment", r"\bequipamiento cientifico\b|^ect$"),
    # What institutes and technology centres offer to firms at large.
    ("service", r"\bextensionismo\b|\bextension y transferencia\b|\bvinculacion entre la oferta y demanda\b|^pattem$"),
    # Studies of what a whole trade lacks.
    ("agenda", r"\bagendas de innovacion\b|\bproyectos sectoriales\b"),
)


@lru_cache(1000)
def kind_of_call(name: str) -> str:
    """Return the kind of text that a project of a call is: `certification`, `mission`, …, `project`."""
    plain = " ".join(fold(name).split())
    return next((kind for kind, pattern in CALLS if re.search(pattern, plain)), "project")
