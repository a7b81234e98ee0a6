"""What does a comparison of rates say, and how does its page look?"""
