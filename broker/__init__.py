"""The broker's side: a doorbell that wakes workers, and nothing else. What is in here may be lost at any time.

Both `app` and `worker` import this room; it imports `routing` only.
"""
