"""Staff: who asks at the desk, with which token, and what they may do."""
