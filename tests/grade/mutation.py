"""Mechanical mutants: a function with one operator, constant, axis or index changed."""

import ast
import copy
from collections.abc import Iterator

OPERATORS = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.FloorDiv: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.MatMult: [ast.Mult],
    ast.Mod: [ast.Mult],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
}


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node with one thing changed."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        for other in OPERATORS.get(type(node.op), []):
            yield with_field(node, "op", other())
    elif isinstance(node, ast.Compare):
        for other in OPERATORS.get(type(node.ops[0]), []):
            yield with_field(node, "ops", [other()])
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield ast.Constant(not node.value)
        elif isinstance(node.value, (int, float)):
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
        elif isinstance(node.value, complex):
            yield ast.Constant(node.value * 2)
    elif isinstance(node, ast.Slice):
        for field in ("lower", "upper", "step"):
            if getattr(node, field) is not None:
                yield with_field(node, field, None)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len({*map(ast.dump, node.elts[:2])}) == 2:
        yield with_field(node, "elts", [node.elts[1], node.elts[0], *node.elts[2:]])


def with_field(node: ast.AST, field: str, value: object) -> ast.AST:
    changed = copy.copy(node)
    setattr(changed, field, value)
    return changed


def sites(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Yield parent, field, place in the list (or None), and child, for all that lies under a node."""
    for field, value in ast.iter_fields(node):
        for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield node, field, place, child
                yield from sites(child)


def mutants(text: str, function: str) -> Iterator[tuple[str, str]]:
    """Yield (what was changed, the whole text with it) for each mutant of a function."""
    tree = ast.parse(text)
    own = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    original = ast.unparse(own)
    for statement in own.body[1:]:  # behind the docstring
        for parent, field, place, child in [*sites(statement)]:
            for variant in variants(child):
                put(parent, field, place, variant)
                yield f"{ast.unparse(child)} -> {ast.unparse(variant)} in {ast.unparse(statement)}", ast.unparse(tree)
                put(parent, field, place, child)
    assert ast.unparse(own) == original


def put(parent: ast.AST, field: str, place: int | None, child: ast.AST) -> None:
    if place is None:
        setattr(parent, field, child)
    else:
        getattr(parent, field)[place] = child
