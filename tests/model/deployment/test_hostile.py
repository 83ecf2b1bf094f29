"""Whatever stands in a file, reading it ends within a second of processor time, and says why it was refused."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from goalstate.model.deployment import DeploymentError, read_configuration, read_definition, read_deployment

from .services import DEFINITION_NAMESPACE, configuration, definition, read, refused, worker

SECONDS = 3.0
"""Of processor time; half a second on a quiet machine, and what is not linear takes minutes."""


@pytest.fixture(autouse=True)
def soon() -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < SECONDS


def message(path: Path) -> str:
    with pytest.raises(DeploymentError) as caught:
        read_deployment([path])
    return str(caught.value).replace(str(path), "FILE")


def written(folder: Path, data: bytes | str) -> Path:
    path = folder / "a.csdef"
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


DOCTYPES = {
    "laughs": '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "external entity": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "external subset": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    "parameter entity": '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x.dtd"> %a;]>',
    "empty": "<!DOCTYPE x>",
}


@pytest.mark.parametrize("doctype", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_a_doctype_is_refused_where_it_begins(tmp_path: Path, doctype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", connect)
    path = written(tmp_path, f'<?xml version="1.0"?>\n\n{doctype}\n' + worker().replace("Worker", "&b;", 1))
    assert message(path) == "FILE:3: a DOCTYPE; allowed: no document type and no entities; delete the declaration"


def test_an_undeclared_entity_is_malformed(tmp_path: Path) -> None:
    assert "FILE:1: malformed XML (undefined entity" in message(written(tmp_path, '<a b="&c;"/>'))


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.csdef"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    assert message(path) == (
        "FILE:1: 104857600 bytes, more than 2097152 bytes; allowed: at most that; is this really a service file?"
    )


def test_a_file_that_grows_after_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, worker())
    small = os.stat(path)
    path.write_bytes(bytes(3 * 1024 * 1024))
    monkeypatch.setattr(os, "stat", lambda _: small)
    monkeypatch.setattr(os, "fstat", lambda _: small)
    assert message(path) == "FILE:1: more than 2097152 bytes; allowed: at most that; is this really a service file?"


LARGE = 2 * 1024 * 1024 - 1000
SHOP = f'<ServiceDefinition name="Shop" xmlns="{DEFINITION_NAMESPACE}"><WorkerRole name="W">'
FLOODS = {
    "many elements": "<a>" + "<b/>" * (LARGE // 4),
    "deep nesting": "<a>" * (LARGE // 3),
    "many attributes": "<a " + " ".join(f'a{number}=""' for number in range(LARGE // 12)) + "/>",
    "long name": "<" + "a" * LARGE + "/>",
    "long attribute": '<a b="' + "c" * LARGE + '"/>',
    "long text": "<a>" + "c" * LARGE + "</a>",
    "many lines": "<a>" + "\n" * LARGE + "</a>",
    "long comment": "<!--" + "c" * LARGE + "--><a/>",
    "many comments": "<a>" + "<!---->" * (LARGE // 7) + "</a>",
    "many instructions": "<a>" + "<?a?>" * (LARGE // 5) + "</a>",
    "many namespaces": "<a " + " ".join(f'xmlns:a{number}="u"' for number in range(LARGE // 18)) + "/>",
    "blanks": " " * LARGE,
    "unknown elements": SHOP + "".join(f"<Startu{number}/>" for number in range(19_000)),
    "unknown attributes": SHOP + ("<Startup " + " ".join(f'p{n}=""' for n in range(99)) + "/>") * 9000,
    "long unknown attribute": SHOP + f'<Startup {"p" * LARGE}=""/></WorkerRole></ServiceDefinition>',
    "same names": SHOP
    + "<ConfigurationSettings>"
    + '<Setting name="a"/>' * 19_000
    + "</ConfigurationSettings></WorkerRole></ServiceDefinition>",
    "long name in an attribute": f'<ServiceDefinition name="{"a" * LARGE}" xmlns="{DEFINITION_NAMESPACE}"/>',
    "long number": SHOP + f'<Startup priority="{"9" * LARGE}"/></WorkerRole></ServiceDefinition>',
}


@pytest.mark.parametrize("text", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_anything_is_refused_soon_and_briefly(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    assert len(message(path)) < 50_000


def test_port_ranges_that_clash_are_refused_soon(tmp_path: Path) -> None:
    span = '<AllocatePublicPortFrom><FixedPortRange min="1" max="65535"/></AllocatePublicPortFrom>'
    endpoints = "".join(
        f'<InstanceInputEndpoint name="e{n}" protocol="tcp" localPort="1">{span}</InstanceInputEndpoint>'
        for n in range(5000)
    )
    assert "100 mistakes" in message(written(tmp_path, worker(f"<Endpoints>{endpoints}</Endpoints>")))


def test_unknown_things_are_given_up_after_a_thousand(tmp_path: Path) -> None:
    strange = "".join(f"<Thing{number}/>" for number in range(2000))
    assert message(written(tmp_path, worker(strange))) == (
        "FILE:3: 1000 things that are not modelled, the rest is not read; allowed: fewer; "
        "is this really a service file?"
    )


def test_many_good_elements_are_read_soon(tmp_path: Path) -> None:
    settings = "".join(f'<Setting name="s{number}"/>' for number in range(9000))
    values = "".join(f'<Setting name="s{number}" value=""/>' for number in range(9000))
    deployment = read(
        tmp_path,
        worker(f"<ConfigurationSettings>{settings}</ConfigurationSettings>"),
        configuration(
            '<Role name="Worker"><Instances count="1"/>',
            f"<ConfigurationSettings>{values}</ConfigurationSettings></Role>",
        ),
    )
    assert len(deployment.roles[0].settings) == 9000
    assert deployment.notes == ()


def test_many_endpoints_and_bindings_are_read_soon(tmp_path: Path) -> None:
    def role(count: int) -> str:
        endpoints = "".join(f'<InputEndpoint name="e{n}" protocol="tcp" port="{n + 1}"/>' for n in range(count))
        bindings = "".join(f'<Binding name="b{n}" endpointName="e{n % count}"/>' for n in range(5000))
        sites = f"<Sites><Site name='S'><Bindings>{bindings}</Bindings></Site></Sites>"
        return definition(f'<WebRole name="W"><Endpoints>{endpoints}</Endpoints>{sites}</WebRole>')

    assert len(read(tmp_path, role(25)).roles[0].sites[0].bindings) == 5000
    with pytest.raises(DeploymentError, match="5000 endpoints of kind InputEndpoint; allowed: up to 25 in a service"):
        read(tmp_path, role(5000))


def test_many_rules_and_lists_are_read_soon(tmp_path: Path) -> None:
    endpoint = '<Endpoints><InputEndpoint name="In" protocol="tcp" port="80"/></Endpoints>'
    rules = "".join(f'<Rule order="{n}" action="deny" remoteSubnet="10.{n}.0.0/16"/>' for n in range(50))
    controls = "".join(f'<AccessControl name="a{n}">{rules}</AccessControl>' for n in range(200))
    acls = "".join(f'<EndpointAcl role="Worker" endPoint="In" accessControl="a{n % 200}"/>' for n in range(5000))
    cscfg = configuration(
        '<Role name="Worker"><Instances count="1"/></Role>',
        f"<NetworkConfiguration><AccessControls>{controls}</AccessControls><EndpointAcls>{acls}</EndpointAcls>",
        "</NetworkConfiguration>",
    )
    assert read(tmp_path, worker(endpoint), cscfg).warnings == ()


def test_more_instances_than_can_be_checked_are_refused(tmp_path: Path) -> None:
    cscfg = configuration('<Role name="Worker"><Instances count="2147483647"/></Role>')
    assert refused(tmp_path, worker(), cscfg) == [
        "a.cscfg:2: count 2147483647 is out of range in <Instances>; allowed: 1 to 1000000; give a number in that range"
    ]


def test_many_tasks_that_wait_are_read_soon(tmp_path: Path) -> None:
    pair = '<Task commandLine="a.exe" taskType="background"/><Task commandLine="a.exe /blockStartup"/>'
    deployment = read(tmp_path, worker("<Startup>" + pair * 50 + "</Startup>"))
    assert deployment.roles[0].tasks[-1].partner == 98
    with pytest.raises(DeploymentError, match="has 6000 startup tasks; allowed: up to 100 for a role; put the"):
        read(tmp_path, worker("<Startup>" + pair * 3000 + "</Startup>"))


GARBAGE = {
    "empty": (b"", "the file is empty"),
    "byte-order mark only": (b"\xef\xbb\xbf\r\n", "the file is empty"),
    "zip": (b"PK\x03\x04" + bytes(100), "a ZIP archive (a package?)"),
    "zeros": (bytes(100), "100 zero bytes and no text; allowed: an XML file; restore the file"),
    "UTF-8 that claims to be UTF-16": (
        b'<?xml version="1.0" encoding="UTF-16"?><a/>',
        "the declaration says encoding UTF-16, but the file is not in it; allowed: the encoding of the file;",
    ),
    "a mark that the declaration denies": (
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-16"?><a/>',
        "the declaration says encoding utf-16, but the file is not in it",
    ),
    "binary": (bytes(range(256)), "malformed XML ("),
    "text": (b"hello", "malformed XML ("),
    "unfinished": (b"<ServiceDefinition>", "malformed XML (no element found"),
    "half a surrogate": (b"\xff\xfe<\x00\x00\xd8", "starts like UTF-16 but is not"),
    "odd UTF-16": (b"\xff\xfe<", "starts like UTF-16 but is not"),
    "bad UTF-8": (b'<a b="\xff"/>', "malformed XML ("),
    "unknown encoding": (b'<?xml version="1.0" encoding="klingon"?><a/>', "klingon"),
    "Korean encoding": (b'<?xml version="1.0" encoding="euc-kr"?><a/>', "encoding not supported ("),
    "no encoding at all": (b'<?xml version="1.0" encoding="base64"?><a/>', "allowed: "),
    "UTF-32": ("\ufeff<a/>".encode("utf-32-le"), "allowed: "),
    "two roots": (b"<a/><b/>", "malformed XML (junk after document element"),
    "attribute twice": (b'<a b="" b=""/>', "malformed XML (duplicate attribute"),
    "unbound prefix": (b"<x:a/>", "malformed XML (unbound prefix"),
}


@pytest.mark.parametrize(("data", "what"), GARBAGE.values(), ids=GARBAGE.keys())
def test_rubbish_is_refused(tmp_path: Path, data: bytes, what: str) -> None:
    path = written(tmp_path, data)
    said = message(path)
    assert said.startswith("FILE:1: ")
    assert what in said
    with pytest.raises(DeploymentError):
        read_configuration(path)


def test_malformed_xml_has_the_line_of_the_parser(tmp_path: Path) -> None:
    path = written(tmp_path, worker("<Startup>", "</Start>"))
    assert message(path) == (
        "FILE:4: malformed XML (mismatched tag, column 3); allowed: XML in UTF-8 or UTF-16; correct the markup there"
    )


class TestFilesThatAreNone:
    def test_missing(self, tmp_path: Path) -> None:
        expected = "FILE:1: file not found; a .csdef or .cscfg file is expected; check the path"
        assert message(tmp_path / "a.csdef") == expected

    def test_dangling_link(self, tmp_path: Path) -> None:
        (tmp_path / "a.csdef").symlink_to(tmp_path / "gone")
        assert "file not found" in message(tmp_path / "a.csdef")

    def test_link_to_itself(self, tmp_path: Path) -> None:
        (tmp_path / "a.csdef").symlink_to(tmp_path / "a.csdef")
        assert "cannot be read (" in message(tmp_path / "a.csdef")

    def test_folder_in_place_of_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.csdef").mkdir()
        with pytest.raises(DeploymentError, match="a folder, where a file is expected; allowed: an XML file"):
            read_definition(tmp_path / "a.csdef")
        assert "a folder, where a file is expected" in message(tmp_path)

    def test_fifo(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.csdef")
        assert "not a regular file" in message(tmp_path / "a.csdef")

    def test_device(self) -> None:
        with pytest.raises(DeploymentError, match=r"^/dev/zero:1: not a regular file; allowed: an XML file on disk"):
            read_definition(Path("/dev/zero"))

    def test_fifo_that_comes_after_the_check(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        regular = os.stat(written(tmp_path, worker()))
        os.mkfifo(tmp_path / "pipe.csdef")
        monkeypatch.setattr(os, "stat", lambda path: regular)
        assert "not a regular file" in message(tmp_path / "pipe.csdef")

    def test_no_permission(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbid(*_: object) -> int:
            raise PermissionError(13, "Permission denied")

        path = written(tmp_path, worker())
        monkeypatch.setattr(os, "open", forbid)
        assert message(path) == (
            "FILE:1: no permission to read it; a readable file is expected; change its permissions"
        )

    def test_folder_that_cannot_be_listed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbid(*_: object) -> list[str]:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "listdir", forbid)
        assert message(tmp_path) == (
            "FILE:1: cannot be listed (Permission denied); a readable folder is expected; check its permissions"
        )

    def test_impossible_names(self, tmp_path: Path) -> None:
        for name in ("a\0.csdef", "a" * 5000 + ".csdef"):
            with pytest.raises(DeploymentError, match="cannot be read"):
                read_deployment([tmp_path / name])
