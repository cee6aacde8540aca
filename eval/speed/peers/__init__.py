"""Tinkuy beside what people would use instead: the same texts and vectors, each engine in processes of its own."""
