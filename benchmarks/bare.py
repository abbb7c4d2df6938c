"""What is measured against: the shortest program that asks a server over httpx and prints the answer as it streams."""

import asyncio
import json
import sys

import httpx


async def main(url: str, key: str) -> None:
    body = {
        "model": "mistral-small-latest",
        "stream": True,
        "messages": [{"role": "user", "content": sys.stdin.read()}],
    }
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        httpx.AsyncClient(timeout=60) as client,
        client.stream("POST", f"{url}/v1/chat/completions", json=body, headers=headers) as response,
    ):
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                print(json.loads(line[6:])["choices"][0]["delta"].get("content") or "", end="", flush=True)
    print()


asyncio.run(main(*sys.argv[1:]))
