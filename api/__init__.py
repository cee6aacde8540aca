"""The HTTP service: thin, over `matcher`."""
