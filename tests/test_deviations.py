"""The README names every departure from the paper that the code confesses."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_readme_lists_all_deviations():
    spec = importlib.util.spec_from_file_location("deviations", ROOT / "docs" / "deviations.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    readme = (ROOT / "README.md").read_text()
    assert script.collect().count("\n") >= 5
    assert script.insert(readme) == readme, "run python docs/deviations.py"
