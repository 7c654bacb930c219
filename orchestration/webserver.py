"""Dagster's pages on this machine, closed to other web pages; the one way they are started: `python -m orchestration.webserver`."""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import click

from orchestration.pipeline.instance import DEFINITIONS

# What ASGI hands on: a request or a part of an answer, and who takes or gives it.
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

# Dagster has no login, so its pages are on the loopback interface only.
HOST = "127.0.0.1"
_THIS_MACHINE = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
_READING = ("GET", "HEAD", "OPTIONS")


class Doors:
    """Answers 403 to what a web page from elsewhere can send to this machine, before Dagster sees it.

    A browser names itself: Host is what stands in its address bar, also where a foreign name was made to lead here; Origin
    is the page that asks. What it sends without asking first (forms, text, GET) may read and change nothing.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def unframed(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Nor may a page show these pages inside itself and have their buttons pressed.
                message["headers"] = [*message.get("headers", ()), (b"x-frame-options", b"DENY")]
            await send(message)

        said = refusal(scope) if scope["type"] in ("http", "websocket") else None
        if said is None:
            await self.app(scope, receive, unframed)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": said})
        else:
            head = [(b"content-type", b"text/plain; charset=utf-8")]
            await unframed({"type": "http.response.start", "status": 403, "headers": head})
            await send({"type": "http.response.body", "body": f"Refused: {said}.\n".encode()})


def refusal(scope: Message) -> str | None:
    """Why a request is not let in; None when it is."""
    hosts, origins, kinds = (_values(scope, name) for name in (b"host", b"origin", b"content-type"))
    if len(hosts) != 1 or not _THIS_MACHINE.fullmatch(hosts[0]):
        return "these pages have no other name than 127.0.0.1 and localhost; a proxy sets Host to one of them"
    if any(origin != f"http://{hosts[0]}" for origin in origins):
        return "another page asked; a proxy that has let it in leaves Origin out"
    if scope["type"] == "websocket":
        return None
    if scope["method"] not in _READING:
        is_json = len(kinds) == 1 and kinds[0].split(";")[0].strip().lower() == "application/json"
        return None if is_json else "only Content-Type: application/json may change something"
    # Dagster runs what stands in the query string, a mutation too; its own pages never ask so.
    return "/graphql takes POST only" if scope["path"].endswith("/graphql") and scope["query_string"] else None


def _values(scope: Message, name: bytes) -> Sequence[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


@click.command()
@click.argument("port", type=int)
@click.option("--read-only", is_flag=True)
def main(port: int, read_only: bool) -> None:
    """Serve the pages of the instance in DAGSTER_HOME on the loopback interface."""
    import uvicorn
    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import ModuleTarget
    from dagster_webserver.app import create_app_from_workspace_process_context
    from dagster_webserver.version import __version__

    target = ModuleTarget(DEFINITIONS, attribute=None, working_directory=None, location_name=None)
    with (
        DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, target, version=__version__, read_only=read_only) as workspace,
    ):
        app: Any = create_app_from_workspace_process_context(workspace, live_data_poll_rate=2000)
        print(f"Dagster's pages: http://{HOST}:{port}", file=sys.stderr, flush=True)
        uvicorn.run(Doors(app), host=HOST, port=port, log_level="warning")


if __name__ == "__main__":
    main()
