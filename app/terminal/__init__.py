"""Between a command and the terminal: answers, pages, progress, errors, exit codes."""
