from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

#: Each starts an interpreter that imports pandas.
pytestmark = pytest.mark.slow

#: Says whether the accessor is there, and whether anything has stayed behind.
TELL = """
import sys
frame = pd.DataFrame({"status": ["ok"], "attempts": [1]})
watchers = [it for it in sys.meta_path if type(it).__name__ == "PandasWatcher"]
print(frame.calls, len(watchers))
"""
THERE = "<calls of 1 row: 1 ok> 0\n"


def said(script: str, *, tell: str = TELL) -> str:
    """Return what a script prints in an interpreter of its own, where warnings are errors."""
    code = textwrap.dedent(script) + tell
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


ORDERS = {
    "this package first": "import notebook_kit\nimport pandas as pd",
    "pandas first": "import pandas as pd\nimport notebook_kit",
    "a part of pandas first": "import notebook_kit\nfrom pandas.api import types\n"
    "import pandas as pd",
    "asked for before": "import importlib.util, notebook_kit\n"
    "assert importlib.util.find_spec('pandas') is not None\nimport pandas as pd",
    "reloaded after": "import importlib, notebook_kit\nimport pandas as pd\n"
    "importlib.reload(notebook_kit)\nimportlib.reload(pd)",
    "reloaded before": "import importlib, notebook_kit\nimportlib.reload(notebook_kit)\n"
    "import pandas as pd",
    "imported anew after": "import sys, notebook_kit\nimport pandas as pd\n"
    "for name in [it for it in sys.modules if it.startswith('notebook_kit')]:\n"
    "    del sys.modules[name]\nimport notebook_kit",
    "imported anew before": "import sys, notebook_kit\n"
    "for name in [it for it in sys.modules if it.startswith('notebook_kit')]:\n"
    "    del sys.modules[name]\nimport notebook_kit\nimport pandas as pd",
}


@pytest.mark.parametrize("order", ORDERS)
def test_the_accessor_is_there_in_any_order_of_imports(order: str) -> None:
    """Nothing else has to be imported, and nothing stays in the way of imports."""
    assert said(ORDERS[order]) == THERE


def test_pandas_is_what_it_would_have_been() -> None:
    """Its loader is its own again, and finds its files."""
    script = """
        import importlib.resources, notebook_kit
        import pandas as pd
        spec = pd.__spec__
        assert "exec_module" not in vars(spec.loader), vars(spec.loader)
        assert pd.__loader__ is spec.loader
        assert type(spec.loader).__name__ == "SourceFileLoader"
        assert importlib.resources.files("pandas").joinpath("__init__.py").is_file()
    """
    assert said(script) == THERE


def test_threads_may_import_both_at_once() -> None:
    """However the imports meet, the accessor is there when both are done."""
    script = """
        import importlib, sys, threading
        start = threading.Barrier(4)
        failures = []
        def load(name):
            start.wait()
            try:
                importlib.import_module(name)
            except BaseException as error:
                failures.append(error)
        names = ["pandas", "notebook_kit", "pandas", "notebook_kit"]
        threads = [threading.Thread(target=load, args=(name,)) for name in names]
        [it.start() for it in threads]
        [it.join() for it in threads]
        assert not failures, failures
        import pandas as pd
    """
    assert said(script) == THERE


def test_pandas_that_is_half_imported_is_waited_for() -> None:
    """Imported from within pandas, the package has the accessor added once pandas is whole."""
    script = """
        import importlib.abc, sys
        class Within(importlib.abc.MetaPathFinder):
            # Imports the package when pandas asks for one of its own last parts.
            def find_spec(self, name, path, target=None):
                if name == "pandas.testing":
                    sys.meta_path.remove(self)
                    import notebook_kit
                    watchers = [type(it).__name__ for it in sys.meta_path]
                    assert "PandasWatcher" in watchers, watchers
        sys.meta_path.insert(0, Within())
        import pandas as pd
        import sched  # or anything else
    """
    assert said(script) == THERE


def test_pandas_that_could_not_be_imported_is_waited_for() -> None:
    """A first import that fails changes nothing for the second."""
    script = """
        import sys, notebook_kit
        sys.modules["numpy"] = None
        try:
            import pandas as pd
        except ImportError:
            del sys.modules["numpy"]
            for name in [it for it in sys.modules if it.startswith("pandas")]:
                del sys.modules[name]
        import pandas as pd
    """
    assert said(script) == THERE


def test_where_pandas_may_not_be_imported_nothing_happens() -> None:
    """The package is imported all the same, and pandas is not."""
    script = """
        import sys
        sys.modules["pandas"] = None
        import notebook_kit
        print(sys.modules["pandas"])
    """
    assert said(script, tell="") == "None\n"


def test_what_is_no_pandas_is_left_alone() -> None:
    """A stand-in of that name need not have frames."""
    script = """
        import sys, types
        sys.modules["pandas"] = types.ModuleType("pandas")
        import notebook_kit
        print(dir(sys.modules["pandas"])[0])
    """
    assert said(script, tell="") == "__doc__\n"


def test_pandas_that_is_to_be_loaded_later_is_not_loaded_before() -> None:
    """Looking whether it is there would load it."""
    script = """
        import importlib.util, sys
        spec = importlib.util.find_spec("pandas")
        spec.loader = importlib.util.LazyLoader(spec.loader)
        pd = importlib.util.module_from_spec(spec)
        sys.modules["pandas"] = pd
        spec.loader.exec_module(pd)
        import notebook_kit, sched
        assert "numpy" not in sys.modules
        pd.DataFrame
        import pydoc
    """
    assert said(script) == THERE


def test_an_accessor_of_another_library_stays() -> None:
    """Who took the name first keeps it, and a warning says what to write."""
    script = """
        import warnings
        import pandas as pd
        pd.api.extensions.register_dataframe_accessor("calls")(lambda frame: "theirs")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            import notebook_kit
        print(pd.DataFrame().calls, [str(it.message)[:45] for it in caught])
    """
    expected = "theirs [\"DataFrames have an accessor 'calls' of anothe\"]\n"
    assert said(script, tell="") == expected


def test_a_column_of_that_name_is_found_as_before() -> None:
    """A table that is no frame of a run may have a column ``calls``."""
    script = """
        import notebook_kit
        import pandas as pd
        table = pd.DataFrame({"calls": [1]})
        table.calls = [2]
        print(table.calls.tolist(), pd.DataFrame.calls.__name__)
    """
    assert said(script, tell="") == "[2] Calls\n"
