"""Offline evaluation on real outcomes: the same Engine, TREC files and figures out."""
