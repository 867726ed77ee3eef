"""Evaluates CQL2 JSON over rows as SQLite and Shapely do: JSON {"rows": [...], "expressions": [...]} in, the rows kept by each out."""

import json
import sqlite3
import sys

SPATIAL = {"s_intersects", "s_disjoint", "s_equals", "s_touches", "s_within", "s_overlaps", "s_crosses", "s_contains"}
SIGNS = {"=", "<>", "<", ">", "<=", ">=", "+", "-", "*"}


def main() -> None:
    given = json.load(sys.stdin)
    rows = given["rows"]
    names = sorted({name for row in rows for name in row["properties"]})
    database = sqlite3.connect(":memory:")
    database.execute("PRAGMA case_sensitive_like = ON")
    database.create_function("spatial", 3, lambda op, row, other: spatial(op, rows[row]["geometry"], json.loads(other)))
    columns = ", ".join(f'"{name}"' for name in names)
    database.execute(f"CREATE TABLE items (row INTEGER, {columns})")
    for i, row in enumerate(rows):
        values = [i, *(row["properties"].get(name) for name in names)]
        database.execute(f"INSERT INTO items VALUES ({','.join('?' * len(values))})", values)
    answers = []
    for expression in given["expressions"]:
        where = sql(expression)
        answers.append([row for (row,) in database.execute(f"SELECT row FROM items WHERE {where} ORDER BY row")])
    json.dump(answers, sys.stdout)


def sql(node) -> str:
    if isinstance(node, bool):
        return "1" if node else "0"
    if isinstance(node, (int, float)):
        return f"({float(node)!r})"
    if isinstance(node, str):
        return "'" + node.replace("'", "''") + "'"
    if isinstance(node, list):
        return "(" + ", ".join(sql(one) for one in node) + ")"
    if "property" in node:
        return f'"{node["property"]}"'
    op, args = node["op"], node["args"]
    if op in SPATIAL:
        return f"spatial('{op}', row, {sql(json.dumps(args[1]))})"
    parts = [sql(arg) for arg in args]
    if op in ("and", "or"):
        return "(" + f" {op} ".join(parts) + ")"
    if op == "not":
        return f"(NOT {parts[0]})"
    if op == "isNull":
        return f"({parts[0]} IS NULL)"
    if op == "between":
        return f"({parts[0]} BETWEEN {parts[1]} AND {parts[2]})"
    if op == "like":
        return f"({parts[0]} LIKE {parts[1]} ESCAPE '\\')"
    if op == "in":
        return f"({parts[0]} IN {parts[1]})"
    if op == "/":
        return f"(1.0 * {parts[0]} / {parts[1]})"
    if op in SIGNS:
        return f"({parts[0]} {op} {parts[1]})"
    raise ValueError(op)


def spatial(op: str, a: dict, b: dict) -> bool:
    from shapely.geometry import box, shape

    other = box(*b["bbox"]) if "bbox" in b else shape(b)
    return bool(getattr(shape(a), op.removeprefix("s_"))(other))


if __name__ == "__main__":
    main()
