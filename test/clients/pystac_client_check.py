"""Reads a running Tectile server as pystac-client does: python pystac_client_check.py http://127.0.0.1:8080/

Needs pystac-client and jsonschema. Exits with 1 and a sentence at the first thing that isn't as a client may expect.
"""

import json
import sys
import urllib.request
import warnings
from pathlib import Path

import pystac
from pystac.validation import JsonSchemaSTACValidator, RegisteredValidator
from pystac_client import Client

TEC_SCHEMA = Path(__file__).parents[2] / "docs/tec-extension/v1.0.0/schema.json"


def main(base: str) -> None:
    warnings.simplefilter("error")  # a missing conformance class, link or redirect shows as a warning
    client = Client.open(base)
    collections = list(client.get_collections())
    check(len(collections) > 0, "there are no collections")
    items = 0
    for collection in collections:
        validate(collection.to_dict())
        items += check_collection(client, collection)
    check(items > 0, "there are no items")
    print(f"{len(collections)} collections and {items} items are as pystac-client expects")


def check_collection(client: Client, collection: pystac.Collection) -> int:
    listed = [item.id for item in collection.get_items()]
    check(len(listed) == len(set(listed)), f"{collection.id}: its items come twice")
    if not listed:
        return 0
    box = collection.extent.spatial.bboxes[0]
    start, end = collection.extent.temporal.intervals[0]
    for method in ("GET", "POST"):
        search = client.search(
            method=method, collections=[collection.id], bbox=box, datetime=[start, end], limit=max(1, len(listed) // 3)
        )
        pages = list(search.pages())
        found = [item.id for page in pages for item in page]
        check(len(found) == len(set(found)), f"{collection.id}: {method} search gives an item twice")
        check(set(found) == set(listed), f"{collection.id}: {method} search finds {len(found)} of {len(listed)} items")
        check(search.matched() == len(listed), f"{collection.id}: numberMatched is {search.matched()}")
        times = [item.datetime for page in pages for item in page]
        check(times == sorted(times, reverse=True), f"{collection.id}: items aren't newest first")
    check_filter(client, collection, len(listed))
    for item in pages[0]:
        validate(item.to_dict())
        check(item.get_collection().id == collection.id, f"{item.id}: its collection link leads elsewhere")
        asset = item.assets["tec"]
        request = urllib.request.Request(asset.href, headers={"Range": "bytes=0-3"})
        with urllib.request.urlopen(request) as answer:
            check(answer.status == 206 and len(answer.read()) == 4, f"{item.id}: its asset isn't served by ranges")
        tiles = [link for link in item.links if link.rel == "xyz"]
        check(len(tiles) == 1 and "{z}/{x}/{y}" in tiles[0].href, f"{item.id}: it has no xyz link")
    return len(listed)


def check_filter(client: Client, collection: pystac.Collection, count: int) -> None:
    """The commonest question: little cloud, oldest first; by CQL2 text, CQL2 JSON and the query extension."""
    below = {"op": "<", "args": [{"property": "tec:quality"}, 1001]}
    asked = [
        {"method": "GET", "filter": "tec:quality < 1001"},
        {"method": "POST", "filter": below},
        {"method": "POST", "query": {"tec:quality": {"lt": 1001}}},
        {"method": "GET", "query": ["tec:quality<1001"]},
    ]
    for more in asked:
        search = client.search(collections=[collection.id], sortby="+properties.datetime", limit=1, **more)
        items = list(search.items())
        check(len(items) == count, f"{collection.id}: {more} finds {len(items)} of {count} items")
        times = [item.datetime for item in items]
        check(times == sorted(times), f"{collection.id}: {more} isn't oldest first")
    none = client.search(collections=[collection.id], filter="tec:quality > 1000", fields=["id"])
    check(list(none.items()) == [], f"{collection.id}: a filter that nothing passes finds items")
    queryables = client.get_collection(collection.id).get_queryables()
    check("tec:quality" in queryables["properties"], f"{collection.id}: tec:quality is not queryable")
    found = [one.id for one in client.collection_search(bbox=collection.extent.spatial.bboxes[0]).collections()]
    check(collection.id in found, f"{collection.id}: collection search by its own box doesn't find it")


def validate(document: dict) -> None:
    """Against the core schema that pystac brings and our extension's; the other extensions' need a network."""
    tec = json.loads(TEC_SCHEMA.read_text())
    check(tec["$id"] in document["stac_extensions"], f"{document['id']}: it doesn't declare the tec extension")
    RegisteredValidator.get_validator().validate_core(
        document, pystac.STACObjectType.ITEM if document["type"] == "Feature" else pystac.STACObjectType.COLLECTION, "1.1.0"
    )
    import jsonschema

    jsonschema.validate(document, tec)


def check(holds: bool, sentence: str) -> None:
    if not holds:
        sys.exit(sentence)


if __name__ == "__main__":
    RegisteredValidator.set_validator(JsonSchemaSTACValidator())
    main(sys.argv[1])
