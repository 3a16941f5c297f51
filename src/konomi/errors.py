"""The errors of konomi. Each message says what was given, what is allowed and what to do next."""


class KonomiError(Exception):
    """Base class of all errors. The command line prints the message and exits with code 2."""


class InputFileError(KonomiError):
    """An input file cannot be read: it is missing, empty, binary, or lacks a needed column."""


class ConfigError(KonomiError):
    """An option or a setting of a model is unknown or outside its range."""


class DatasetError(KonomiError):
    """A dataset folder is missing, damaged, foreign or from a newer konomi, or has too little data for the task."""


class ArtifactError(KonomiError):
    """A model folder is missing, damaged, foreign or from a newer konomi."""


class StorageError(KonomiError):
    """A result could not be written. What was there before is unchanged, unless the message says otherwise."""


class TrainingError(KonomiError):
    """A model cannot be trained on these ratings with these settings."""


class ProofError(KonomiError):
    """The proof that users were forgotten failed. The message names the folders and what was found in them."""


class EvaluationError(KonomiError):
    """An evaluation has nothing left to measure, or was asked for a measure that it does not have."""


class UnsupportedError(KonomiError):
    """This model cannot answer this question. The message names a model that can."""


class LookupFailedError(KonomiError):
    """No object has the given name, id or index."""


class UnknownIdError(LookupFailedError):
    """The model or dataset has no user or item with this external id."""


class UnknownIndexError(LookupFailedError):
    """An index is outside 0 ... n - 1."""


class UnknownTitleError(LookupFailedError):
    """No item has this title. The message lists the most similar titles."""


class AmbiguousTitleError(LookupFailedError):
    """Several items have this title. The message lists them with their ids and years."""
