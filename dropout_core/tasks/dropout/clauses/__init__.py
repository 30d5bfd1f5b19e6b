"""The requirements of the dropout task, with their wording."""
