"""A module that is not installed yet is told at the start of the tests, with what to do."""

from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def conftest(pytestconfig: pytest.Config) -> ModuleType:
    """conftest.py in the root of the repository."""
    plugin = pytestconfig.pluginmanager.get_plugin(str(ROOT / "conftest.py"))
    assert isinstance(plugin, ModuleType)
    return plugin


def tree(root: Path, *modules: str) -> Path:
    for module in modules:
        (root / module).parent.mkdir(parents=True, exist_ok=True)
        (root / module).touch()
    return root


def test_an_installed_tree_is_complete(conftest: ModuleType, tmp_path: Path) -> None:
    root = tree(tmp_path / "root", "app/cli.py", "app/formats/text.py", "model/agents/user.py", "tests/test_cli.py")
    installed = tree(tmp_path / "goalstate", "cli.py", "formats/text.py", "model/agents/user.py")
    assert conftest.not_installed(root, installed) == []


def test_new_and_deleted_modules_are_named(conftest: ModuleType, tmp_path: Path) -> None:
    root = tree(tmp_path / "root", "app/cli.py", "model/agents/forgotten.py")
    installed = tree(tmp_path / "goalstate", "cli.py")
    (installed / "model" / "agents").mkdir(parents=True)
    (installed / "model" / "agents" / "gone.py").symlink_to(tmp_path / "nowhere.py")
    assert conftest.not_installed(root, installed) == ["model/agents/forgotten.py", "model/agents/gone.py"]


def test_the_message_says_what_to_run(conftest: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "ROOT", tree(tmp_path, "model/agents/forgotten.py"))
    with pytest.raises(pytest.UsageError, match=r"model/agents/forgotten\.py.*run `make ready`"):
        conftest.pytest_configure()
