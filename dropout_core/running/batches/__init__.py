"""Batches of an evaluation: requests that are submitted together, waited for, and handed back as replies."""
