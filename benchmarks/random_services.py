"""Random services, verified: what is false or untested of the platform in one of them is a mistake of ours.

The sentences of the platform are true of every service.  So each service that ``tests/model/random_services.py`` draws
is searched as ``goalstate verify`` searches it, but in steps of five minutes throughout.  Counted are platform
sentences that are violated, properties that hold only vacuously in every search, unknown verdicts, and errors.

Run it from the repository root: `python -m benchmarks.random_services --count 2000 [--seed 0] [--memory 2000]`.  The
number of a service is its seed; `--seed N --count 1` verifies it alone.  Exit code 1 if anything was found.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from goalstate.model.network.statespace import Limits
from tests.model.random_services import features, service_of
from tests.properties.service.mistakes import mistakes


def main() -> int:
    """Verify as many services as were asked for, and tell what is wrong of us as it is found."""
    parser = argparse.ArgumentParser(description="Verify random services.")
    parser.add_argument("--count", type=int, default=20, help="how many services")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first one")
    parser.add_argument("--memory", type=int, default=2000, help="megabytes for each search")
    parser.add_argument("--minutes", type=float, default=None, help="begin no further service after so many minutes")
    asked = parser.parse_args()
    began = time.perf_counter()
    sorts: Counter[str] = Counter()
    used: Counter[str] = Counter()
    done = 0
    for seed in range(asked.seed, asked.seed + asked.count):
        if asked.minutes is not None and time.perf_counter() - began > 60 * asked.minutes:
            break
        service, platform = service_of(seed)
        used.update(features(service))
        for mistake in mistakes(service, platform, Limits(memory=asked.memory * 10**6)):
            sorts[mistake.sort] += 1
            print(f"service {seed}: {mistake.sort}: {mistake.what}", flush=True)
        done += 1
        if done % 10 == 0:
            print(f"{done} services, {time.perf_counter() - began:.0f} s", flush=True)
    print("with: " + ", ".join(f"{feature} {number}" for feature, number in sorted(used.items())))
    told = ", ".join(f"{sorts[sort]} {sort}" for sort in ("violated", "vacuous", "unknown", "error"))
    print(f"{done} services in {time.perf_counter() - began:.0f} s: {told}")
    return 1 if sorts else 0


if __name__ == "__main__":
    sys.exit(main())
