"""Threads that wait for the next piece of work: starting one takes longer than most statements."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue


class SpareThreads:
    """As many threads as there is work at once, none of which the process waits for at its end."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Callable[[], None]]] = []

    def run(self, work: Callable[[], None]) -> None:
        """Begins `work`, which raises nothing, at once; in a new thread when none is idle."""
        with self._lock:
            waiting = self._idle.pop() if self._idle else None
        if waiting is None:
            waiting = SimpleQueue()
            threading.Thread(target=self._go_on, args=(waiting,), name=self._name, daemon=True).start()
        waiting.put(work)

    def _go_on(self, waiting: SimpleQueue[Callable[[], None]]) -> None:
        while True:
            waiting.get()()
            with self._lock:
                self._idle.append(waiting)
