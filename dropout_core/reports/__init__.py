"""Reports of an evaluation: JSON, CSV, HTML, Markdown and Inspect logs."""
