"""Cache: rendered answers, kept in the process for exactly as long as they are true."""
