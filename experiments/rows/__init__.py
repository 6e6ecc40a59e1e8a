"""The rows of the table, one module of `ROWS` per system."""
