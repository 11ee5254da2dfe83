"""What happened in a match, in sentences and numbers for people. Shows nothing."""
