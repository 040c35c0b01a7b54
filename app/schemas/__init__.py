"""What goes in and out over HTTP, as pydantic models: they validate, and `/openapi.json` is written from them."""
