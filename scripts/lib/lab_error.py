"""What ends scripts/lab with a message instead of a result."""


class LabError(Exception):
    """Says what was expected and what to do."""
