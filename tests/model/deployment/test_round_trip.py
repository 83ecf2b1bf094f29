"""Any service, written as XML in any manner, is read back as the same value."""

import random
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from goalstate.model.deployment import Deployment, read_deployment

from .strategies import deployments, files, without_locations

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom"]


def encoded(text: str, encoding: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding)


@given(deployments(), st.randoms(use_true_random=False), st.sampled_from(ENCODINGS))
def test_what_is_written_is_read(deployment: Deployment, chance: random.Random, encoding: str) -> None:
    definition, configuration = files(deployment, chance)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "ServiceDefinition.csdef").write_bytes(encoded(definition, encoding))
        Path(folder, "ServiceConfiguration.Cloud.cscfg").write_bytes(encoded(configuration, encoding))
        read = read_deployment([Path(folder)])
        again = read_deployment([Path(folder)])
    assert without_locations(read) == deployment
    assert read == again
    assert hash(read) == hash(again)


@given(deployments())
def test_a_partner_is_an_earlier_background_task_of_the_same_program(deployment: Deployment) -> None:
    for role in deployment.roles:
        for index, task in enumerate(role.tasks):
            if task.command.endswith("/blockStartup"):
                assert task.partner is not None
                partner = role.tasks[task.partner]
                assert task.partner < index
                assert task.command == f"{partner.command} /blockStartup"
            else:
                assert task.partner is None


@given(deployments())
def test_upgrade_domains_differ_in_size_by_at_most_one(deployment: Deployment) -> None:
    for role in deployment.roles:
        domains = [domain for owner, _, domain in deployment.instances() if owner is role]
        sizes = [domains.count(domain) for domain in range(deployment.upgrade_domain_count)]
        assert sum(sizes) == role.instances
        assert max(sizes) - min(sizes) <= 1
