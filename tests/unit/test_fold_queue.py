"""The queue of days to fold: order, bounds and exponential back-off."""

from api.services.backoff import BackOff
from api.services.fold_queue import FoldQueue


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
