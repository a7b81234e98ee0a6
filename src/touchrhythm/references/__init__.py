"""What does a reference channel explain, and what is left? Arrays in, arrays out."""
