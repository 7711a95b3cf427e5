"""Decoding in sandboxed worker processes: a compromised decoder reaches nothing but its file.

`client` sends a file to the fork server (`server`), which forks a worker process for it. The worker
process gives up its rights (`confinement`), then decodes the file (`libraries`) into memory that it
shares with the service (`pixels`). Nothing is shared between two files.
"""
