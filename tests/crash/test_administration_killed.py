"""A process killed at every step of an administrative act: the act and its entry exist, or neither.

A later act or a sweep decides which, and repeating the act gives the same result as one that was
never interrupted.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from api.backends import open_emulated
from api.domain.reference import (
    INTENDED,
    PURGE,
    AuditEntry,
    Membership,
)
from api.services.administration import (
    update_organization,
)
from api.services.invitations import (
    NewInvitation,
    SignedIn,
    create_invitation,
)
from api.services.keys import NewKey, create_key
from api.services.members import Person, add_member, remove_member
from api.services.sign_up import nth_org_id, sign_up
from api.services.unfinished_acts import PURGE_AFTER, PURGE_MEMBERSHIP_AFTER, finish_intents
from api.settings import Settings
from api.stores.protocol import Store
from cosmos_emulator import Emulator
from tests.contract.acts import ORG, Acting, log, organization_with, save_one_of_each, state
from tests.crash.crash_points import WatchedStore
from tests.crash.killed_acts import ACTS, FAILS_AGAIN, add, delete, found
from tests.support import ManualClock, copy_data

MEMBERS = (("ada", "owner"), ("bob", "viewer"))
ACTS_PREPARED = 10  # of `prepare_organization`


class Killed(Exception):
    """The process is dead."""


@dataclass
class Killer:
    """Kill a process at the given moment of its calls of the store; 0: never."""

    at: int
    moments: int = 0

    async def reach(self, moment: str) -> None:
        del moment
        self.moments += 1
        if 0 < self.at <= self.moments:
            raise Killed

    async def run(self, store: Store, work: Callable[[Store], Awaitable[object]]) -> bool:
        """Return whether the process was killed."""
        try:
            await work(WatchedStore(store, self.reach))  # pyright: ignore[reportArgumentType]
        except Killed:
            return True
        return False


# Acts that only `make test-full` kills.
FULL_ONLY = {
    "view.delete",
    "invitation.create",
    "invitation.revoke",
    "api_key.revoke",
    "member.role",
}


@dataclass
class World:
    """A store with an organisation, except before it is founded, and the clock of its acts."""

    store: Store
    acting: Acting

    async def repeat_sweep(self) -> None:
        """Sweep until nothing is left to do, as the passing hours would."""
        now = self.acting().now
        await finish_intents(self.store, now, grace=timedelta())
        await finish_intents(self.store, now + PURGE_MEMBERSHIP_AFTER, grace=timedelta())

    async def entries(self, action: str) -> int:
        return [entry for entry, _ in await log(self.store)].count(action)


async def prepare_organization(store: Store, acting: Acting) -> None:
    await organization_with(store, acting, MEMBERS)
    await create_key(store, acting(), ORG, NewKey("old", "secret"), random="old")
    context = acting()
    new = NewInvitation("cy@new.test", "owner", context.now + timedelta(days=7))
    await create_invitation(store, context, ORG, new, random="old")
    await save_one_of_each(store, acting)


@pytest.fixture
def new_world(settings: Settings, prepared_emulators: tuple[Emulator, Emulator]):
    """Return a function that opens a new world. The organisation is prepared once, then copied."""
    empty, _ = prepared_emulators
    prepared: list[Emulator] = []

    @asynccontextmanager
    async def new_world(action: str) -> AsyncGenerator[World]:
        clock = ManualClock()
        emulator = Emulator(clock=lambda: clock().timestamp())
        acting, has_organization = Acting(clock), action != "organization.create"
        copy_data(prepared[0] if has_organization and prepared else empty, emulator)
        async with open_emulated(settings, emulator) as store:
            if has_organization and not prepared:
                await prepare_organization(store, acting)
                prepared.append(Emulator())
                copy_data(emulator, prepared[0])
            elif has_organization:
                for _ in range(ACTS_PREPARED):
                    acting()
            yield World(store, acting)
        emulator.close()

    yield new_world
    for emulator in prepared:
        emulator.close()


async def never_killed(new_world, action: str) -> tuple[object, int]:
    """Return the state after the act, and the number of its entries."""
    async with new_world(action) as world:
        await ACTS[action](world.store, world.acting())
        await world.repeat_sweep()
        return await state(world.store), await world.entries(action)


@pytest.mark.parametrize(
    "action",
    [pytest.param(one, marks=pytest.mark.full if one in FULL_ONLY else ()) for one in ACTS],
)
async def test_killed_at_every_call_the_act_and_its_entry_exist_or_neither(new_world, action: str):
    after, entries_after = await never_killed(new_world, action)
    outcomes = list[bool]()
    is_killed, at = True, 0
    while is_killed:
        at += 1
        async with new_world(action) as world:
            before, entries_before = await state(world.store), await world.entries(action)
            is_killed = await Killer(at).run(
                world.store, lambda store, w=world: ACTS[action](store, w.acting())
            )
            await world.repeat_sweep()
            is_done = await state(world.store) == after
            entries = await world.entries(action)

            assert is_done or await state(world.store) == before, at
            assert entries == (entries_after if is_done else entries_before), at
            assert INTENDED not in [pending for _, pending in await log(world.store)], at
            outcomes.append(is_done)
            if action not in FAILS_AGAIN or not is_done:
                await ACTS[action](world.store, world.acting())  # as its caller repeats it
            await world.repeat_sweep()
            assert await state(world.store) == after, at
            assert await world.entries(action) == entries_after, at

    assert outcomes == sorted(outcomes)  # undone up to the decision, done from there
    assert not outcomes[0]
    assert outcomes[-2:] == [True, True]


@pytest.mark.parametrize(
    "action", ["organization.create", "member.add", "api_key.revoke", "invitation.accept"]
)
async def test_the_next_act_completes_one_that_was_killed(new_world, action: str):
    is_killed, at = True, 0
    while is_killed:
        at += 1
        async with new_world(action) as world:
            before = await world.entries(action)
            is_killed = await Killer(at).run(
                world.store, lambda store, w=world: ACTS[action](store, w.acting())
            )
            if action == "organization.create":
                await found(world.store, world.acting())
            await update_organization(world.store, world.acting(), ORG, plan="starter")
            decided = await state(world.store)
            await world.repeat_sweep()

            assert await state(world.store) == decided, at  # the sweep had nothing to complete
            assert await world.entries(action) - before in {0, 1}, at
            assert await world.entries("organization.update") == 1, at


async def test_a_person_who_repeats_a_killed_sign_up_gets_one_organisation(new_world):
    ada, is_killed, at = SignedIn("ada", "ada@new.test", "Ada"), True, 0
    while is_killed:
        at += 1
        async with new_world("organization.create") as world:
            is_killed = await Killer(at).run(
                world.store, lambda store, w=world: sign_up(store, w.acting(), ada, "New")
            )
            made = await sign_up(world.store, world.acting(), ada, "New")
            member = await world.store.read(Membership, "ada", made.org_id)
            await world.repeat_sweep()
            entries = await world.store.find(AuditEntry, made.org_id)

            assert made.org_id == nth_org_id("ada", 1), at
            assert member, at
            assert [(e.action, e.pending) for e in entries] == [("organization.create", "")], at


async def test_a_sweep_that_is_killed_is_continued_by_the_next(new_world):
    after, _ = await never_killed(new_world, "organization.delete")
    is_killed, at = True, 0
    while is_killed:
        at += 1
        async with new_world("organization.delete") as world:
            await Killer(9).run(world.store, lambda store, w=world: delete(store, w.acting()))
            now = world.acting().now + PURGE_AFTER
            is_killed = await Killer(at).run(
                world.store, lambda store, now=now: finish_intents(store, now)
            )
            await world.repeat_sweep()
            decided = await world.entries("organization.delete")

            assert decided in {0, 1}
            assert (await state(world.store) == after) == bool(decided)


async def test_an_act_held_up_before_its_decision_is_withdrawn_and_then_starts_again(new_world):
    """A sweep withdraws the intent of a live process: its decision fails and is repeated."""
    async with new_world("member.add") as world:
        swept = list[str]()

        async def sweep_before_the_decision(moment: str) -> None:
            if moment == "before replace 1":
                swept.append(moment)
                await finish_intents(world.store, world.acting().now, grace=timedelta())
                assert await world.entries("member.add") == len(MEMBERS)

        watched = WatchedStore(world.store, sweep_before_the_decision)
        await add(watched, world.acting())  # pyright: ignore[reportArgumentType]

        assert swept
        assert await world.entries("member.add") == len(MEMBERS) + 1
        assert (await log(world.store))[-1] == ("member.add", PURGE)  # it revoked cy's invitation


async def test_a_late_write_of_an_act_does_not_undo_a_later_act(new_world):
    """An act is held up after its decision; others complete it, and remove the member again."""
    async with new_world("member.add") as world:
        held_up = list[str]()

        async def act_in_between(moment: str) -> None:
            if moment == "after replace 1":  # decided
                held_up.append(moment)
                await remove_member(world.store, world.acting(), ORG, user_id="cy")

        watched = WatchedStore(world.store, act_in_between)
        await add_member(  # pyright: ignore[reportArgumentType]
            watched, world.acting(), ORG, person=Person("cy"), role="admin"
        )

        assert held_up
        assert "cy" not in (await state(world.store))["roles"]  # pyright: ignore[reportOperatorIssue]
        assert [action for action, _ in await log(world.store)][-2:] == [
            "member.add",
            "member.remove",
        ]
