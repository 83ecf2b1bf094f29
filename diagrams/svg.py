"""SVG of a diagram or a sequence: one self-contained picture, no scripts, no fonts or styles from elsewhere.

Graphs are laid out by Graphviz: by the `dot` of the machine, or, where there is none, by `graphviz-pure`, the port of
it that comes with goalstate as a wheel.  Both understand what `dot` writes; coordinates differ from one version of
Graphviz to the next, so whoever compares pictures byte by byte asks for ``layout="graphviz-pure"``, whose output is
the same everywhere.

Graphviz measures text as Arial; the pictures ask for Arial or a font of the same widths.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal, TypeAlias
from xml.sax.saxutils import quoteattr

from .diagram import Diagram, Sequence, printable
from .dot import FAMILY, FONT, dot
from .swimlanes import swimlanes

Layout: TypeAlias = Literal["auto", "dot", "graphviz-pure"]

SECONDS = 120
"""How long a layout may take."""


class LayoutError(RuntimeError):
    """No program could lay the graph out; says which were tried and what to do."""


def svg(picture: Diagram | Sequence, layout: Layout = "auto") -> str:
    """The picture as an SVG document, ready to be a file or to stand inside HTML.

    ``layout`` chooses the program for graphs; "auto" is `dot`, else `graphviz-pure`.
    Raises LayoutError when neither is there, or when it fails or takes longer than ``SECONDS``.
    """
    if isinstance(picture, Sequence):
        return swimlanes(picture)
    return _tidy(_run(layout, dot(picture)), picture.title)


def layout_program(layout: Layout = "auto") -> Path:
    """The program that lays graphs out; raises LayoutError when it is not there."""
    wanted = ("dot", "graphviz-pure") if layout == "auto" else (layout,)
    # A wheel's programs lie beside the interpreter, which need not be on the path.
    beside = str(Path(sys.executable).parent)
    for name in wanted:
        found = shutil.which(name) or (shutil.which(name, path=beside) if name == "graphviz-pure" else None)
        if found:
            return Path(found)
    raise LayoutError(
        f"no {' and no '.join(wanted)} here, so graphs can't be laid out; install Graphviz, "
        "or `pip install graphviz-pure`; DOT and Mermaid need neither"
    )


def _run(layout: Layout, source: str) -> str:
    program = layout_program(layout)
    try:
        done = subprocess.run(
            [program, "-Tsvg"], input=source.encode(), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise LayoutError(f"{program.name} took longer than {SECONDS} s; draw a smaller part") from None
    if done.returncode or b"</svg>" not in done.stdout:
        raise LayoutError(f"{program.name} failed: {done.stderr.decode(errors='replace').strip()[:400]}")
    return done.stdout.decode("utf-8")


def _tidy(text: str, title: str) -> str:
    """Without prologue, version, foreign DTD and ids, which would clash when two pictures stand in one page."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<!--.*?-->\n?", "", text, flags=re.DOTALL)
    text = re.sub(r' id="[^"]*"', "", text)
    text = re.sub(rf'font-family="{FONT}[^"]*"', f'font-family="{FAMILY}"', text)
    # Older versions leave this out, and the indents of wrapped lines are then lost.
    text = re.sub(r"<text(?! xml:space)", '<text xml:space="preserve"', text)
    text = _labels_in_front(text)
    return text.replace("<svg", f'<svg role="img" aria-label={quoteattr(printable(title))}', 1)


def _labels_in_front(text: str) -> str:
    """With what stands beside the arrows in front of all arrows, on a white rim: so that none runs through the text.

    Labels with a tooltip stay with their arrow.
    """
    labels: list[str] = []

    def without(found: re.Match[str]) -> str:
        if "<a " in found[0]:
            return found[0]
        labels.extend(_TEXT.findall(found[0]))
        return _TEXT.sub("", found[0])

    text = _EDGE.sub(without, text)
    rim = '<text stroke="#ffffff" stroke-width="3" paint-order="stroke"'
    front = "".join(label.replace("<text", rim, 1) for label in labels)
    head, end, tail = text.rpartition("</g>")
    return f"{head}{front}{end}{tail}"


_EDGE = re.compile(r'<g class="edge">.*?</g>\n', re.DOTALL)
_TEXT = re.compile(r"<text.*?</text>\n", re.DOTALL)
