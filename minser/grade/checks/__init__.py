"""The hidden inputs and known faults of each assignment, a file for each."""
