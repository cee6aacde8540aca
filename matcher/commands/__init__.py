"""The commands of `tinkuy`, by what one does with them; `cli.py` is the door."""
