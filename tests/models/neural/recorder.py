"""A listener to training runs that can interrupt them."""


class Recorder:
    """Hears everything; at the given call of `advance` in the given epoch (from 1) it raises, as Ctrl-C does."""

    def __init__(self, *, stop_in_epoch: int = -1, after_slices: int = 1) -> None:
        self.notes: list[str] = []
        self.tasks: list[tuple[str, int | None]] = []
        self.amounts: list[int] = []
        self._left = after_slices
        self._stop_in_epoch = stop_in_epoch

    def start(self, task: str, total: int | None = None) -> None:
        self.tasks.append((task, total))
        self.amounts.append(0)

    def advance(self, amount: int = 1, figures: str = "") -> None:
        del figures
        self.amounts[-1] += amount
        if len(self.tasks) == self._stop_in_epoch:
            self._left -= 1
            if self._left == 0:
                raise KeyboardInterrupt

    def note(self, text: str) -> None:
        self.notes.append(text)
