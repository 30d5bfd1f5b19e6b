"""What the commands share: options, lines of output, interruption, logs."""
