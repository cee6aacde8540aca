"""The pages: server-rendered, Spanish first; htmx for what moves, and plain links and forms beneath it."""
