"""placeholder"""
from pathlib import Path
def checker(path: Path): raise NotImplementedError
