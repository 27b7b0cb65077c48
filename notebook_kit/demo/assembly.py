"""Everything a server is made of; importing this needs what the demo extra installs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.demo.app import build_app
from notebook_kit.demo.data import load_airports
from notebook_kit.demo.protocol import HttpServer
from notebook_kit.demo.records import make_records
from notebook_kit.demo.running import Running
from notebook_kit.demo.world import World

if TYPE_CHECKING:
    import socket

__all__ = ["make_world", "start"]


def make_world(*, token: str, seed: int, settings: dict[str, Any]) -> World:
    """Return the data and the switches of one server."""
    airports = load_airports()
    return World(airports, make_records(airports), token=token, seed=seed, settings=settings)


def start(world: World, listening: socket.socket) -> Running:
    """Serve the world on the socket; return when requests are answered."""
    running = Running(HttpServer(build_app(world), world.connections), listening)
    running.start()
    return running
