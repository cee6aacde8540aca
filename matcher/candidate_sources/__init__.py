"""Where candidates come from, once the texts are too many to look at each: one contract, several engines."""
