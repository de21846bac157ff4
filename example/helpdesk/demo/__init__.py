"""The demo data: the same rows on every machine and at every time."""
