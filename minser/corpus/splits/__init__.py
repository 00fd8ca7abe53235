"""How a corpus is split into training, validation and test: by speaker, at random, and what leaks between the parts."""
