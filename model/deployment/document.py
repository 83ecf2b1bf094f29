"""An XML file that may be hostile, as a small tree of elements with lines, or an error that says what is wrong.

The parser is expat, driven by handlers that build the tree. It stops where a DOCTYPE begins: so no entity is ever
declared or expanded, and nothing outside the file is ever opened. Limits come first: the kind and size of the file by
`stat`, then the bytes read, the nesting, the number of elements. Text and comments are not kept.

UTF-16 is decoded by its byte-order mark, whatever the XML declaration claims, as editors on Windows write it. Left out:
encodings of several bytes other than UTF-8 and UTF-16, which are refused.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from .problems import DeploymentError, Problem
from .service import Location, Note

MAX_BYTES = 2 * 1024 * 1024
"""The largest file that is read; real ones have about ten kilobytes."""
MAX_DEPTH = 64
MAX_ELEMENTS = 20_000
MAX_ATTRIBUTES = 100
MAX_NAME = 256

_ENCODING = re.compile(rb"""\A<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_QUOTATION_MARKS = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a\u00ab\u00bb"
_WRONG_ENCODING = expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING]


@dataclass(slots=True, eq=False)
class Element:
    """One element: its local name (`{namespace}name` if not in the namespace of the root), and where it begins."""

    name: str
    attributes: dict[str, str]
    location: Location
    children: list[Element] = field(default_factory=list)
    text: str = ""


@dataclass(slots=True)
class Document:
    """A parsed file: its root element, the root's namespace, and what was odd about it."""

    root: Element
    namespace: str | None
    notes: tuple[Note, ...]


class _RefusalError(Exception):
    """Leaves the parser from inside a handler."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read_document(path: Path) -> Document:
    """Parse the file at `path`.

    Raises `DeploymentError`, and nothing else, if it is no regular file, cannot be read, is larger than `MAX_BYTES`,
    has a DOCTYPE, is not well-formed XML in a known encoding, or exceeds one of the limits above.
    """
    name = str(path)
    try:
        return _parse(name, _bytes(path))
    except _RefusalError as refused:
        raise DeploymentError([Problem(Location(name, refused.line), refused.message)]) from None


def _bytes(path: Path) -> bytes:
    """The content of a regular file of bounded size; a FIFO or a device is not even opened."""
    try:
        _require_small_file(os.stat(path))
        # O_NONBLOCK: if the path turned into a FIFO since, opening it must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            _require_small_file(os.fstat(descriptor))
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _RefusalError(1, "file not found; a .csdef or .cscfg file is expected; check the path") from None
    except PermissionError:
        raise _RefusalError(
            1, "no permission to read it; a readable file is expected; change its permissions"
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise _RefusalError(1, f"cannot be read ({reason}); a readable file is expected; check the path") from None
    if len(data) > MAX_BYTES:
        raise _RefusalError(1, _too_large("more than"))
    return data


def _require_small_file(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise _RefusalError(1, "a folder, where a file is expected; allowed: an XML file; name the file in it")
    if not stat.S_ISREG(status.st_mode):
        raise _RefusalError(
            1, "not a regular file; allowed: an XML file on disk, no pipe, socket or device; copy it to a file"
        )
    if status.st_size > MAX_BYTES:
        raise _RefusalError(1, _too_large(f"{status.st_size} bytes, more than"))


def _too_large(size: str) -> str:
    return f"{size} {MAX_BYTES} bytes; allowed: at most that; is this really a service file?"


def _parse(name: str, data: bytes) -> Document:
    notes: list[Note] = []
    if data and not data.strip(b"\x00"):
        raise _RefusalError(
            1, f"{len(data)} zero bytes and no text; allowed: an XML file; restore the file from a copy"
        )
    if not data.strip(b"\x00\t\r\n \xef\xbb\xbf\xff\xfe"):
        raise _RefusalError(1, "the file is empty; allowed: one XML root element; save the file again")
    if data.startswith(b"PK\x03\x04"):
        raise _RefusalError(1, "a ZIP archive (a package?); allowed: an XML file; give the .csdef it was built from")
    encoding: str | None = None
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            data, encoding = data.decode("utf-16").encode("utf-8"), "utf-8"
        except UnicodeError:
            raise _RefusalError(
                1, "starts like UTF-16 but is not; allowed: UTF-8 or UTF-16; save it as UTF-8"
            ) from None
        declared = _ENCODING.match(data)
        if declared and not declared[1].lower().startswith((b"utf-16", b"utf16")):
            reason = f"the declaration says {declared[1].decode('ascii')}, the byte-order mark UTF-16; read as UTF-16"
            notes.append(Note(Location(name, 1), "encoding", reason))
    builder = _Builder(name)
    parser = expat.ParserCreate(encoding, namespace_separator=" ")
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = lambda tag, attributes: builder.start(tag, attributes, parser.CurrentLineNumber)
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text

    def refuse_doctype(*_: object) -> None:
        raise _RefusalError(
            parser.CurrentLineNumber, "a DOCTYPE; allowed: no document type and no entities; delete the declaration"
        )

    parser.StartDoctypeDeclHandler = refuse_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        declared = _ENCODING.match(data.removeprefix(codecs.BOM_UTF8))
        if error.code == _WRONG_ENCODING and declared is not None:
            claim = declared[1].decode("ascii")
            raise _RefusalError(
                1,
                f"the declaration says encoding {claim}, but the file is not in it; allowed: the encoding of the "
                'file; write encoding="utf-8", or save the file in that encoding',
            ) from None
        quote = _quotation_mark(data, parser.ErrorByteIndex)
        if quote is not None:
            raise _RefusalError(
                max(1, error.lineno),
                f"typographic quotation mark {quote} in column {error.offset + 1}; allowed: straight ones, \" or '; "
                "replace it (word processors and web pages put it there)",
            ) from None
        what = expat.errors.messages[error.code] if error.code in expat.errors.messages else str(error)
        raise _RefusalError(
            max(1, error.lineno),
            f"malformed XML ({what}, column {error.offset + 1}); "
            "allowed: XML in UTF-8 or UTF-16; correct the markup there",
        ) from None
    except (ValueError, LookupError) as error:
        raise _RefusalError(
            1, f"encoding not supported ({error}); allowed: UTF-8, UTF-16; save the file as UTF-8"
        ) from None
    assert builder.root is not None  # expat accepts no document without a root
    return Document(builder.root, builder.namespace, tuple(notes))


def _quotation_mark(data: bytes, index: int) -> str | None:
    """The typographic quotation mark at a place of the file, in UTF-8 or in the code page of Windows."""
    for length, encoding in ((2, "utf-8"), (3, "utf-8"), (1, "cp1252")):
        mark = data[index : index + length].decode(encoding, errors="replace")
        if len(mark) == 1 and mark in _QUOTATION_MARKS:
            return mark
    return None


class _Builder:
    """Builds the tree while expat parses, and stops it at the limits."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Element | None = None
        self.namespace: str | None = None
        self.open: list[Element] = []
        self.count = 0

    def start(self, tag: str, attributes: list[str], line: int) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise _RefusalError(line, f"more than {MAX_ELEMENTS} elements; allowed: at most that; split the service")
        if len(self.open) == MAX_DEPTH:
            raise _RefusalError(line, f"elements nested deeper than {MAX_DEPTH}; allowed: at most that; unnest them")
        if len(attributes) > 2 * MAX_ATTRIBUTES:
            raise _RefusalError(line, f"more than {MAX_ATTRIBUTES} attributes; allowed: at most that; remove some")
        longest = max(map(len, (tag, *attributes[::2])))
        if longest > MAX_NAME:
            raise _RefusalError(line, f"a name of {longest} characters; allowed: at most {MAX_NAME}; shorten it")
        namespace, _, local = tag.rpartition(" ")
        if self.root is None:
            self.namespace = namespace or None
        name = local if (namespace or None) == self.namespace else f"{{{namespace}}}{local}"
        element = Element(name, dict(_pairs(attributes)), Location(self.file, line))
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, _tag: str) -> None:
        self.open.pop()

    def text(self, data: str) -> None:
        if self.open and not self.open[-1].text:
            self.open[-1].text = data.strip()[:60]


def _pairs(attributes: list[str]) -> Iterator[tuple[str, str]]:
    for index in range(0, len(attributes), 2):
        namespace, _, local = attributes[index].rpartition(" ")
        yield (f"{{{namespace}}}{local}" if namespace else local), attributes[index + 1]
