"""NUTS, the regions of the European Union's statistics, as ISO 3166-2 where both draw the same borders.

Of other countries (Portugal's mainland, Ireland, Finland…) NUTS cuts otherwise than ISO, and nothing is said.
"""

from functools import lru_cache

# Country -> NUTS code (any length; a longer one lies within it) and ISO code, without the country.
_REGIONS = {
    "DE": "1=BW 2=BY 3=BE 4=BB 5=HB 6=HH 7=HE 8=MV 9=NI A=NW B=RP C=SL D=SN E=ST F=SH G=TH",
    "AT": "11=1 12=3 13=9 21=2 22=6 31=4 32=5 33=7 34=8",
    "ES": "11=GA 12=AS 13=CB 21=PV 22=NC 23=RI 24=AR 30=MD 41=CL 42=CM 43=EX 51=CT 52=VC 53=IB 61=AN 62=MC 63=CE "
    "64=ML 70=CN",
    "IT": "C1=21 C2=23 C3=42 C4=25 F1=65 F2=67 F3=72 F4=75 F5=77 F6=78 G1=82 G2=88 H1=32 H2=32 H3=34 H4=36 H5=45 "
    "I1=52 I2=55 I3=57 I4=62",
    "FR": "1=IDF B=CVL C=BFC D=NOR E=HDF F=GES G=PDL H=BRE I=NAQ J=OCC K=ARA L=PAC M=20R",
    "NL": "11=GR 12=FR 13=DR 21=OV 22=GE 23=FL 31=UT 32=NH 33=ZH 34=ZE 35=UT 36=ZH 41=NB 42=LI",
    "BE": "1=BRU 21=VAN 22=VLI 23=VOV 24=VBR 25=VWV 31=WBR 32=WHT 33=WLG 34=WLX 35=WNA",
    "PL": "21=12 22=24 41=30 42=32 43=08 51=02 52=16 61=04 62=28 63=22 71=10 72=26 81=06 82=18 84=20 91=14 92=14",
    "EL": "30=I 41=K 42=L 43=M 51=A 52=B 53=C 54=D 61=E 62=F 63=G 64=H 65=J",
    "DK": "01=84 02=85 03=83 04=82 05=81",
    "CZ": "01=10 02=20 031=31 032=32 041=41 042=42 051=51 052=52 053=53 063=63 064=64 071=71 072=72 08=80",
    "SE": "110=AB 121=C 122=D 123=E 124=T 125=U 211=F 212=G 213=H 214=I 221=K 224=M 231=N 232=O 311=S 312=W 313=X "
    "321=Y 322=Z 331=AC 332=BD",
    "PT": "20=20 30=30",
}
_ISO = {"EL": "GR"}  # where the European Union writes a country otherwise
REGIONS = {
    country + nuts: f"{_ISO.get(country, country)}-{iso}"
    for country, pairs in _REGIONS.items()
    for nuts, iso in (pair.split("=") for pair in pairs.split())
}


@lru_cache(10_000)
def region_of(code: str) -> str | None:
    """Return the ISO 3166-2 region that a NUTS code of any level lies in: `DE212` -> `DE-BY`; None where none fits."""
    plain = code.strip().upper().replace("GR", "EL", 1) if code[:2].upper() == "GR" else code.strip().upper()
    return next((REGIONS[plain[:n]] for n in range(len(plain), 2, -1) if plain[:n] in REGIONS), None)
