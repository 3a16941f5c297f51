"""The choices that a question offers. This file imports no array library, so the command line starts fast."""

from typing import Literal

By = Literal["model", "users", "items"]
FranchiseRule = Literal["all", "once", "next", "none"]
Combine = Literal["least", "average"]
PartOfList = Literal["seen", "planned", "dropped"]
