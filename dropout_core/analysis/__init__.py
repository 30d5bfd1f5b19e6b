"""What results say: rates by check, groups of failures, comparisons, warnings."""
