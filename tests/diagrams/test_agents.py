"""The real agents: all of them can be drawn, whole, by both layout programs."""

import shutil
import xml.etree.ElementTree as ET

import pytest

from goalstate.diagrams.diagram import Node
from goalstate.diagrams.drawing import KINDS, diagrams
from goalstate.diagrams.mermaid import mermaid
from goalstate.diagrams.svg import Layout, svg
from goalstate.diagrams.workflows import workflow_steps
from goalstate.model.deployment import read_deployment
from goalstate.model.network import Network
from goalstate.model.workflow import Workflow

SCHEMAS = "http://schemas.microsoft.com/ServiceHosting/2008/10/"
DEFINITION = f"""\
<ServiceDefinition name="Shop" xmlns="{SCHEMAS}ServiceDefinition">
  <WebRole name="Web">
    <Startup>
      <Task commandLine="prepare.cmd" executionContext="elevated" taskType="simple" />
      <Task commandLine="watch.cmd" taskType="background" />
    </Startup>
    <Sites><Site name="Web"><Bindings><Binding name="b" endpointName="In" /></Bindings></Site></Sites>
    <Endpoints><InputEndpoint name="In" protocol="http" port="80" /></Endpoints>
  </WebRole>
  <WorkerRole name="Worker" />
</ServiceDefinition>
"""
CONFIGURATION = f"""\
<ServiceConfiguration serviceName="Shop" xmlns="{SCHEMAS}ServiceConfiguration">
  <Role name="Web"><Instances count="2" /></Role>
  <Role name="Worker"><Instances count="1" /></Role>
</ServiceConfiguration>
"""
MERMAID_LIMIT = 50_000
"""Characters that Mermaid reads (maxTextSize), as code hosts configure it."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "ServiceDefinition.csdef").write_text(DEFINITION)
    (folder / "ServiceConfiguration.cscfg").write_text(CONFIGURATION)
    return Workflow(read_deployment([folder])).network


@pytest.mark.parametrize("layout", ["dot", "graphviz-pure"])
def test_every_agent_is_drawn_whole(shop: Network, layout: Layout) -> None:
    if layout == "dot" and shutil.which("dot") is None:
        pytest.skip("no Graphviz on this machine")
    charts = {c.chart for c in shop.components}
    pictures = diagrams("agents", shop)
    assert len(pictures) == len(charts)
    for diagram, chart in zip(pictures.values(), dict.fromkeys(c.chart for c in shop.components), strict=True):
        root = ET.fromstring(svg(diagram, layout))
        titles = [t.text for t in root.iter("{http://www.w3.org/2000/svg}title")]
        # A leaf's node has the state's name for a title, a composite's cluster has it with a prefix.
        for name in chart.state_names:
            assert name in titles or f"cluster_{name}" in titles, name
        classes = [g.get("class") for g in root.iter("{http://www.w3.org/2000/svg}g")]
        assert classes.count("edge") == len(diagram.edges)


def test_every_picture_fits_into_mermaid(shop: Network) -> None:
    for kind in KINDS:
        for diagram in diagrams(kind, shop).values():
            assert len(mermaid(diagram)) < MERMAID_LIMIT
            assert len(diagram.edges) < 500


def test_the_two_web_instances_share_a_box(shop: Network) -> None:
    (diagram,) = diagrams("network", shop).values()
    nodes = {i.id for i in diagram.walk() if isinstance(i, Node)}
    assert "Web_IN_0/host_agent" in nodes
    assert "Web_IN_1/host_agent" not in nodes
    assert "Worker_IN_0/host_agent" in nodes


def test_the_workflow_has_every_step_of_the_document(shop: Network) -> None:
    steps = workflow_steps(shop)
    assert {s.number for s in steps} == set(range(1, 11))
    position = {(s.number, s.event): s.position for s in steps}
    assert position[7, "start_task_0"] < position[7, "task_0_succeeds"] < position[7, "startup_tasks_done"]
    assert position[9, "on_start_called"] < position[9, "on_start_returned"] < position[9, "run_invoked"]
    assert {arrow for s in steps if s.event == "start_guest" for arrow in s.arrows} == {("host_agent", "guest_os")}
