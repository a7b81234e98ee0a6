"""What does one session say, and how does its page look?"""
