"""What ends a command with a sentence instead of a traceback."""


class UnusableError(Exception):
    """Something that one has to put right before this can run; one sentence says what."""
