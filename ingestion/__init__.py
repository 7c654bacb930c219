"""What comes in: sources asked, answers archived and read, rows held against their contract and landed in the lake."""

import os

# For Arrow, which reads it when it is first used. Its own allocator has a heap for each thread and returns memory page by page;
# over many documents the system's takes less time and keeps less.
os.putenv("ARROW_DEFAULT_MEMORY_POOL", "system")
