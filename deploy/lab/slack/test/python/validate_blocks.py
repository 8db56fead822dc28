"""Judges messages and views with Slack's own models (the slack_sdk package).

    python validate_blocks.py PATH...        each a JSON file or a directory of them

A payload is a message ({"text", "blocks"}) or a view ({"type": "modal" | "home", ...}).
Prints one line per complaint, "file: where: what", and exits 1 when there is one.

The library parses raw JSON (`Block.parse`, `View`) and checks most limits; a few that Slack
enforces and the library does not are added below, each with its source.
"""

import json
import sys
from pathlib import Path
from typing import Any, Iterator

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.basic_objects import JsonObject
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

# Reference pages of the objects (docs.slack.dev/reference/block-kit).
BLOCKS = {"message": 50, "modal": 100, "home": 100}
OPTION_TEXT, OPTION_VALUE = 75, 150
SECTION_FIELD = 2000
TABLE_ROWS, TABLE_CELLS = 100, 20
# What chat.postMessage refuses as msg_blocks_too_long (measured by users of bolt-js).
TOTAL_TEXT = 12_000
VIEW_BYTES = 250_000


def objects(value: Any, where: str) -> Iterator[tuple[str, dict]]:
    """Every JSON object inside value, with its place."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, f"{where}[{index}]")
    elif isinstance(value, dict):
        yield where, value
        for key, item in value.items():
            yield from objects(item, f"{where}.{key}")


def validate(value: Any, seen: set[int]) -> None:
    """Runs the checks of every model inside value: the library checks only the outermost one."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, (list, tuple)):
        for item in value:
            validate(item, seen)
    elif isinstance(value, JsonObject):
        value.validate_json()
        for item in vars(value).values():
            validate(item, seen)


def block_complaints(block: dict, where: str) -> Iterator[str]:
    parsed = Block.parse(block)
    if parsed is None:
        yield f"{where}: unknown block type {block.get('type')!r}"
        return
    try:
        validate(parsed, set())
        lost = [key for key in block if key not in parsed.to_dict()]
        if lost:
            yield f"{where}: fields Slack does not know: {', '.join(lost)}"
    except SlackObjectFormationError as error:
        yield f"{where}: {error}"
    # The library leaves blocks inside blocks as plain dictionaries.
    for name in ("tasks", "child_blocks"):
        for index, inner in enumerate(block.get(name) or []):
            yield from block_complaints(inner, f"{where}.{name}[{index}]")
    if block.get("type") == "header" and block["text"].get("type") != "plain_text":
        yield f"{where}: a header takes plain_text only"
    for index, field in enumerate(block.get("fields") or []):
        if len(field.get("text", "")) > SECTION_FIELD:
            yield f"{where}.fields[{index}]: over {SECTION_FIELD} characters"
    if block.get("type") == "table":
        rows = block.get("rows", [])
        if len(rows) > TABLE_ROWS or any(len(row) > TABLE_CELLS for row in rows):
            yield f"{where}: over {TABLE_ROWS} rows or {TABLE_CELLS} cells in a row"


def option_complaints(blocks: list, where: str) -> Iterator[str]:
    for place, value in objects(blocks, where):
        for index, option in enumerate(value.get("options") or []):
            text = (option.get("text") or {}).get("text", "")
            if len(text) > OPTION_TEXT:
                yield f"{place}.options[{index}]: text over {OPTION_TEXT} characters"
            if len(option.get("value") or "") > OPTION_VALUE:
                yield f"{place}.options[{index}]: value over {OPTION_VALUE} characters"


def duplicate_complaints(blocks: list, where: str) -> Iterator[str]:
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    for repeated in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"{where}: block_id {repeated!r} more than once"
    for index, block in enumerate(blocks):
        elements = [item for item in block.get("elements") or [] if isinstance(item, dict)]
        ids = [item["action_id"] for item in elements if item.get("action_id")]
        for repeated in sorted({one for one in ids if ids.count(one) > 1}):
            yield f"{where}[{index}]: action_id {repeated!r} more than once"


def complaints(payload: Any) -> Iterator[str]:
    """What Slack would refuse in one message or view."""
    if not isinstance(payload, dict):
        yield "payload: not an object"
        return
    surface = payload.get("type") if payload.get("type") in ("modal", "home") else "message"
    blocks = payload.get("blocks") or []
    if surface == "message" and not blocks and not payload.get("text"):
        yield "payload: neither text nor blocks"
    if len(blocks) > BLOCKS[surface]:
        yield f"blocks: {len(blocks)}, over {BLOCKS[surface]}"
    for index, block in enumerate(blocks):
        try:
            yield from block_complaints(block, f"blocks[{index}]")
        except Exception as error:  # the models raise whatever the JSON makes them trip over
            yield f"blocks[{index}]: not readable as {block.get('type')!r}: {type(error).__name__}: {error}"
    yield from option_complaints(blocks, "blocks")
    yield from duplicate_complaints(blocks, "blocks")
    if surface == "message":
        total = sum(len(value["text"]) for _, value in objects(blocks, "") if isinstance(value.get("text"), str))
        if total > TOTAL_TEXT:
            yield f"blocks: {total} characters of text, over {TOTAL_TEXT}"
        return
    try:
        validate(View(**payload), set())
    except Exception as error:
        yield f"view: {type(error).__name__}: {error}"
    if len(json.dumps(payload).encode()) > VIEW_BYTES:
        yield f"view: over {VIEW_BYTES} bytes"


def files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.json")) if path.is_dir() else [path]


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    found = 0
    for file in [file for argument in arguments for file in files(Path(argument))]:
        for complaint in complaints(json.loads(file.read_text())):
            print(f"{file.name}: {complaint}")
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
