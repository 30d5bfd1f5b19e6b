"""The contestants' processes: each of the modules is run as a program."""
