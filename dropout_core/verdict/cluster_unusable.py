"""A cluster on which nothing can be graded."""


class ClusterUnusable(Exception):
    """There is no such cluster, or its machines cannot grade; the message says why, in one line."""
