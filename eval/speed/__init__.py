"""How fast, how large, how exact: one corpus of any size, stages timed apart."""
