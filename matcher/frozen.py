"""Frozen dataclasses by the million.

A frozen dataclass is filled by one call of `object.__setattr__` a field, four times as slow as one that is not frozen:
of a reader's time that was the larger part. Here an object is of a class that is open while it is filled, and of its
own from then on; to everybody else it is the same dataclass.
"""

from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")
_BECOME = object.__setattr__


def quick_to_make(cls: type[T]) -> type[T]:
    """Give a dataclass that is frozen and has slots an `__init__` which fills it at once.

    :raises TypeError: it has default factories or `__post_init__`, for which nobody asked yet.
    """
    given: tuple[Any, ...] = fields(cls)  # type: ignore[arg-type]
    if hasattr(cls, "__post_init__") or any(each.default_factory is not MISSING or not each.init for each in given):
        raise TypeError(f"{cls.__name__}: only fields with plain defaults")
    # The same slots, and a setter that asks nothing.
    still_open = type(
        cls.__name__, (cls,), {"__slots__": (), "__setattr__": _BECOME, "__delattr__": object.__delattr__}
    )
    names = {f"_{each.name}": each.default for each in given if each.default is not MISSING}
    names |= {"_become": _BECOME, "_open": still_open, "_cls": cls}
    heads = ", ".join(each.name if each.default is MISSING else f"{each.name}=_{each.name}" for each in given)
    lines = ["_become(self, '__class__', _open)", *(f"self.{n} = {n}" for n in cls.__slots__), "self.__class__ = _cls"]  # type: ignore[attr-defined]
    exec(f"def __init__(self, {heads}):\n    " + "\n    ".join(lines), names)  # noqa: S102 - as dataclasses do
    made = names["__init__"]
    made.__qualname__, made.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    made.__annotations__ = cls.__init__.__annotations__
    type.__setattr__(cls, "__init__", made)
    return cls
