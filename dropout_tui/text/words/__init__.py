"""Figures and states, said in words."""
