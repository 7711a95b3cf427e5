"""The imports of `handler`, read from its source, and the rules that they follow."""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]

DATA = (
    "handler.core.geometry",
    "handler.core.request",
    "handler.core.spans",
    "handler.core.face",
    "handler.core.plan",
)
ERRORS = ("handler.errors", "handler.problems")
# Package or module -> what else of `handler` it may import. The longest name that fits counts, and
# each may import what is inside itself.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "handler.core": (),
    "handler.core.geometry": ("msgspec",),
    "handler.core.request": ("handler.core.geometry",),
    "handler.core.spans": ("handler.core.geometry",),
    "handler.core.face": ("handler.core.geometry", "handler.core.spans"),
    "handler.core.plan": ("handler.core.geometry", "handler.core.request", "handler.core.face"),
    "handler.core.image": ("handler.core.geometry",),
    "handler.core.detection": (*DATA, "handler.core.image"),
    "handler.core.placement": DATA,
    "handler.core.framing": (*DATA, "handler.core.placement"),
    "handler.core.subject": (*DATA, "handler.core.image"),
    "handler.core.trim": ("handler.core.geometry", "handler.core.image.components"),
    "handler.core.saliency": (
        *DATA,
        "handler.core.image",
        "handler.core.detection",
        "handler.core.placement",
        "handler.core.framing",
    ),
    "handler.core.planner": (
        *DATA,
        "handler.core.image",
        "handler.core.detection",
        "handler.core.placement",
        "handler.core.framing",
        "handler.core.subject",
        "handler.core.saliency",
        "handler.core.trim",
    ),
    "handler.core.render": (*DATA, "handler.core.image"),
    "handler.core.overlay": (*DATA, "handler.core.image"),
    "handler.errors": ("handler.problems",),
    "handler.problems": (),
    "handler.filenames": (),
    "handler.malloc": (),
    "handler.config": (*ERRORS, "handler.settings.validation"),
    "handler.telemetry": (*ERRORS, "handler.core.plan"),
    "handler.sandbox": (),
    "handler.codec": (*ERRORS, "handler.core", "handler.malloc", "handler.sandbox"),
    "handler.codec.headers": (*ERRORS, "handler.core.geometry"),
    "handler.codec.decoders": (
        *ERRORS,
        "handler.core",
        "handler.malloc",
        "handler.sandbox",
        "handler.codec.headers",
        "handler.codec.formats",
        "handler.codec.costs",
        "handler.codec.colour",
    ),
    "handler.codec.encoders": (
        *ERRORS,
        "handler.core",
        "handler.malloc",
        "handler.codec.headers",
        "handler.codec.formats",
    ),
    "handler.faces": (*ERRORS, "handler.core"),
    "handler.objects": (*ERRORS, "handler.core", "handler.faces"),
    "handler.settings": (
        *ERRORS,
        "handler.core.geometry",
        "handler.core.request",
        "handler.filenames",
    ),
    "handler.aws": (),
    "handler.storage": (*ERRORS, "handler.aws", "handler.filenames", "handler.telemetry"),
    "handler.jobs": (
        *ERRORS,
        "handler.aws",
        "handler.codec",
        "handler.config",
        "handler.core",
        "handler.faces",
        "handler.filenames",
        "handler.objects",
        "handler.settings",
        "handler.storage",
        "handler.telemetry",
    ),
    "handler.api": (
        *ERRORS,
        "handler",
        "handler.codec",
        "handler.config",
        "handler.core.request",
        "handler.filenames",
        "handler.jobs",
        "handler.settings",
        "handler.storage",
        "handler.telemetry",
    ),
    "handler.events": (
        *ERRORS,
        "handler.aws",
        "handler.codec",
        "handler.config",
        "handler.filenames",
        "handler.jobs",
        "handler.settings",
        "handler.storage",
        "handler.telemetry",
    ),
    "handler.cli": (
        *ERRORS,
        "handler",
        "handler.api",
        "handler.codec",
        "handler.cold_start",
        "handler.config",
        "handler.core.plan",
        "handler.filenames",
        "handler.jobs",
        "handler.malloc",
        "handler.settings",
    ),
    "handler.cold_start": (
        "handler.codec",
        "handler.config",
        "handler.jobs",
        "handler.settings",
    ),
    "handler.lambda_http": (
        "handler.api",
        "handler.cold_start",
        "handler.config",
        "handler.malloc",
    ),
    "handler.lambda_events": (
        "handler.cold_start",
        "handler.config",
        "handler.events",
        "handler.malloc",
    ),
    "handler.python": (
        *ERRORS,
        "handler.codec",
        "handler.config",
        "handler.core",
        "handler.filenames",
        "handler.jobs",
        "handler.settings",
    ),
    "handler": ("handler.python",),
}
# Distribution package -> the parts of `handler` that may import it. Packages that are not listed
# are free, but for the parts in CLOSED.
OWNERS: Mapping[str, tuple[str, ...]] = {
    "aws_lambda_powertools": ("handler.telemetry",),
    "boto3": (),
    "botocore": ("handler.aws", "handler.storage"),
    "click": ("handler.cli",),
    "fastapi": ("handler.api",),
    "mangum": ("handler.lambda_http",),
    "markdown_it": ("handler.api.guide",),
    "obstore": ("handler.aws", "handler.storage"),
    "onnxruntime": ("handler.faces",),
    "pydantic": (
        "handler.api",
        "handler.cli",
        "handler.cold_start",
        "handler.config",
        "handler.events",
        "handler.jobs",
        "handler.python",
        "handler.settings",
        "handler.storage",
    ),
    "rich": ("handler.cli",),
    "starlette": ("handler.api",),
    "uvicorn": ("handler.cli",),
}
# Parts of `handler` that may import these packages only, besides the standard library.
CLOSED: Mapping[str, tuple[str, ...]] = {
    "handler.core": ("numpy", "PIL", "msgspec"),
    "handler.core.geometry": ("msgspec",),
    "handler.core.request": ("msgspec",),
    "handler.codec.headers": ("msgspec",),
    "handler.errors": (),
    "handler.problems": ("msgspec",),
}


@dataclass(frozen=True, slots=True)
class Import:
    """A module of `handler`, and a module that one of its lines imports."""

    importer: str
    imported: str
    line: int


def sources() -> dict[str, str]:
    """Return the source of each module of `handler` by its dotted name."""
    found = {}
    for path in sorted((ROOT / "handler").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text()
    return found


def imports(modules: Mapping[str, str]) -> Iterator[Import]:
    """Yield all imports: at the top, in functions, and those for type checkers only."""
    for importer, text in modules.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(importer, alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    name = f"{node.module}.{alias.name}"
                    yield Import(importer, name if name in modules else node.module, node.lineno)


def violations(modules: Mapping[str, str]) -> list[str]:
    """Return a line for each import that breaks a rule."""
    found = []
    for each in imports(modules):
        package = each.imported.partition(".")[0]
        if package == "handler":
            broken = not _may_import(each.importer, each.imported)
        else:
            broken = package not in sys.stdlib_module_names and not _may_use(each, package)
        if broken:
            found.append(f"{each.importer}, line {each.line}, imports {each.imported}")
    return found


def cycle(modules: Mapping[str, str]) -> list[str]:
    """Return the modules of a cycle of imports; the list is empty if there is none."""
    graph: dict[str, set[str]] = {name: set() for name in modules}
    for each in imports(modules):
        if each.imported in modules and each.importer != each.imported:
            graph[each.importer].add(each.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def reached(modules: Mapping[str, str], start: str) -> set[str]:
    """Return the packages outside `handler` that a part of it loads, directly or by others."""
    waiting = [name for name in modules if _inside(name, start)]
    seen, packages = set(waiting), set()
    by_importer: dict[str, list[str]] = {}
    for each in imports(modules):
        by_importer.setdefault(each.importer, []).append(each.imported)
    while waiting:
        for imported in by_importer.get(waiting.pop(), ()):
            if imported not in modules:
                packages.add(imported.partition(".")[0])
            elif imported not in seen:
                seen.add(imported)
                waiting.append(imported)
    return packages


def _may_import(importer: str, imported: str) -> bool:
    part = _longest(importer, ALLOWED)
    # Each part may import itself; that a package's `__init__` is imported with it does not count.
    if part != "handler" and _inside(imported, part):
        return True
    return any(
        imported == allowed if allowed == "handler" else _inside(imported, allowed)
        for allowed in ALLOWED[part]
    )


def _may_use(each: Import, package: str) -> bool:
    if package in OWNERS and not any(_inside(each.importer, own) for own in OWNERS[package]):
        return False
    part = _longest(each.importer, CLOSED)
    return not part or package in CLOSED[part]


def _inside(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def _longest(name: str, parts: Mapping[str, object]) -> str:
    return max((part for part in parts if _inside(name, part)), key=len, default="")
