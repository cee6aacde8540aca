"""Readers: one module a format. Each turns files into records and says why it refused a row."""
