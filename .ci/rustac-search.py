"""rustac finds, pages and sorts what the server at the address given holds."""

import asyncio
import sys

import rustac


async def main(url: str) -> None:
    found = await rustac.search(url, collections="landscape", sortby="+datetime", limit=3, max_items=8)
    times = [item["properties"]["datetime"] for item in found]
    assert len(times) == 8 and times == sorted(times), times
    clear = await rustac.search(url, collections="landscape", filter="eo:cloud_cover < 20", max_items=100)
    assert 0 < len(clear) < len(found) + 1, len(clear)
    assert all(item["properties"]["eo:cloud_cover"] < 20 for item in clear)
    print(f"{len(found)} items in order, {len(clear)} of them under 20 % cloud")


asyncio.run(main(sys.argv[1]))
