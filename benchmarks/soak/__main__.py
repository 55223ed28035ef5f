"""Measure latency, metric lag, memory, errors and totals of three tenants during attacks.

    uv run python -m benchmarks.soak [--minutes 20]

The three honest tenants run without attacks for 20 % of the time, as the baseline. The phases
alternate every few minutes, so that other load of the machine affects both. The server has one
core, and all clients share the others. The hostile tenant (attacks.py) is a separate process with a
lower priority, so that it can't delay the honest clients themselves. All traffic stays on the
loopback interface. The exit code is 1 if a bound is exceeded.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from rich.console import Console
from rich.table import Table

from api.domain.reference import Organization
from api.services.organizations import LOCAL_ORGANIZATIONS, register_locally
from api.services.recount import find_days, recount_day
from api.settings import Settings
from benchmarks.soak.honest import Tenant
from scripts.servers import ROOT, Server, serve

LATENCY_RATIO_MAX = 3.0
LAG_SECONDS_MAX = 5.0
MEMORY_CHANGE_MB_MAX = 50.0
MINUTES_PER_ROUND = 4
_SAMPLE_SECONDS = 1.0
_IDLE_SHARE = 0.1  # of a core; below it, the remaining work of the attacks is finished
_HOSTILE = Organization("org_hostile", "Hostile", "starter", "2026-01-01T00:00:00.000000Z")


@dataclass
class Phase:
    """Measurements of the honest tenants and the server in one of the two phases."""

    tenants: Sequence[Tenant]
    memory_mb: list[float] = field(default_factory=list[float])

    def p99(self, kind: str) -> float:
        return _percentile([ms for one in self.tenants for ms in one.milliseconds[kind]], 99)

    def lag(self) -> float:
        return _percentile([lag for one in self.tenants for lag in one.lags], 99)

    def failures(self) -> dict[str, int]:
        """Return the numbers of 5xx responses and failed connections, by status or error."""
        counts = [item for one in self.tenants for item in one.statuses.items()]
        return {name: count for name, count in counts if not name.isdigit() or int(name) >= 500}


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def extend(phase: Phase, pid: int, seconds: float) -> None:
    """Run the tenants for this time, and sample the server's memory."""

    async def sample() -> None:
        while True:
            phase.memory_mb.append(resident_mb(pid))
            await asyncio.sleep(_SAMPLE_SECONDS)

    sampling = asyncio.create_task(sample())
    await asyncio.gather(*(tenant.run(seconds) for tenant in phase.tenants))
    sampling.cancel()
    with suppress(asyncio.CancelledError):
        await sampling


async def settle(server: Server) -> None:
    """Wait until the server has finished the remaining work of the attacks."""
    for _ in range(60):
        before = server.cpu_seconds()
        await asyncio.sleep(1)
        if server.cpu_seconds() - before < _IDLE_SHARE:
            return


async def attack(url: str, seconds: float) -> Mapping[str, Mapping[str, int]]:
    """Run the attacks in a separate process, and return the number of each outcome per attack."""
    hostile = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.soak.attacks", url, str(seconds)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await hostile.communicate()
    return json.loads(printed)


async def soak(
    server: Server, seconds: float
) -> tuple[Phase, Phase, Mapping[str, Counter[str]], bool]:
    """Measure both phases, and check whether all totals are exact."""
    rounds = max(1, round(seconds / 60 / MINUTES_PER_ROUND))
    outcomes = defaultdict[str, Counter[str]](Counter)
    async with httpx2.AsyncClient(base_url=server.url, timeout=60) as http:
        tenants = [Tenant(one.org_id, http) for one in LOCAL_ORGANIZATIONS]
        alone = Phase(tenants)
        attacked = Phase([Tenant(one.org_id, http) for one in LOCAL_ORGANIZATIONS])
        for _ in range(rounds):
            await extend(alone, server.pid, seconds / rounds / 5)
            _hand_over(alone, attacked)
            share = seconds / rounds * 4 / 5
            attacks, _ = await asyncio.gather(
                attack(server.url, share), extend(attacked, server.pid, share)
            )
            for name, counts in attacks.items():
                outcomes[name].update(counts)
            await settle(server)
            _hand_over(attacked, alone)
        exact = await _settled_totals(attacked.tenants)
    return alone, attacked, outcomes, exact


def _hand_over(before: Phase, after: Phase) -> None:
    """Tell the clients of the next phase the number of stored events."""
    for one, other in zip(before.tenants, after.tenants, strict=True):
        other.stored = one.stored


async def _settled_totals(tenants: Sequence[Tenant]) -> bool:
    """Return whether every tenant's total equals its stored events after all folds."""
    for _ in range(60):
        if all([await tenant.count() == tenant.stored for tenant in tenants]):
            return True
        await asyncio.sleep(1)
    return False


def report(alone: Phase, attacked: Phase, attacks: Mapping[str, Mapping[str, int]]) -> bool:
    """Print the tables, and return whether every bound is met."""
    rows: list[tuple[str, float, float, str, bool]] = []
    for kind in ("ingest", "query", "summary"):
        before, after = alone.p99(kind), attacked.p99(kind)
        bound = f"≤ {LATENCY_RATIO_MAX:g} times"
        rows.append((f"{kind}, p99 ms", before, after, bound, after <= LATENCY_RATIO_MAX * before))
    lag = attacked.lag()
    rows.append(("metric lag, p99 s", alone.lag(), lag, "≤ 5", lag <= LAG_SECONDS_MAX))
    # After the first quarter, every attack has run once, and the process has loaded what it needs.
    quarter = max(len(attacked.memory_mb) // 4, 1)
    first = statistics.median(attacked.memory_mb[quarter : 2 * quarter] or attacked.memory_mb)
    last = statistics.median(attacked.memory_mb[-quarter:])
    flat = abs(last - first) <= MEMORY_CHANGE_MB_MAX
    rows.append(("memory MB, second and last quarter", first, last, "± 50", flat))
    failures = sum(attacked.failures().values())
    rows.append(("failed requests of honest tenants", 0, failures, "0", failures == 0))
    table = Table("honest tenants", "baseline", "attacked", "bound", "", box=None)
    for name, before, after, bound, holds in rows:
        table.add_row(name, f"{before:,.1f}", f"{after:,.1f}", bound, "" if holds else "exceeded")
    console = Console(width=120)
    console.print(table)
    outcomes = Table("attack", "outcomes", box=None)
    for name, counts in attacks.items():
        outcomes.add_row(name, ", ".join(f"{k}: {v:,}" for k, v in sorted(counts.items())))
    console.print(outcomes)
    no_500 = not any("500" in counts for counts in attacks.values())
    console.print(f"no attack got a 500 response: {no_500}")
    return no_500 and all(holds for *_, holds in rows)


async def prepare(settings: Settings) -> None:
    """Register the hostile tenant before the server opens the store."""
    from api.backends import open_store  # noqa: PLC0415 - the server's imports, used once here

    async with open_store(settings) as store:
        await register_locally(store, _HOSTILE)


async def count_wrong_days(settings: Settings) -> int:
    """Return the number of days whose rollup differs from their events, for all tenants."""
    from api.backends import open_store  # noqa: PLC0415 - as above

    wrong = 0
    async with open_store(settings) as store:
        for organization in (*LOCAL_ORGANIZATIONS, _HOSTILE):
            org_id = organization.org_id
            for day in await find_days(store, org_id, "0001-01-01", "9999-12-31"):
                wrong += bool((await recount_day(store, org_id, day)).differences)
    return wrong


def _assign_cores(server: int) -> None:
    """Give the server one core, and this process and its children the others."""
    first, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(server, {first})
    os.sched_setaffinity(0, others or {first})


def main(minutes: float) -> bool:
    """Run the benchmark, and return whether every bound is met."""
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(data_dir=Path(name))
        asyncio.run(prepare(settings))
        with serve("api.main:app", {"ANALYTICS_DATA_DIR": name}, ready="/healthz") as server:
            _assign_cores(server.pid)
            alone, attacked, attacks, exact = asyncio.run(soak(server, minutes * 60))
        holds = report(alone, attacked, attacks)
        print(f"all totals of the honest tenants are exact: {exact}")
        wrong_days = asyncio.run(count_wrong_days(settings))
        print(f"days that differ from a recount of their events: {wrong_days}")
    return holds and exact and not wrong_days


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minutes", type=float, default=20)
    sys.exit(0 if main(arguments.parse_args().minutes) else 1)
