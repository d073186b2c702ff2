"""The one exception that reaches a person: a cause and a remedy, in one line."""


class GuideError(Exception):
    """Something the author or the reader can mend; its text says what and how."""


class TransientError(GuideError):
    """The service failed in a way that may pass by itself: trying again may help."""
