"""What is said to people: every sentence, and how a number is put in one."""
