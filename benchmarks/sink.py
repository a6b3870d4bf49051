"""A store that takes uploads over TLS and keeps nothing: a server of its own.

`python -m benchmarks.sink LEAF KEY` prints its port and serves until it is stopped.
"""

import asyncio
import ssl
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
PIECE = 1024 * 1024


async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read bodies by their length, answer each."""
    while head := await until_body(reader):
        lines = head.lower().split(b"\r\n")
        length = next(line for line in lines if line.startswith(b"content-length:"))
        left = int(length.partition(b":")[2])
        while left and (piece := await reader.read(min(left, PIECE))):
            left -= len(piece)

        writer.write(ANSWER)
        await writer.drain()

    writer.close()


async def until_body(reader: asyncio.StreamReader) -> bytes:
    """Read a head; nothing when the other side has left."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def main() -> None:
    """Serve on a free port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server = await asyncio.start_server(swallow, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
