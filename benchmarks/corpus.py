"""Reads a folder of real service definitions and compares the expansion of startup tasks with real packaging output.

The folder has two tables: INDEX.tsv names definitions (`path@commit.csdef`, folders written as `__`, the
configuration beside each under the matching name), COMPILED.tsv names `RoleModel.xml` files that the packaging tool
wrote, with its input beside them. Run it from the repository root: `python -m benchmarks.corpus [FOLDER]`; the
default folder is ../shared/corpus.

What the packaging tool was really given is the transformed definition in bin/<configuration>/, where there is one:
Visual Studio adds the Diagnostics import to debug builds. Otherwise, or where that copy is stale, it is the source
definition.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from goalstate.model.deployment import (
    Deployment,
    DeploymentError,
    ExecutionContext,
    Task,
    TaskType,
    read_definition,
    read_deployment,
)
from goalstate.model.deployment.document import Element, read_document

DEFAULT = next(
    (corpus for above in Path(__file__).resolve().parents if (corpus := above / "shared" / "corpus").is_dir()),
    Path("shared", "corpus"),
)

Shape = tuple[str, TaskType, ExecutionContext, str, tuple[tuple[str, str], ...]]
"""What is compared of a task: command, type, context, working folder, environment."""


@dataclass(frozen=True)
class Reading:
    """How one definition of the index was read: the deployment, or the reasons for refusing it."""

    file: str
    deployment: Deployment | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """One role of real packaging output against our expansion; `difference` is empty where they are equal."""

    repository: str
    role_model: str
    sdk: str
    tasks: int
    definition: str
    difference: str


def rows(table: Path) -> Iterator[dict[str, str]]:
    """The rows of a tab-separated table with a head line."""
    with table.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


def configuration_of(definition: Path) -> Path | None:
    """The configuration beside a definition of the index: same prefix and commit, the cloud's if there are several."""
    stem, at, commit = definition.name.removesuffix(".csdef").partition("@")
    prefix = stem[: stem.rindex("ServiceDefinition")]
    suffix = f"{at}{commit}.cscfg"
    found = sorted(
        path.name
        for path in definition.parent.glob("*.cscfg")
        if path.name.startswith(f"{prefix}ServiceConfiguration")
        and path.name.endswith(suffix)
        and ("@" in path.name) == bool(at)
    )
    for kind in (".Cloud", "", ".Local"):
        name = f"{prefix}ServiceConfiguration{kind}{suffix}"
        if name in found:
            return definition.parent / name
    return definition.parent / found[0] if found else None


def read_index(corpus: Path) -> list[Reading]:
    """Every definition of INDEX.tsv, read with its configuration."""
    readings = []
    for row in rows(corpus / "INDEX.tsv"):
        definition = corpus / row["file"]
        configuration = configuration_of(definition)
        paths = [definition] if configuration is None else [definition, configuration]
        try:
            readings.append(Reading(row["file"], read_deployment(paths), ()))
        except DeploymentError as error:
            reasons = tuple(str(problem).replace(f"{corpus}/", "") for problem in error.problems)
            readings.append(Reading(row["file"], None, reasons))
    return readings


def shape(task: Task) -> Shape:
    """What is compared of one of our tasks."""
    return task.command, task.type, task.context, task.relative_path, tuple(sorted(task.environment))


def real_tasks(role_model: Element) -> list[Shape]:
    """The tasks in a `RoleModel.xml`, in its order."""
    shapes = []
    for startup in (child for child in role_model.children if child.name == "Startup"):
        for task in startup.children:
            environment = []
            for variable in (v for holder in task.children for v in holder.children):
                value = variable.attributes.get("value", "")
                if variable.children:
                    value = "xpath:" + variable.children[0].attributes["xpath"]
                environment.append((variable.attributes["name"], value))
            shapes.append(
                (
                    task.attributes["commandLine"],
                    TaskType(task.attributes.get("taskType", "simple")),
                    ExecutionContext(task.attributes.get("executionContext", "limited")),
                    task.attributes["relativePath"],
                    tuple(sorted(environment)),
                )
            )
    return shapes


def packaged_definitions(corpus: Path, row: dict[str, str]) -> list[Path]:
    """What the packaging tool may have been given, likeliest first: the transformed definition of that build."""
    base = corpus / row["repository"].replace("/", "__") / "compiled" / "input"
    build = next((part for part in ("Debug", "Release") if f"/{part}/" in row["rolemodel"]), None)
    names = [name for name in row["input_files"].split(";") if name.endswith(".csdef")]
    transformed = [name for name in names if build is not None and f"bin/{build}/" in name]
    return [base / name for name in [*transformed, *(name for name in names if "bin/" not in name)]]


def compare_compiled(corpus: Path) -> list[Comparison]:
    """Every role of COMPILED.tsv: our expansion of what the packaging tool was given against its output."""
    comparisons = []
    for row in rows(corpus / "COMPILED.tsv"):
        folder = corpus / row["repository"].replace("/", "__") / "compiled"
        root = read_document(folder / row["rolemodel"]).root
        sdk = ".".join(root.attributes["version"].split(".")[:2])
        real = real_tasks(root)
        tried = [
            (str(path.relative_to(folder / "input")), _difference(path, root.attributes["name"], real))
            for path in packaged_definitions(corpus, row)
        ]
        # The first equal one, else the likeliest one with its difference.
        label, difference = next((t for t in tried if not t[1]), tried[0] if tried else ("-", "no input in the corpus"))
        comparisons.append(Comparison(row["repository"], row["rolemodel"], sdk, len(real), label, difference))
    return comparisons


def _difference(path: Path, role_name: str, real: list[Shape]) -> str:
    try:
        definition = read_definition(path)
    except DeploymentError as error:
        return f"refused: {error.problems[0].message}"
    role = next((role for role in definition.roles if role.name == role_name), None)
    if role is None:
        return f"the definition has no role {role_name!r}"
    ours = [shape(task) for task in role.tasks]
    if ours == real:
        return ""
    if [task[:4] for task in ours] == [task[:4] for task in real]:
        changed = sorted(
            {name for (*_, left), (*_, right) in zip(ours, real, strict=True) for name, _ in {*left} ^ {*right}}
        )
        return f"same tasks, other values of the variables {changed}"
    missing = [task[0] for task in real if task not in ours]
    extra = [task[0] for task in ours if task not in real]
    return f"only in the real output: {missing}; only in ours: {extra}"


def main(arguments: list[str]) -> int:
    """Print both tables; the exit code is 2 if the corpus is not there."""
    corpus = Path(arguments[0]) if arguments else DEFAULT
    if not (corpus / "INDEX.tsv").is_file():
        print(f"{corpus}: no INDEX.tsv; expected: a corpus folder; name it as the argument", file=sys.stderr)
        return 2
    readings = read_index(corpus)
    print(f"{'definition':<100} {'roles':>5} {'tasks':>5} {'ends':>5} {'notes':>5}  kinds")
    for reading in readings:
        if reading.deployment is None:
            print(f"{reading.file[-100:]:<100} refused")
            for reason in reading.reasons:
                print(f"    {reason}")
        else:
            roles = reading.deployment.roles
            tasks, ends = sum(len(role.tasks) for role in roles), sum(len(role.endpoints) for role in roles)
            kinds = Counter(role.kind.value for role in roles)
            shown = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
            notes = len(reading.deployment.notes)
            print(f"{reading.file[-100:]:<100} {len(roles):>5} {tasks:>5} {ends:>5} {notes:>5}  {shown}")
    read = sum(reading.deployment is not None for reading in readings)
    print(f"\n{len(readings)} definitions: {read} read, {len(readings) - read} refused\n")
    comparisons = compare_compiled(corpus)
    for comparison in comparisons:
        verdict = f"differs: {comparison.difference}" if comparison.difference else "equal"
        print(f"{comparison.repository} {comparison.role_model} (SDK {comparison.sdk}, {comparison.tasks} tasks)")
        print(f"    {comparison.definition}: {verdict}")
    equal = sum(not comparison.difference for comparison in comparisons)
    print(f"\n{len(comparisons)} packaged roles: {equal} equal, {len(comparisons) - equal} differ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
