"""What does a study say, and how does its page look?"""
