"""The Messages API: requests, streamed replies, and errors."""
