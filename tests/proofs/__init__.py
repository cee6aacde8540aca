"""Scripts that prove what tests can't in seconds; their figures stand in docs/PROOFS.md."""
