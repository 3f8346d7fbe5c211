"""Calls, subscribes and hears of a change, as any Socket.IO client in another language can. Prints what it got as JSON."""

import asyncio
import json
import sys

import socketio


async def connect(url, token, refused=None):
    client = socketio.AsyncClient(reconnection=False)
    if refused:
        client.on("connect_error", refused)
    await client.connect(url, auth={"jira": 2, "token": token}, transports=["websocket"])
    return client


async def main(url):
    ada = await connect(url, "demo-ada")
    grace = await connect(url, "demo-grace")
    ids = iter(range(1, 1000))

    async def call(client, namespace, action, method, **rest):
        frame = {"requestId": f"py-{next(ids)}", "action": action, "method": method, **rest}
        return await client.call(namespace, frame, timeout=10)

    heard = asyncio.Queue()
    grace.on("issues", lambda frame: heard.put_nowait(frame))

    listed = await call(grace, "issues", "list", "GET", query={"status": "open"})
    project = listed["data"]["results"][0]["projectId"]
    subscribed = await call(grace, "issues", "subscribe", "SUBSCRIPTION", query={"title__icontains": "python"})
    created = await call(ada, "issues", "create", "POST", data={"title": "Hello from Python", "projectId": project})
    added = await asyncio.wait_for(heard.get(), 10)
    query = {"pk": created["data"]["id"]}
    await call(ada, "issues", "update", "PATCH", query=query, data={"status": "done"})
    modified = await asyncio.wait_for(heard.get(), 10)
    await call(ada, "issues", "destroy", "DELETE", query=query)
    removed = await asyncio.wait_for(heard.get(), 10)
    refused = await call(grace, "issues", "create", "POST", data={})
    target = {"target": "py-2"}
    ended = await call(grace, "issues", "unsubscribe", "SUBSCRIPTION", data=target)

    intruder = asyncio.get_running_loop().create_future()
    try:
        await connect(url, "nobody's", lambda error: intruder.set_result(error))
        intruder.set_result("in")
    except socketio.exceptions.ConnectionError:
        pass

    await ada.disconnect()
    await grace.disconnect()
    print(json.dumps({
        "listed": listed, "subscribed": subscribed, "created": created, "added": added, "modified": modified,
        "removed": removed, "refused": refused, "ended": ended, "intruder": await asyncio.wait_for(intruder, 10),
    }))


asyncio.run(main(sys.argv[1]))
