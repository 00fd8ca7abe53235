"""What programs need of the machine: whole files, locks, signals, provenance, the command line."""
