"""Evaluation: how good models are at finding what people watched, and at saying what and who is alike."""

from konomi.evaluation.entrants import Entrant, entrants_of
from konomi.evaluation.pairs import Pairs, franchises_from, read_pairs
from konomi.evaluation.protocol import evaluate, measure
from konomi.evaluation.results import Evaluation, ModelResult
from konomi.evaluation.splits import NewestSplit, Split, check_no_leak, newest_split, strong_split, weak_split
from konomi.evaluation.transfer import transfer_split

__all__ = [
    "Entrant",
    "Evaluation",
    "ModelResult",
    "NewestSplit",
    "Pairs",
    "Split",
    "check_no_leak",
    "entrants_of",
    "evaluate",
    "franchises_from",
    "measure",
    "newest_split",
    "read_pairs",
    "strong_split",
    "transfer_split",
    "weak_split",
]
