"""The petstore's operations, answered by a server that keeps its animals in memory."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from contextlib import contextmanager
from email import message_from_bytes
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

__all__ = ["PetShop", "open_shop"]

PREFIX = "/v2"


class PetShop:
    """The animals, orders and people of a shop."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.pets: dict[int, dict[str, Any]] = {}
        self.orders: dict[int, dict[str, Any]] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.uploads: list[tuple[str, bytes]] = []

    def app(self) -> Starlette:
        """Return the application."""
        found = [
            ("/pet", self.add_pet, "POST"),
            ("/pet", self.add_pet, "PUT"),
            ("/pet/findByStatus", self.find_by_status, "GET"),
            ("/pet/{id:int}", self.get_pet, "GET"),
            ("/pet/{id:int}", self.update_pet, "POST"),
            ("/pet/{id:int}", self.delete_pet, "DELETE"),
            ("/pet/{id:int}/uploadImage", self.upload, "POST"),
            ("/store/inventory", self.inventory, "GET"),
            ("/store/order", self.order, "POST"),
            ("/store/order/{id:int}", self.get_order, "GET"),
            ("/store/order/{id:int}", self.delete_order, "DELETE"),
            ("/user", self.create_user, "POST"),
            ("/user/createWithArray", self.create_users, "POST"),
            ("/user/login", self.login, "GET"),
            ("/user/{name}", self.get_user, "GET"),
        ]
        routes = [Route(PREFIX + path, run, methods=[method]) for path, run, method in found]
        return Starlette(routes=[*routes, Route(f"{PREFIX}/openapi.json", self.describe)])

    async def describe(self, request: Request) -> Response:
        assert "authorization" not in request.headers
        return JSONResponse(self.document)

    async def add_pet(self, request: Request) -> Response:
        if refused := _bearer(request):
            return refused
        pet = await request.json()
        pet.setdefault("id", len(self.pets) + 1)
        self.pets[pet["id"]] = pet
        return JSONResponse(pet)

    async def find_by_status(self, request: Request) -> Response:
        wanted = request.query_params.getlist("status")
        return JSONResponse([it for it in self.pets.values() if it.get("status") in wanted])

    async def get_pet(self, request: Request) -> Response:
        if request.headers.get("api_key") != "special-key":
            return JSONResponse({"message": "no key"}, status_code=401)
        return _found(self.pets, request.path_params["id"])

    async def update_pet(self, request: Request) -> Response:
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        self.pets[request.path_params["id"]].update(parse_qsl((await request.body()).decode()))
        return Response(status_code=200)

    async def delete_pet(self, request: Request) -> Response:
        del self.pets[request.path_params["id"]]
        return Response(status_code=204)

    async def upload(self, request: Request) -> Response:
        if request.headers["content-type"] == "application/octet-stream":
            self.uploads.append(("tim.png", await request.body()))
        else:
            head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
            for part in message_from_bytes(head + await request.body()).walk():
                name = part.get_param("name", header="content-disposition")
                content: Any = part.get_payload(decode=True)
                if name == "additionalMetadata":
                    assert content == b"a"
                elif name == "file":
                    self.uploads.append((str(part.get_filename()), content))
        return JSONResponse({"code": 200, "type": "ok"})

    async def inventory(self, request: Request) -> Response:
        counts: dict[str, int] = {}
        for pet in self.pets.values():
            counts[pet.get("status", "none")] = counts.get(pet.get("status", "none"), 0) + 1
        return JSONResponse(counts)

    async def order(self, request: Request) -> Response:
        order = {"id": len(self.orders) + 1, **(json.loads(await request.body() or b"{}"))}
        self.orders[order["id"]] = order
        return JSONResponse(order)

    async def get_order(self, request: Request) -> Response:
        return _found(self.orders, request.path_params["id"])

    async def delete_order(self, request: Request) -> Response:
        del self.orders[request.path_params["id"]]
        return Response(status_code=204)

    async def create_user(self, request: Request) -> Response:
        user = await request.json()
        self.users[user["username"]] = user
        return Response(status_code=200)

    async def create_users(self, request: Request) -> Response:
        self.users |= {it["username"]: it for it in await request.json()}
        return Response(status_code=200)

    async def login(self, request: Request) -> Response:
        return JSONResponse(f"hello {request.query_params['username']}")

    async def get_user(self, request: Request) -> Response:
        return _found(self.users, request.path_params["name"])


def _found(held: dict[Any, Any], key: object) -> Response:
    if key not in held:
        return JSONResponse({"message": "not found"}, status_code=404)
    return JSONResponse(held[key])


def _bearer(request: Request) -> Response | None:
    if request.headers.get("authorization") == "Bearer petstore-token":
        return None
    return JSONResponse({"message": "who are you?"}, status_code=401)


@contextmanager
def open_shop(document: dict[str, Any]) -> Iterator[tuple[PetShop, str]]:
    """Serve a shop over uvicorn and give it with its URL."""
    shop = PetShop(document)
    config = uvicorn.Config(shop.app(), log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    started = threading.Event()

    async def serve() -> None:
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listening])
        started.set()
        await server.main_loop()
        await server.shutdown(sockets=[listening])

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(10)
        yield shop, f"http://127.0.0.1:{listening.getsockname()[1]}{PREFIX}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
