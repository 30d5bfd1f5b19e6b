"""The language model that this program itself serves, in a process of its own on loopback."""
