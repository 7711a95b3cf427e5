"""Forwarding of connections from containers to a server on localhost."""

import asyncio
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress


@contextmanager
def port_forward(address: str, port: int) -> Iterator[str]:
    """Forward connections while the context lasts.

    Args:
        address: address of this machine that containers can reach.
        port: port on localhost to forward to.

    Yields:
        The URL that containers use.
    """
    opened: Future[tuple[int, asyncio.AbstractEventLoop]] = Future()
    ended = asyncio.Event()

    async def enter(reader: StreamReader, writer: StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        # Connections that are open when the context ends are cancelled.
        with suppress(asyncio.CancelledError), closing(writer), closing(inner_writer):
            await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))

    async def serve() -> None:
        server = await asyncio.start_server(enter, address, 0)
        opened.set_result((server.sockets[0].getsockname()[1], asyncio.get_running_loop()))
        await ended.wait()
        server.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    entrance, loop = opened.result(60)
    try:
        yield f"http://{address}:{entrance}"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


async def _pipe(reader: StreamReader, writer: StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
