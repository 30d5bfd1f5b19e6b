"""Packages that stand in for those of the local model: put this folder first where packages are looked for."""
