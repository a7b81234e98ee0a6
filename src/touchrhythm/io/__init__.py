"""Files in, files out: one reader and writer per format, chosen by suffix."""
