"""What the commands without a screen share: options, lines, interruption, logs."""
