"""What is in a corpus: each clip measured, the measurements in tables, and clips to show side by side."""
