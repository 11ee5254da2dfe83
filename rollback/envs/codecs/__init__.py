"""Actions of Gymnasium spaces as bytes of a fixed width, and the action that does nothing. Knows no environment's rules."""
