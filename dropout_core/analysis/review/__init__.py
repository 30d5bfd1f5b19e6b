"""The author's checklist, and the evidence for each of its points."""
