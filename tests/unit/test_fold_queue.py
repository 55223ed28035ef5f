"""The queue of days to fold: order, bounds and exponential back-off."""

from collections import Counter
from random import Random
from typing import Never

from api.services.backoff import BackOff
from api.services.fold_queue import FoldQueue, Waiting


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class TestFoldQueue:
    def test_organisations_with_few_days_and_the_latest_days_come_first(self):
        queue = FoldQueue()
        queue.add([("a", "2026-01-01"), ("a", "2026-01-02"), ("b", "2026-01-01")])

        turns = [[(one.org_id, one.day) for one in queue.take_turn()] for _ in range(3)]
        assert turns == [[("b", "2026-01-01"), ("a", "2026-01-02")], [("a", "2026-01-01")], []]

    def test_an_organisation_has_a_bounded_number_of_days(self):
        queue = FoldQueue(days_per_organization_max=3)
        queue.add([("a", f"2026-01-0{n}") for n in range(1, 9)])

        assert len(queue) == 3

    def test_a_full_queue_drops_days_of_the_organisation_with_most_days(self):
        queue = FoldQueue(days_max=4)
        queue.add([("a", f"2026-01-0{n}") for n in range(1, 5)])
        queue.add([("b", "2026-01-01"), ("c", "2026-01-01")])

        assert len(queue) == 4
        assert {one.org_id for one in queue.take_turn()} == {"a", "b", "c"}

    def test_a_full_queue_needs_no_search_for_the_longest_queue(self):
        queue = FoldQueue(days_max=100)
        queue.add([(f"org{n}", "2026-01-01") for n in range(100)])
        queue._queues = Unsearchable(queue._queues)
        queue.add([(f"late{n}", "2026-01-01") for n in range(100)])

        assert len(queue) == 100

    def test_a_day_is_dropped_of_an_organisation_with_the_most_days(self):
        random = Random(1)  # noqa: S311 - not for cryptography
        queue = FoldQueue(days_max=40)
        for _ in range(2000):
            sizes = Counter[str]({org_id: len(days) for org_id, days in queue._queues.items()})
            org_id = random.choice("abcdefgh")
            queue.put(Waiting(org_id, f"2026-{random.randint(1, 99):02}"))
            after = Counter[str]({org_id: len(days) for org_id, days in queue._queues.items()})
            for dropped in sizes - after:
                assert sizes[dropped] == max(sizes.values())
            if random.random() < 0.05:
                queue.take_turn()


class Unsearchable(dict[str, dict[str, Waiting]]):
    def __iter__(self) -> Never:
        raise AssertionError("searched all organisations")


class TestBackOff:
    def test_delays_double_up_to_a_maximum_and_reset_on_success(self):
        clock = Clock()
        back_off = BackOff[str](now=clock)
        delays: list[float] = []
        for _ in range(14):
            back_off.note_failure("k")
            started = clock.seconds
            while not back_off.is_due("k"):
                clock.seconds += 1
            delays.append(clock.seconds - started)

        assert delays == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
        back_off.note_failure("k")
        back_off.note_success("k")
        assert back_off.is_due("k")
