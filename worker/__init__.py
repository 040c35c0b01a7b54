"""The workers: Celery tasks that each make one call into the domain.

classify
    prefork, one process a core: decides what is queued
errands
    threads: sweeps, posts callbacks, deletes what retention no longer allows
beat
    the clock that asks for sweeps
"""
