"""A meeting in the formats that the field exchanges, out and back in: one module a format."""
