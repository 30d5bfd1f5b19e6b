"""Rates, intervals, tail bounds and the band decision."""
