"""Judges the whole catalogue, safety and liveness, on real service definitions of different shape, and writes a page.

`python -m benchmarks.catalogue [FOLDER]` from the repository root; the default folder is ../shared/corpus. It prints a
line for each definition; `--write` writes docs/generated/catalogue.md, `--rows FILE` writes every verdict of every
search as a tab-separated table. The searches are those of `goalstate verify` without options.

The exit code is 1 when a platform property is violated, a property is vacuous or unknown; 2 when there is no corpus.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from goalstate.formats.findings import Finding, findings
from goalstate.model.deployment import Deployment, RoleKind, TaskType, read_deployment
from goalstate.properties.property import Family, Outcome
from goalstate.properties.service.verification import Report, Run, verify
from goalstate.properties.temporal.fairness import together
from goalstate.properties.verdict import Verdict

from .corpus import DEFAULT, configuration_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "generated" / "catalogue.md"

DEFINITIONS = (
    "Ehnn__SubWebspace/ServiceDefinition.csdef",
    "Avkash__AzureCmdApp-ConfigValues/ServiceDefinition.csdef",
    "azure-contrib__WorkerRoleAccelerator/WAAcc__WorkerRoleAccelerator.Cloud__ServiceDefinition.csdef",
    "drewf__SQL-Azure-Backup-Role/SQLAzureBackup__ServiceDefinition.csdef",
    "Blackmist__rubyrole/ServiceDefinition.csdef",
    "EAlbasri__CompanySystem/ServiceDefinition.csdef",
    "chrisjstevenson__volume/ServiceDefinition.csdef",
    "MicrosoftDX__Dash/DashServer.Azure__ServiceDefinition.csdef",
    "jbueza__NodeJS-Azure-URLShortener/ServiceDefinition.csdef",
    "cdrnet__Lokad.Cloud/Source__Lokad.Cloud__ServiceDefinition.csdef",
    "KalyanApt3__ScaleDemo/ServiceDefinition.csdef",
    "dotnet__orleans/Samples__1.x__AzureWebSample__OrleansAzureSample__ServiceDefinition.csdef",
)
"""Definitions of different shape: kinds and number of roles, instances, tasks, plugins, endpoints, upgrade domains."""

TASKS = {TaskType.SIMPLE: "simple", TaskType.BACKGROUND: "background", TaskType.FOREGROUND: "foreground"}
ROLES = {RoleKind.WORKER: "worker", RoleKind.HWC_WEB: "HWC", RoleKind.FULL_IIS_WEB: "full IIS"}


@dataclass(frozen=True)
class Judged:
    """One definition with its report."""

    name: str
    deployment: Deployment
    report: Report

    @property
    def found(self) -> list[Finding]:
        """Its properties, each once."""
        return findings(self.report)


def judge(corpus: Path, file: str) -> Judged:
    """Read and verify one definition."""
    definition = corpus / file
    configuration = configuration_of(definition)
    deployment = read_deployment([definition] if configuration is None else [definition, configuration])
    return Judged(file.partition("/")[0].replace("__", "/"), deployment, verify(deployment))


def shape(deployment: Deployment) -> str:
    """What tells a deployment from others."""
    words = []
    for role in deployment.roles:
        tasks = Counter(TASKS[t.type] for t in role.tasks)
        parts = [
            f"{role.instances} × {ROLES[role.kind]}",
            *(f"{n} {kind}" for kind, n in tasks.items()),
            *([f"{len(role.input_endpoints)} public"] if role.input_endpoints else []),
        ]
        words.append(", ".join(parts))
    return "; ".join(words)


def outcomes(found: Iterable[Finding]) -> Counter[str]:
    """How many of each outcome; vacuous passes by themselves."""
    return Counter("vacuous" if f.vacuous else f.outcome.value for f in found)


def sentence(name: str) -> str:
    """A sentence without the names of tasks, endpoints and numbers of domains: the same for all deployments."""
    name = re.sub(r"\(.*\)(?= can't)", "(…)", name, flags=re.DOTALL)
    name = re.sub(r"^(endpoint|the custom probe) \S+", r"\1 …", name)
    return re.sub(r"\bstartup task \d+", "startup task …", name)


def page(judged: Sequence[Judged]) -> str:
    """The page."""
    lines = [
        "# The catalogue on real services",
        "",
        "Written by `python -m benchmarks.catalogue --write`.",
        "Every property of the catalogue was judged on these public service definitions,",
        "by the searches that `goalstate verify` makes without options.",
        "*States* and *transitions* are summed over the searches; seconds are those of a machine with two cores.",
        "",
        *_table(
            (
                "service",
                "shape",
                "properties",
                "hold",
                "violated",
                "vacuous",
                "unknown",
                "states",
                "transitions",
                "seconds",
            ),
            map(_summary, judged),
        ),
        "",
        "Each violated property is a deployment property, and a finding about the service:",
        "a simple task that may hang, or a single instance behind a public endpoint.",
        "",
        "## Property by property",
        "",
        "- *Verdicts* are counted over services, instances, tasks and endpoints.",
        "- *Searches* says how many searches judged the property.",
        "- *States* and *transitions* are those of the largest of these searches.",
        "- *Seconds* are those of judging the property in all of them,",
        "  without the time to find the states, which all properties of a search share.",
    ]
    for title, wanted in (
        ("Liveness", lambda v: bool(v.property.assumes)),
        ("Platform", lambda v: v.property.family is Family.PLATFORM and not v.property.assumes),
        ("Deployment", lambda v: v.property.family is Family.DEPLOYMENT),
    ):
        rows = list(_sentences(judged, wanted))
        lines += ["", f"### {title} ({len(rows)})", ""]
        head = ("property", "verdicts", "searches", "states", "transitions", "seconds")
        lines += _table(head, [row[:-1] for row in rows])
        if any(row[-1] for row in rows):
            lines += ["", "What each assumes; the agents of an instance are named without its name:", ""]
            lines += _table(("property", "assumes"), [(row[0], row[-1]) for row in rows])
        elif title == "Platform":
            lines += ["", "Platform and deployment properties assume nothing, not even fairness: all runs count."]
    return "\n".join(lines) + "\n"


def _summary(one: Judged) -> tuple[object, ...]:
    count = outcomes(one.found)
    runs = one.report.runs
    return (
        one.name,
        shape(one.deployment),
        len(one.found),
        *(count[word] for word in ("holds", "violated", "vacuous", "unknown")),
        f"{sum(r.counts.distinct for r in runs):,}",
        f"{sum(r.counts.transitions for r in runs):,}",
        f"{one.report.seconds:.1f}",
    )


def _sentences(judged: Sequence[Judged], wanted: object) -> Iterator[tuple[str, ...]]:
    together: dict[str, list[Finding]] = {}
    for one in judged:
        for finding in one.found:
            if callable(wanted) and wanted(finding.telling):
                together.setdefault(sentence(finding.prop.name), []).append(finding)
    for name, found in together.items():
        verdicts = [v for f in found for _, v in f.verdicts]
        largest = max((v.counts for v in verdicts), key=lambda c: c.distinct)
        yield (
            name,
            ", ".join(f"{n} {word}" for word, n in outcomes(found).most_common()),
            str(len(verdicts)),
            f"{largest.distinct:,}",
            f"{largest.transitions:,}",
            f"{sum(v.seconds for v in verdicts):.2f}",
            _assumed(verdicts),
        )


def _assumed(verdicts: Sequence[Verdict]) -> str:
    """All that is assumed of a sentence, whichever the role."""
    words = dict.fromkeys(
        re.sub(r"\S+_IN_\d+/", "", re.sub(r"startup_task_\d+", "startup_task", a))
        for v in verdicts
        for a in v.property.assumes
    )
    return together(words)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(map(_cell, row))} |" for row in rows),
    ]


def _cell(value: object) -> str:
    return re.sub(r"[\\|<]", r"\\\g<0>", str(value))


def _rows(judged: Sequence[Judged]) -> Iterator[tuple[object, ...]]:
    for one in judged:
        run: Run
        for run in one.report.runs:
            for v in run.verdicts:
                yield (
                    one.name,
                    run.label,
                    v.property.family.value,
                    str(v.property),
                    "vacuous" if v.vacuous else v.outcome.value,
                    together(v.property.assumes) or "nothing",
                    v.counts.distinct,
                    v.counts.transitions,
                    f"{v.seconds:.3f}",
                )


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rows", type=Path)
    chosen = parser.parse_args()
    if not (chosen.folder / "INDEX.tsv").is_file():
        print(f"{chosen.folder}: no INDEX.tsv; expected: a corpus folder; name it as the argument", file=sys.stderr)
        return 2
    judged = []
    wrong = 0
    for file in DEFINITIONS:
        one = judge(chosen.folder, file)
        judged.append(one)
        print(
            f"{one.name}: {shape(one.deployment)}: {dict(outcomes(one.found))}, {one.report.seconds:.1f} s", flush=True
        )
        for finding in one.found:
            violated = finding.outcome is Outcome.VIOLATED and finding.prop.family is Family.PLATFORM
            if violated or finding.vacuous or finding.outcome is Outcome.UNKNOWN:
                wrong += 1
                state = "vacuous" if finding.vacuous else finding.outcome.value
                print(f"    {state}: {finding.prop} ({', '.join(finding.runs)}): {finding.telling.reason}", flush=True)
    if chosen.write:
        PAGE.write_text(page(judged), encoding="utf-8", newline="\n")
    if chosen.rows is not None:
        with chosen.rows.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter="\t").writerows(_rows(judged))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
