"""Every error that a user of konomi can meet: what was given, what is allowed, what to do next."""


class KonomiError(Exception):
    """The root of the tree; the command line prints its message and exits with 2."""


class InputFileError(KonomiError):
    """A file cannot be read as what it was given for: missing, empty, binary, without the needed columns."""


class ConfigError(KonomiError):
    """An option or a model's setting is unknown or outside its range."""


class DatasetError(KonomiError):
    """A dataset folder is missing, damaged, foreign, from a newer konomi, or holds too little for the task."""


class ArtifactError(KonomiError):
    """A model folder is missing, damaged, foreign or from a newer konomi."""


class StorageError(KonomiError):
    """A result could not be written; whatever stood there before still stands."""


class TrainingError(KonomiError):
    """A model cannot be trained on these ratings with these settings."""


class ProofError(KonomiError):
    """A folder from which users were forgotten is not the one that was to be shown; the message says where."""


class EvaluationError(KonomiError):
    """An evaluation has nothing left to measure, or was asked for something it cannot measure."""


class UnsupportedError(KonomiError):
    """This model cannot answer this question; the message names one that can."""


class LookupFailedError(KonomiError):
    """Something asked for by name or number is not there."""


class UnknownIdError(LookupFailedError):
    """An external user or item id that the model or dataset does not hold."""


class UnknownIndexError(LookupFailedError):
    """A row number outside 0 ... n-1."""


class UnknownTitleError(LookupFailedError):
    """No item bears this title; the message holds the nearest ones."""


class AmbiguousTitleError(LookupFailedError):
    """Several items bear this title; the message lists them with ids and years."""
