"""What numexpr makes of expressions: JSON {"type", "bands": {NAME: [...]}, "expressions": [...]} in, a list of numbers (null: not finite) for each out."""

import json
import sys

import numexpr
import numpy

asked = json.load(sys.stdin)
bands = {name: numpy.array(values, dtype=asked["type"]) for name, values in asked["bands"].items()}
length = len(next(iter(bands.values())))
answers = []
with numpy.errstate(all="ignore"):
    for expression in asked["expressions"]:
        values = numpy.broadcast_to(numexpr.evaluate(expression, bands), (length,)).astype("float64")
        answers.append([float(v) if numpy.isfinite(v) else None for v in values])
json.dump(answers, sys.stdout)
