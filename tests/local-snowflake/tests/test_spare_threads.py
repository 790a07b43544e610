"""Work begins at once, however much other work waits."""

from __future__ import annotations

import threading

from local_snowflake.protocol.spare_threads import SpareThreads


def test_work_that_waits_for_other_work_is_not_in_its_way():
    threads, ended = SpareThreads("test"), threading.Semaphore(0)
    for count in (1, 3, 2, 5):
        meeting = threading.Barrier(count)

        def work(meeting: threading.Barrier = meeting) -> None:
            meeting.wait(10)
            ended.release()

        for _ in range(count):
            threads.run(work)
        for _ in range(count):
            assert ended.acquire(timeout=10)
