"""Writes the operations of an installed titiler.pgstac, or of titiler.application's /stac and /cog, with their query parameters:

titiler_operations.py pgstac > test/golden/titiler/operations.json
titiler_operations.py application > test/golden/titiler/application.json
"""

import json
import os
import sys
from importlib import import_module

for name in ("PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE"):
    os.environ.setdefault(name, "none")
os.environ.setdefault("PGPORT", "5432")

package = f"titiler.{sys.argv[1]}"
app = import_module(f"{package}.main").app
operations = {}
for path, methods in app.openapi()["paths"].items():
    if package == "titiler.application" and not path.startswith(("/stac/", "/cog/")):
        continue
    for method, operation in methods.items():
        parameters = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
        operations[f"{method.upper()} {path}"] = sorted(parameters)
print(json.dumps({"version": import_module(package).__version__, "operations": operations}, indent=1))
