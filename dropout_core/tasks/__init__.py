"""The tasks that come with the program, each in a folder of its own, and the one that the user chose."""
