"""The database: where records live."""
