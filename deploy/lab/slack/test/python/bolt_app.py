"""A small Bolt for Python app, started by the emulator's tests.

    python bolt_app.py socket | http PORT      (SLACK_API_URL, SLACK_BOT_TOKEN, … in the environment)

Prints one JSON object a line for everything it hears and ends when its input is closed.
"""

import json
import os
import sys
import threading

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient


def say(kind: str, **details) -> None:
    # One write, on a line of its own: Bolt prints from another thread.
    os.write(sys.stdout.fileno(), f"\n{json.dumps({'kind': kind, **details})}\n".encode())


app = App(
    client=WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]),
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
)

MODAL = {
    "type": "modal",
    "callback_id": "edit",
    "title": {"type": "plain_text", "text": "Edit"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [
        {
            "type": "input",
            "block_id": "name",
            "label": {"type": "plain_text", "text": "Name"},
            "element": {"type": "plain_text_input", "action_id": "value"},
        },
        {
            "type": "input",
            "block_id": "package",
            "label": {"type": "plain_text", "text": "Package"},
            "element": {"type": "external_select", "action_id": "pkg", "min_query_length": 1},
        },
    ],
}


@app.command("/conda-env")
def command(ack, command, client, respond):
    ack(text="queued")
    say("command", text=command["text"])
    client.chat_postMessage(
        channel=command["channel_id"],
        text="building",
        blocks=[
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "retry",
                        "text": {"type": "plain_text", "text": "Retry"},
                    }
                ],
            }
        ],
    )
    respond(text="later", response_type="in_channel")


@app.action("retry")
def retry(ack, body, client):
    ack()
    client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="retrying")
    client.views_open(trigger_id=body["trigger_id"], view=MODAL)


@app.options("pkg")
def options(ack, payload):
    text = payload["value"]
    ack(options=[{"text": {"type": "plain_text", "text": text}, "value": text}])


@app.view("edit")
def edit(ack, view):
    name = view["state"]["values"]["name"]["value"]["value"]
    if name == "bad":
        ack(response_action="errors", errors={"name": "no such name"})
        return
    ack()
    say("submitted", name=name)


@app.event("app_mention")
def mention(event, say):
    say(text="you called", thread_ts=event["ts"])


if sys.argv[1] == "socket":
    handler = SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"])
    handler.connect()
else:
    threading.Thread(target=lambda: app.start(port=int(sys.argv[2])), daemon=True).start()
say("started")
sys.stdin.read()
if sys.argv[1] == "socket":
    handler.close()
os._exit(0)
