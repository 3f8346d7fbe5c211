"""A client that knows nothing of the API but its document: what it sends and what it hears is validated by that."""

import asyncio
import itertools
import json
import re
import sys
import urllib.request

import jsonschema
import socketio


class Api:
    """The API of a server whose document is at this URL."""

    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver.from_schema(document)
        self.client = socketio.AsyncClient(reconnection=False)
        self.ids = (f"py-{number}" for number in itertools.count(1))
        self.queues = {}

    @classmethod
    def read(cls, url):
        with urllib.request.urlopen(url) as response:
            return cls(json.load(response))

    async def connect(self, **credentials):
        server = self.document["servers"]["default"]
        version = self.document["x-jira"]["protocol"]
        for channel in self.document["channels"].values():
            self.client.on(channel["address"], self.hear(channel["address"]))
        await self.client.connect(
            f"http://{server['host']}",
            socketio_path=server["pathname"],
            auth={"jira": version, **credentials},
            transports=["websocket"],
        )

    async def call(self, operation, **parts):
        """Answers what the operation answers, by its name in the document: `issues.create`."""
        described = self.document["operations"][operation]
        action = described["x-action"]
        method = parts.pop("method", action["methods"][0])
        frame = {"requestId": next(self.ids), "method": method, "action": action["name"], **parts}
        self.validate(frame, described["messages"])
        answer = await self.client.call(action["namespace"], frame, timeout=10)
        self.validate(answer, described["reply"]["messages"])
        return answer

    async def subscribe(self, operation, **parts):
        """Answers a function that waits for the next change."""
        queue = asyncio.Queue()
        answer = await self.call(operation, **parts)
        if answer["status"] != 200:
            raise RuntimeError(answer["data"])
        self.queues[answer["data"]["channel"]] = queue
        return lambda: asyncio.wait_for(queue.get(), 10)

    def hear(self, address):
        async def on_frame(frame):
            channel = re.sub(r"[^\w.-]", "_", address)
            changes = self.document["operations"].get(f"{channel}.changes")
            if changes and frame.get("channel") in self.queues:
                self.validate(frame, changes["messages"])
                await self.queues[frame["channel"]].put(frame)

        return on_frame

    def validate(self, frame, messages):
        """The frame has to be one of these messages."""
        choices = [self.resolve(message)["payload"] for message in messages]
        jsonschema.Draft7Validator({"anyOf": choices}, resolver=self.resolver).validate(frame)

    def resolve(self, value):
        while "$ref" in value:
            value = self.resolver.resolve(value["$ref"])[1]
        return value


async def main(url):
    ada, grace = Api.read(url), Api.read(url)
    await ada.connect(token="demo-ada")
    await grace.connect(token="demo-grace")

    listed = await grace.call("issues.list", query={"status": "open"})
    project = listed["data"]["results"][0]["projectId"]
    next_change = await grace.subscribe("issues.subscribe", query={"title__icontains": "python"})
    created = await ada.call("issues.create", data={"title": "Python reads the document", "projectId": project})
    added = await next_change()
    query = {"pk": created["data"]["id"]}
    await ada.call("issues.update", method="PATCH", query=query, data={"status": "done"})
    modified = await next_change()
    await ada.call("issues.destroy", query=query)
    removed = await next_change()

    refused = []
    for data in ({}, {"title": 1, "projectId": project}, {"title": "x", "projectId": "first"}):
        try:
            await ada.call("issues.create", data=data)
        except jsonschema.ValidationError as error:
            refused.append(error.validator)

    await ada.client.disconnect()
    await grace.client.disconnect()
    print(json.dumps({"created": created, "changes": [added, modified, removed], "refused": refused}))


asyncio.run(main(sys.argv[1]))
