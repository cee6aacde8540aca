r"""LaTeX out of a text: `H$_{2}$O`, `\textit{Zea mays}`, `\alpha`, `\'{a}` as people read them."""

import re
import unicodedata

_SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "Delta": "Δ", "epsilon": "ε", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "pi": "π", "rho": "ρ", "sigma": "σ", "Sigma": "Σ", "tau": "τ",
    "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Omega": "Ω", "times": "×", "cdot": "·", "pm": "±", "circ": "°",
    "degree": "°", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "neq": "≠", "approx": "≈", "sim": "~", "infty": "∞",
    "rightarrow": "→", "to": "→", "leftarrow": "←", "partial": "∂", "nabla": "∇", "sum": "∑", "int": "∫",
    "ldots": "…", "dots": "…", "textdegree": "°", "textmu": "μ", "ss": "ß", "ae": "æ", "oe": "œ", "o": "ø", "i": "i",
    "l": "ł", "quad": " ", "qquad": " ", "newline": " ", "par": " ",
}  # fmt: skip
_ACCENTS = {"'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "c": "\u0327", "v": "\u030c"}
_ACCENT = re.compile(r"""\\(?:(['`"^~])\s*\{?\\?([A-Za-z])\}?|([cv])\{([A-Za-z])\})""")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?\s?")
_MATH = re.compile(r"\$\$?([^$\n]{1,200}?)\$\$?|\\\((.{1,200}?)\\\)|\\\[(.{1,200}?)\\\]")
# What tells that a text is LaTeX, not a price, a Windows path or a regular expression.
_SIGNS = re.compile(
    r"\\(?:text|math|emph|alpha|beta|gamma|delta|mu|times|pm|circ|cdot|leq?|geq?|frac|sqrt|bf|it|rm|cite|ref|begin)"
    r"|\$[^$\n]{0,200}[\\^_{][^$\n]{0,200}\$|\\['`\"^~]\{?\\?[A-Za-z]"
)


def without_latex(text: str) -> str:
    """Return a text without LaTeX; one that has none comes back as it is."""
    if not _SIGNS.search(text):
        return text
    text = _ACCENT.sub(_accented, text)
    text = _MATH.sub(lambda match: next(g for g in match.groups() if g is not None), text)
    text = re.sub(r"\\(?:cite|ref|label|footnote)[a-z]*\*?(?:\[[^\]]*\])?\{[^{}]*\}", "", text)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", text)
    text = re.sub(r"\\(?:begin|end)\{[^{}]*\}", " ", text)
    text = _COMMAND.sub(lambda match: _SYMBOLS.get(match[1], ""), text)
    text = re.sub(r"\\([%&#$_{}])", r"\1", text.replace("\\\\", " "))
    text = re.sub(r"[_^]\{([^{}]*)\}|[_^](?=\w)", lambda match: match[1] or "", text)
    return re.sub(r"[{}]", "", text).replace("~", " ")


def _accented(match: re.Match[str]) -> str:
    accent, letter = match[1] or match[3], match[2] or match[4]
    return unicodedata.normalize("NFC", letter + _ACCENTS[accent])
