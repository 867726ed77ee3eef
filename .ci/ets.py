"""Arguments and results of OGC's executable test suites.

ets.py arguments URL      the arguments of a run against a server, as XML
ets.py results FOLDER     a line for each test that failed, then the counts; ends with 1 where one failed
"""

import json
import math
import sys
import urllib.request
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ZOOM = 13
SET = "WebMercatorQuad"


def arguments(url: str) -> None:
    with urllib.request.urlopen(f"{url}/collections") as answer:
        collection = json.load(answer)["collections"][0]
    west, south, east, north = collection["extent"]["spatial"]["bbox"][0]
    longitude, latitude = (west + east) / 2, (south + north) / 2
    column = int((longitude + 180) / 360 * 2**ZOOM)
    row = int((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * 2**ZOOM)
    entries = {
        "iut": url,
        "noofcollections": 3,
        "tilematrixsetdefinitionuri": f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{SET}",
        "urltemplatefortiles": f"{url}/collections/{collection['id']}/tiles/{SET}/{{tileMatrix}}/{{tileCol}}/{{tileRow}}.png",
        "tilematrix": ZOOM,
        "mintilerow": row,
        "maxtilerow": row,
        "mintilecol": column,
        "maxtilecol": column,
    }
    root = ElementTree.Element("properties", version="1.0")
    for key, value in entries.items():
        ElementTree.SubElement(root, "entry", key=key).text = str(value)
    print(ElementTree.tostring(root, encoding="unicode"))


def results(folder: str) -> int:
    found = list(Path(folder).rglob("testng-results.xml"))
    if not found:
        print("no results")
        return 1
    counts: Counter[str] = Counter()
    for test in ElementTree.parse(found[0]).iter("test-method"):
        status = test.get("status", "")
        if test.get("is-config") == "true" and status != "FAIL":
            continue
        counts[status] += 1
        if status == "FAIL":
            message = test.find("exception/message")
            text = "" if message is None or message.text is None else " ".join(message.text.split())
            print(f"FAIL {test.get('name')}: {text[:300]}")
    print(", ".join(f"{count} {status.lower()}" for status, count in sorted(counts.items())))
    return 1 if counts["FAIL"] or not counts["PASS"] else 0


if __name__ == "__main__":
    command, argument = sys.argv[1:]
    sys.exit(arguments(argument) if command == "arguments" else results(argument))
