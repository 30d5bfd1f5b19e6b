"""The dashboard on a page of the browser."""
