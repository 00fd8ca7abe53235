"""Many runs: folds and seeds, protocols, candidates, and what is concluded from all of them together."""
