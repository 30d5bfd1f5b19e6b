"""Trying requests again: backoff, concurrency, time limits, outages."""
