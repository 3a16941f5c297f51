"""The rules of CONTRIBUTING for kernels: one decorator, at most 8 parameters, a test file of the same name."""

import ast
import re
from pathlib import Path

import pytest

from konomi import kernels

FOLDER = Path(kernels.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
REPOSITORY = Path(__file__).parents[2]
OWN = {"kernel", "intrinsic"}
OF_NUMBA = {"jit", "njit", "vectorize", "guvectorize", "stencil", "cfunc", "generated_jit", "jit_module"}


def tree_of(module: str) -> ast.Module:
    return ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))


def functions(module: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree_of(module)) if isinstance(node, ast.FunctionDef)]


def decorators(function: ast.FunctionDef) -> list[str]:
    """The decorators as they are written, without the options."""
    return [ast.unparse(one.func if isinstance(one, ast.Call) else one) for one in function.decorator_list]


def compiled(module: str) -> list[ast.FunctionDef]:
    return [one for one in functions(module) if set(decorators(one)) & OWN]


def names_in(tree: ast.AST) -> set[str]:
    """Every name, attribute and imported name in the code."""
    return (
        {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        | {node.name for node in ast.walk(tree) if isinstance(node, ast.alias)}
    )


def test_the_rule_finds_the_kernels() -> None:
    assert {"adagrad", "compiled", "gram", "topk"} <= set(MODULES)
    assert [one.name for one in compiled("fold_in")] == ["fold_in"]
    assert sum(len(compiled(module)) for module in MODULES) > 50


@pytest.mark.parametrize("module", [one for one in MODULES if one != "compiled"])
def test_functions_are_compiled_by_konomis_own_decorators_alone(module: str) -> None:
    foreign = {one for function in functions(module) for one in decorators(function)} - OWN
    assert not foreign, f"{module}.py decorates with {foreign}; use `kernel` or `intrinsic` of compiled.py"
    assert not names_in(tree_of(module)) & OF_NUMBA


@pytest.mark.parametrize("module", MODULES)
def test_a_kernel_has_at_most_8_parameters(module: str) -> None:
    for function in compiled(module):
        arguments = function.args
        assert (arguments.vararg, arguments.kwarg) == (None, None), function.name
        n = len(arguments.posonlyargs) + len(arguments.args) + len(arguments.kwonlyargs)
        n -= "intrinsic" in decorators(function)  # the first parameter is Numba's
        assert n <= 8, f"{function.name} in {module}.py has {n} parameters"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_a_test_file_of_its_name_that_uses_every_public_kernel(module: str) -> None:
    test = Path(__file__).with_name(f"test_{module}.py")
    assert test.is_file(), f"kernels/{module}.py needs {test.name}"
    used = names_in(ast.parse(test.read_text(encoding="utf-8")))
    public = {one.name for one in compiled(module) if not one.name.startswith("_")}
    assert public <= used, f"{test.name} does not use {public - used}"


def test_contributing_lists_every_kernel_module_and_only_benchmarks_that_exist() -> None:
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Kernels")[1]
    named = set(re.findall(r"`(\w+)`", text.split("| stage |")[1]))
    assert named == set(MODULES) - {"cache", "compiled"}
    benchmarks = set(re.findall(r"`(bench_\w+\.py)`", text))
    assert benchmarks
    missing = [one for one in sorted(benchmarks) if not (REPOSITORY / "benchmarks" / one).is_file()]
    assert missing == []
