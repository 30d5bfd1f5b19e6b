"""Statistics of drop masks: autocorrelation, and elements that share a decision."""
