"""Slack's Python Web API client goes through the emulator's methods. Prints `ok` at the end."""

import os

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

client = WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])


def refused(error: str, call) -> None:
    try:
        call()
    except SlackApiError as failure:
        assert failure.response["error"] == error, failure.response.data
        return
    raise AssertionError(f"not refused: {error}")


me = client.auth_test()
assert me["user_id"].startswith("U") and me["bot_id"].startswith("B")
client.api_test()
channels = {channel["name"]: channel["id"] for channel in client.conversations_list(limit=1)["channels"]}
for page in client.conversations_list(types="public_channel,private_channel", limit=2):
    channels |= {channel["name"]: channel["id"] for channel in page["channels"]}
assert {"general", "platform-ops"} <= set(channels), channels
people = {user["name"]: user["id"] for user in client.users_list()["members"]}
assert client.users_info(user=people["ana"])["user"]["profile"]["email"] == "ana@acme.example"
assert client.users_lookupByEmail(email="ben@acme.example")["user"]["id"] == people["ben"]
group = client.usergroups_list()["usergroups"][0]["id"]
assert client.usergroups_users_list(usergroup=group)["users"] == [people["omar"]]
general = channels["general"]
assert people["ana"] in client.conversations_members(channel=general)["members"]
assert client.conversations_info(channel=general)["channel"]["is_member"] is True

post = client.chat_postMessage(channel=general, text="a", metadata={"event_type": "t", "event_payload": {"a": 1}})
ts = post["ts"]
client.chat_update(channel=general, ts=ts, text="b")
client.chat_postMessage(channel=general, thread_ts=ts, text="reply", reply_broadcast=True)
replies = client.conversations_replies(channel=general, ts=ts)["messages"]
assert [message["text"] for message in replies] == ["b", "reply"], replies
assert replies[0]["reply_count"] == 1
assert client.chat_getPermalink(channel=general, message_ts=ts)["permalink"].endswith(f"#{general}/{ts}")
client.reactions_add(channel=general, timestamp=ts, name="eyes")
refused("already_reacted", lambda: client.reactions_add(channel=general, timestamp=ts, name="eyes"))
client.reactions_remove(channel=general, timestamp=ts, name="eyes")
client.chat_postEphemeral(channel=general, user=people["ana"], text="psst")
direct = client.conversations_open(users=people["ana"])["channel"]["id"]
assert client.chat_postMessage(channel=people["ana"], text="hello")["channel"] == direct
upload = client.files_upload_v2(channel=general, filename="lock.txt", content="numpy\n", initial_comment="the lock")
assert client.files_info(file=upload["file"]["id"])["file"]["size"] == 6
view = {"type": "home", "blocks": [{"type": "divider"}]}
assert client.views_publish(user_id=people["ana"], view=view)["view"]["type"] == "home"
stream = client.chat_startStream(
    channel=general, thread_ts=ts, recipient_user_id=people["ana"], recipient_team_id=me["team_id"]
)
client.chat_appendStream(channel=general, ts=stream["ts"], markdown_text="**hello**")
client.chat_stopStream(channel=general, ts=stream["ts"])
refused("no_text", lambda: client.chat_postMessage(channel=general))
refused("channel_not_found", lambda: client.chat_postMessage(channel="C404", text="x"))
client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
client.chat_delete(channel=general, ts=ts)
refused("message_not_found", lambda: client.chat_delete(channel=general, ts=ts))
print("ok")
