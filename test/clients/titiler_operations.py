"""Writes the operations of an installed titiler.pgstac with their query parameters: titiler_operations.py > test/golden/titiler/operations.json."""

import json
import os

for name in ("PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE"):
    os.environ.setdefault(name, "none")
os.environ.setdefault("PGPORT", "5432")

import titiler.pgstac  # noqa: E402
from titiler.pgstac.main import app  # noqa: E402

operations = {}
for path, methods in app.openapi()["paths"].items():
    for method, operation in methods.items():
        parameters = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
        operations[f"{method.upper()} {path}"] = sorted(parameters)
print(json.dumps({"version": titiler.pgstac.__version__, "operations": operations}, indent=1))
