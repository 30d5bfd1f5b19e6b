"""What is kept of evaluations beside their events."""
