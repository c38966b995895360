"""Identifiers that sort by time, made by the process that needs them."""

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """
    Make a UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits.

    Sorting by it is sorting by time of creation, to the millisecond, across processes.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)
