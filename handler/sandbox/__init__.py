"""Decoding in sandboxed worker processes, which a hostile file may take over without any gain.

`client` sends a file to the fork server (`server`), which forks a worker process for it. The worker
process gives up its rights (`confinement`), then decodes the file (`libraries`) into memory that it
shares with the service (`pixels`). Nothing is shared between two files.
"""
