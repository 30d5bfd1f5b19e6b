"""Where tasks come from: files, folders, installed packages."""
