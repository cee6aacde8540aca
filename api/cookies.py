"""The key in a browser: which cookie carries it."""

KEY_COOKIE = "tinkuy_key"
