"""Turns on the event loop: a light request waits for at most one step of a heavy caller."""

import asyncio

import pytest

from api.errors import ApiError
from api.turns import BODY_BYTES_MAX, PATIENCE_SECONDS, WORKING_MAX, Turns


class Machine:
    """A simulated clock and CPU time; each step of a request advances it by a given duration."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.log: list[str] = []

    def work(self, name: str, seconds: float) -> None:
        self.now += seconds
        self.log.append(name)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def turns(machine: Machine) -> Turns:
    return Turns(clock=lambda: machine.now, cpu_clock=lambda: machine.now)


async def request(machine: Machine, name: str, *steps: float) -> None:
    for seconds in steps:
        machine.work(name, seconds)
        await asyncio.sleep(0)


def start(turns: Turns, machine: Machine, org_id: str, *steps: float, subject: str = "key"):
    turn = turns.begin("", (org_id, subject))
    return asyncio.create_task(turns.run(request(machine, org_id, *steps), turn))


async def make_heavy(turns: Turns, machine: Machine, org_id: str, subject: str = "key") -> None:
    await start(turns, machine, "org_other", 0.001)  # another caller shares the process
    await start(turns, machine, org_id, 1.0, subject=subject)
    machine.log.clear()


async def test_a_light_request_waits_for_one_step_of_a_flood(turns, machine):
    await make_heavy(turns, machine, "flood")
    flood = [start(turns, machine, "flood", *[0.01] * 5) for _ in range(50)]
    while machine.log.count("flood") < 10:  # noqa: ASYNC110 - each iteration must be one loop round
        await asyncio.sleep(0)
    machine.log.clear()
    await start(turns, machine, "honest", 0.001, 0.001, 0.001)

    assert machine.log.count("flood") <= 1
    assert machine.log[-1] == "honest"
    await asyncio.gather(*flood)


async def test_a_flood_still_gets_turns_among_many_light_requests(turns, machine):
    await make_heavy(turns, machine, "flood")
    flood = start(turns, machine, "flood", 0.01)
    light = 0
    while not flood.done():
        light += 1
        await start(turns, machine, f"honest_{light}", 0.001)

    assert light <= 2 * PATIENCE_SECONDS / 0.001 + 10  # the flood has two steps


async def test_the_smaller_of_two_floods_goes_first(turns, machine):
    await make_heavy(turns, machine, "small")
    await make_heavy(turns, machine, "large")
    await start(turns, machine, "large", 1.0)
    machine.log.clear()
    await asyncio.gather(
        *(start(turns, machine, name, 0.01) for name in ("large", "large", "small", "small"))
    )

    assert machine.log == ["small", "small", "large", "large"]


async def test_a_flooding_key_waits_for_other_keys_of_its_organisation(turns, machine):
    await make_heavy(turns, machine, "acme", subject="public")

    async def begin(subject: str):
        turn = turns.begin("", ("acme", subject))
        return await turns.run(request(machine, subject, 0.01), turn)

    await asyncio.gather(*(begin(name) for name in ("public", "public", "secret")))

    assert machine.log[0] == "secret"


async def test_a_caller_does_not_wait_without_competition(turns, machine):
    await start(turns, machine, "alone", 10.0)
    machine.log.clear()
    tasks = [start(turns, machine, "alone", 0.01, 0.01) for _ in range(3)]
    await asyncio.sleep(0)

    assert len(machine.log) == 3  # all took their first step in the same round
    await asyncio.gather(*tasks)


async def test_a_cancelled_waiting_request_does_not_delay_others(turns, machine):
    await make_heavy(turns, machine, "flood")
    first, second = start(turns, machine, "flood", 0.01), start(turns, machine, "flood", 0.01)
    await asyncio.sleep(0)
    first.cancel()
    await second

    with pytest.raises(asyncio.CancelledError):
        await first
    assert machine.log == ["flood"]


async def test_errors_and_timeouts_pass_through(turns):
    async def fail() -> None:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            await asyncio.sleep(0)
            raise ValueError("as raised") from None

    with pytest.raises(ValueError, match="as raised"):
        await turns.run(fail(), turns.begin("192.0.2.1", None))


async def test_one_credential_has_a_bounded_number_of_bodies_processed_at_once(turns):
    inside, most = 0, 0

    async def work() -> None:
        nonlocal inside, most
        turn = turns.begin("", ("acme", "key"))
        await turn.take_slot()
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1
        turn.end()

    await asyncio.gather(*(work() for _ in range(5 * WORKING_MAX)))

    assert most == WORKING_MAX


async def test_the_memory_for_bodies_of_one_caller_is_bounded(turns):
    half = turns.begin("", ("acme", "key"))
    half.add_body(BODY_BYTES_MAX)
    refused = turns.begin("", ("acme", "key"))
    with pytest.raises(ApiError) as caught:
        refused.add_body(1)
    turns.begin("", ("globex", "key")).add_body(1)
    refused.end()
    half.end()
    turns.begin("", ("acme", "key")).add_body(BODY_BYTES_MAX)

    assert (caught.value.code, caught.value.retry_after) == ("rate_limited", 1)


async def test_a_body_is_counted_for_the_caller_once_identified(turns):
    turn = turns.begin("192.0.2.1", None)
    turn.add_body(100)
    address = turn.party
    turn.belongs_to("acme", "key")

    assert (address.body_bytes, turn.party.body_bytes) == (0, 100)
    turn.end()
    assert turn.party.body_bytes == 0
