"""The errors a caller may want to catch; each message says what to do next."""


class WorkbenchError(Exception):
    """An expected failure: something outside the program has to change first."""


class InputError(WorkbenchError):
    """An input breaks its contract."""


class AxisMismatchError(WorkbenchError):
    """Two matrices do not share their instances or labels."""


class MissingArtefactError(WorkbenchError):
    """An artefact is not there yet; the message names the command that makes it."""


class DamagedArtefactError(WorkbenchError):
    """A stored artefact cannot be read or does not match its checksum."""


class UnreachableError(WorkbenchError):
    """A database does not answer just now; it may in a moment."""


class ConfigError(WorkbenchError):
    """A configuration key is unknown or its value does not fit."""
