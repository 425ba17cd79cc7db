"""Errors a user can cause: one family, each a sentence that says what to do."""


class RapportError(Exception):
    """Something the user can mend. The message is one sentence that says what to do.

    Attributes
    ----------
    exit_code : int
        What the command line returns when this error ends the run.
    """

    exit_code = 1


class MediaError(RapportError):
    """A recording cannot be read, or holds nothing that can be analysed."""

    exit_code = 3


class ModelError(RapportError):
    """A model file is missing, cannot be fetched, or does not match its checksum."""

    exit_code = 4


class SettingsError(RapportError):
    """A configuration or meeting file is wrong, or names an engine that is not installed."""

    exit_code = 5


class LanguageError(RapportError):
    """The recording is in a language that the configured model does not know."""

    exit_code = 6


class StorageError(RapportError):
    """The output folder cannot be written: no permission, or the disk is full."""

    exit_code = 7
