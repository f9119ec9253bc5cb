"""Errors that a user can act on: each is one sentence with what was expected, what came and what to do."""

LONGEST = 1000  # characters of each part of a sentence


def quote_value(value: object, longest: int = LONGEST) -> str:
    """Text for a sentence: the middle of what is long is left out, and what Python does not spell is named by its kind."""
    try:
        text = value if isinstance(value, str) else str(value)
    except ValueError:  # integers beyond Python's limit
        text = f"{type(value).__name__} with numbers of thousands of digits"
    half = longest // 2
    return text if len(text) <= longest else f"{text[:half]} … {text[-half:]} ({len(text)} characters)"


class InputError(ValueError):
    """Input that cannot be used.

    ``expected`` and ``got`` complete the sentence "expected ..., got ...", ``remedy`` is an imperative.
    """

    def __init__(self, expected: str, got: str, remedy: str):
        sentence = f"expected {quote_value(expected)}, got {quote_value(got)}; {quote_value(remedy)}"
        super().__init__("".join(c if c.isprintable() else " " for c in sentence))

    def __reduce__(self):
        # Pickled by its sentence, which the constructor does not take.
        return _from_sentence, (type(self), *self.args), self.__dict__


class CalculusError(InputError):
    """An expression outside the class that the calculus differentiates (never a silent zero)."""


class MarkerError(CalculusError):
    """A stop-gradient marker where none may stand, as in a flow or under SymPy's own ``diff``."""


class UnfinishedError(RuntimeError):
    """Work that could not be finished: not converged, step too small, out of time.

    ``partial`` holds what is valid, or None.
    """

    def __init__(self, message: str, partial: object = None):
        super().__init__(quote_value(message, 2 * LONGEST))
        self.partial = partial


class Interrupted(KeyboardInterrupt):
    """Work that the user has stopped; ``partial`` holds what is valid, or None."""

    def __init__(self, message: str = "interrupted", partial: object = None):
        super().__init__(message)
        self.partial = partial


def _from_sentence(kind: type[InputError], sentence: str) -> InputError:
    return kind.__new__(kind, sentence)
